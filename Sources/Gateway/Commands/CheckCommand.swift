import Configuration

/// `mcp-gateway check`: validates a configuration.
struct CheckCommand {
    private let path: String

    init(_ arguments: inout Arguments) throws(UsageError) {
        path = try arguments.takeValue("--config") ?? ConfigurationFile.defaultPath
        try arguments.finish()
    }

    /// Prints every finding and the verdict.
    ///
    /// - Returns: 0 if the gateway would start with this configuration, else 1.
    func run() throws(StandardStream.WriteFailure) -> Int32 {
        let outcome = ConfigurationLoader.load(path: path, environment: .current())
        let lines = outcome.findings.map { $0.rendered(file: path) }
        guard let configuration = outcome.configuration else {
            try Self.print(lines)
            return 1
        }
        if let refusal = configuration.listenRefusal {
            try Self.print(lines + [Finding(.error, at: "$.listen", refusal).rendered(file: path)])
            return 1
        }
        let servers = configuration.servers.filter { !$0.isDisabled }.count
        try Self.print(lines + ["\(path): valid, \(servers) server\(servers == 1 ? "" : "s")"])
        return 0
    }

    private static func print(_ lines: [String]) throws(StandardStream.WriteFailure) {
        try StandardStream.output.write(Array(lines.map { $0 + "\n" }.joined().utf8))
    }
}

enum ConfigurationFile {
    static let defaultPath = "gateway.json"
}
