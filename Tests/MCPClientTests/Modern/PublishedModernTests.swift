import AsyncIO
import MCPClient
import MCPProtocol
import TestSupport
import Testing

/// The official SDK's server, over every transport that 2026-07-28 has.
@Suite("A published server of 2026-07-28")
struct PublishedModernTests {
    enum Transport: String, CaseIterable, Sendable {
        case http, json, stdio
    }

    private func with(
        _ transport: Transport, options change: @escaping @Sendable (inout ConnectionOptions) -> Void = { _ in },
        _ body: @escaping @Sendable (Bench, any MCPConnection) async throws -> Void
    ) async throws {
        let options: @Sendable (inout ConnectionOptions) -> Void = { options in
            options.capabilities = Bench.askable
            change(&options)
        }
        guard transport != .stdio else {
            let script = Repository.root.appending(path: "Tests/Peers/modern_server.py").path
            let command = ChildCommand(
                file: try Peers.python(.sdk2), arguments: [script, "--transport", "stdio"],
                environment: [.init(name: "PATH", value: "/usr/bin:/bin")])
            return try await Bench.run { bench in
                let connection = try await StdioServerConnection.open(
                    command, spawner: bench.spawner, on: bench.loop, options: bench.options(options),
                    ladder: Bench.quickLadder, until: .now + .seconds(60))
                try await Self.run(bench, connection, body)
            }
        }
        let arguments = transport == .json ? ["--json-response"] : []
        try await RunningProcess.with(.peer(.sdk2, "modern_server.py", arguments)) { server in
            let line = try await server.line("port", within: .seconds(60)) { $0.contains("\"port\"") }
            let port = try #require(try JSONTree(parsing: line)["port"]?.int)
            try await Bench.run { bench in
                let connection = try await HTTPServerConnection.open(
                    HTTPEndpoint(url: "http://127.0.0.1:\(port)/mcp"), kind: .auto, clients: bench.clients,
                    on: bench.loop, options: bench.options(options), until: .soon)
                try await Self.run(bench, connection, body)
            }
        }
    }

    private static func run(
        _ bench: Bench, _ connection: any MCPConnection,
        _ body: @Sendable (Bench, any MCPConnection) async throws -> Void
    ) async throws {
        do {
            #expect(connection.revision == .v2026_07_28)
            try await body(bench, connection)
            await connection.close()
        } catch {
            await connection.close()
            throw error
        }
    }

    /// The text of a tool's result.
    private static func call(
        _ connection: any MCPConnection, _ tool: String, _ arguments: String = "{}", on bench: Bench,
        answer: (JSONRPCRequest) -> JSONRPCResponse.Outcome = { _ in Bench.accepted() }
    ) async throws -> (text: String, notifications: [JSONRPCNotification]) {
        let id = connection.makeRequestID()
        let params = #"{"name":"\#(tool)","arguments":\#(arguments),"_meta":{"progressToken":\#(id)}}"#
        let exchange = try await connection.begin(
            id: id, method: "tools/call", params: Array(params.utf8), on: bench.loop)
        var notifications: [JSONRPCNotification] = []
        while true {
            switch try await exchange.next(until: .soon) {
            case .notification(let notification): notifications.append(notification)
            case .alive: continue
            case .request(let request): try await connection.reply(to: request.id, answer(request))
            case .response(let response):
                let text = try JSONTree(parsing: response.outcomeText)["content"]?[0]?["text"]?.string
                return (text ?? response.outcomeText, notifications)
            case .stream(let stream):
                var bytes: [UInt8] = []
                while let piece = try await stream.next(until: .soon) { bytes += piece }
                return (try JSONTree(parsing: bytes)["content"]?[0]?["text"]?.string ?? "", notifications)
            }
        }
    }

    private static func answer(_ question: JSONRPCRequest) -> JSONRPCResponse.Outcome {
        let text =
            switch question.method {
            case "sampling/createMessage":
                #"{"role":"assistant","model":"m","content":{"type":"text","text":"hello"}}"#
            case "roots/list": #"{"roots":[{"uri":"file:///a"}]}"#
            default: #"{"action":"accept","content":{"name":"Ada"}}"#
            }
        return .result(RawJSON(unchecked: Array(text.utf8)[...]))
    }

    @Test("lists, calls, prompts and resources", arguments: Transport.allCases)
    func basics(transport: Transport) async throws {
        try await with(transport) { bench, connection in
            let tools = try await ListPager(.tools).fetch(from: connection, on: bench.loop, until: .soon)
            #expect(tools.items.contains { $0.key == "greet" } && tools.remarks.isEmpty)
            #expect(try await Self.call(connection, "echo", #"{"message":"é"}"#, on: bench).text == "é")
            let large = try await Self.call(connection, "large", #"{"bytes":400000}"#, on: bench).text
            #expect(large.utf8.count == 400_000)
            let prompt = try await connection.ask(
                "prompts/get", #"{"name":"hello","arguments":{"name":"x"}}"#, on: bench)
            #expect(prompt.contains("Say hello to x."))
            let note = try await connection.ask("resources/read", #"{"uri":"note://one"}"#, on: bench)
            #expect(note.contains("first note"))
            let unknown = try await connection.ask("resources/read", #"{"uri":"note://none"}"#, on: bench)
            #expect(unknown.hasPrefix("error -32602"), "\(unknown)")
            #expect(try await Self.call(connection, "who", on: bench).text == "elicitation,roots,sampling")
        }
    }

    @Test("progress, and log messages from the level that was asked for", arguments: [Transport.http, .stdio])
    func notifications(transport: Transport) async throws {
        try await with(transport) { bench, connection in
            let progress = try await Self.call(connection, "progress", #"{"steps":3}"#, on: bench).notifications
            #expect(progress.compactMap { $0.params?.member("progress")?.intValue } == [1, 2, 3])
            let quiet = try await Self.call(connection, "log", #"{"level":"info"}"#, on: bench).notifications
            #expect(quiet.isEmpty)
            _ = try await connection.ask("logging/setLevel", #"{"level":"info"}"#, on: bench)
            let logs = try await Self.call(connection, "log", #"{"level":"warning"}"#, on: bench).notifications
            #expect(logs.map { $0.params?.member("level")?.stringValue } == ["warning"])
        }
    }

    @Test("questions: one, several at once, two rounds, a URL, a state alone", arguments: Transport.allCases)
    func questions(transport: Transport) async throws {
        try await with(transport) { bench, connection in
            func call(_ tool: String, _ arguments: String = "{}") async throws -> (String, [JSONRPCNotification]) {
                try await Self.call(connection, tool, arguments, on: bench, answer: Self.answer)
            }
            let (greeting, progress) = try await call("greet")
            #expect(greeting == "accept: Ada")
            if transport != .json {
                #expect(progress.compactMap { $0.params?.member("progress")?.intValue } == [1, 2])
                #expect(Set(progress.map { $0.params?.member("progressToken")?.text }).count == 1)
            }
            #expect(try await call("two_rounds").0 == "Ada and Ada")
            #expect(try await call("several").0 == "Ada hello 1")
            let (visit, completion) = try await call("visit", #"{"key":"k"}"#)
            #expect(visit == "visited k")
            #expect(completion.map(\.method) == ["notifications/elicitation/complete"])
            #expect(try await call("patience").0 == "after 3")
        }
    }

    @Test("arguments that the schema marks are in headers", arguments: [Transport.http, .json])
    func headers(transport: Transport) async throws {
        try await with(transport) { bench, connection in
            // Not listed yet: the server's refusal is not shown.
            let first = try await Self.call(connection, "header", #"{"region":"eu"}"#, on: bench).text
            #expect(first == "eu: eu, header, tools/call")
            let second = try await Self.call(connection, "header", #"{"region":"grüß"}"#, on: bench).text
            #expect(second.hasPrefix("grüß: =?base64?"), "\(second)")
        }
    }

    @Test("a cancelled call ends at the server", arguments: Transport.allCases)
    func cancel(transport: Transport) async throws {
        try await with(transport) { bench, connection in
            let call = try await connection.begin(
                id: connection.makeRequestID(), method: "tools/call",
                params: Array(#"{"name":"hang","arguments":{"key":"a"}}"#.utf8), on: bench.loop)
            let error = try await failure { try await call.next(until: .now + .milliseconds(500)) }
            #expect(error.kind == .timedOut)
            await call.cancel(reason: "enough")
            // Over JSON the SDK does not look whether its client is still there.
            guard transport != .json else { return }
            #expect(try await Self.call(connection, "was_cancelled", #"{"key":"a"}"#, on: bench).text == "cancelled")
        }
    }

    @Test("changes of lists and of resources are told", arguments: Transport.allCases)
    func subscriptions(transport: Transport) async throws {
        try await with(transport) { bench, connection in
            #expect(try await connection.ask("resources/subscribe", #"{"uri":"note://one"}"#, on: bench) == "{}")
            #expect(try await connection.ask("resources/subscribe", #"{"uri":"note://two"}"#, on: bench) == "{}")
            _ = try await Self.call(connection, "update", #"{"uri":"note://two"}"#, on: bench)
            _ = try await Self.call(connection, "change_tools", #"{"name":"fresh"}"#, on: bench)
            try await bench.notifications.wait(for: "news") { $0.count >= 2 ? () : nil }
            let news = bench.notifications.value
            #expect(Set(news.map(\.method)) == ["notifications/resources/updated", "notifications/tools/list_changed"])
            #expect(news.allSatisfy { !($0.params?.text.contains("subscriptionId") ?? false) })
        }
    }
}
