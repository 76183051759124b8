import MCPProtocol

/// `mcp-gateway servers`: the servers of a running gateway.
struct ServersCommand {
    private let options: ClientOptions

    static let timeout = Duration.seconds(30)

    init(_ arguments: inout Arguments) throws(UsageError) {
        options = try ClientOptions(&arguments, timeout: Self.timeout)
        try arguments.finish()
    }

    func run() throws -> Int32 {
        let answer = try GatewayClient.run(options) { try await $0.get("/v1/servers") }
        if options.printsJSON {
            try StandardStream.output.write(Array((JSONValue(answer).prettyPrinted() + "\n").utf8))
            return 0
        }
        let table = Self.table(of: answer)
        if table.rows.isEmpty {
            StandardStream.error.note("no servers are configured")
        } else {
            try StandardStream.output.write(table.forStandardOutput(options.environment))
        }
        return 0
    }

    /// The answer of `GET /v1/servers` for people. Numbers are shown as they were sent.
    static func table(of answer: RawJSON) -> TextTable {
        var table = TextTable(columns: [
            .init(title: "NAME"), .init(title: "STATE"), .init(title: "TRANSPORT"), .init(title: "ERA"),
            .init(title: "REVISION"),
            .init(title: "TOOLS", alignment: .right), .init(title: "RESOURCES", alignment: .right),
            .init(title: "PROMPTS", alignment: .right), .init(title: "CALLS", alignment: .right),
            .init(title: "FAILED", alignment: .right), .init(title: "RESTARTS", alignment: .right),
            .init(title: "LAST ERROR", yields: true),
        ])
        for server in answer.member("servers")?.elements ?? [] {
            func text(_ name: String) -> String { server.member(name)?.stringValue ?? "-" }
            func number(_ name: String) -> TextTable.Cell { .init(server.member(name)?.text ?? "-") }
            let state = text("state")
            // What went wrong before a recovery is past; it stays in the JSON.
            let error = state == "ready" ? nil : server["lastError", "message"]?.stringValue
            table.rows.append([
                .init(text("name")), .init(state, tone: tone(of: state)), .init(text("transport")),
                .init(text("era")), .init(text("revision")), number("tools"), number("resources"), number("prompts"),
                number("calls"),
                number("failures"),
                number("restarts"),
                .init(TerminalText.cut(TerminalText.singleLine(error ?? ""), to: maxErrorWidth)),
            ])
        }
        return table
    }

    /// Of an error in the table; all of it is in the JSON.
    private static let maxErrorWidth = 100

    private static func tone(of state: String) -> TextTable.Cell.Tone {
        switch state {
        case "ready": .good
        case "connecting": .doubtful
        case "failed", "stopped": .bad
        default: .plain
        }
    }
}
