import Configuration

/// `mcp-gateway explain`: prints the settings in effect, and who decided each.
struct ExplainCommand {
    private let path: String
    private let server: String?

    init(_ arguments: inout Arguments) throws(UsageError) {
        path = try arguments.takeValue("--config") ?? ConfigurationFile.defaultPath
        server = arguments.takeOperand()
        try arguments.finish()
    }

    /// - Returns: 1, after the errors, if the configuration has some, else 0.
    func run() throws -> Int32 {
        let environment = ConfigurationEnvironment.current()
        let outcome = ConfigurationLoader.load(path: path, environment: environment)
        guard let configuration = outcome.configuration else {
            let lines = outcome.findings.map { $0.rendered(file: path) + "\n" }
            try StandardStream.output.write(Array(lines.joined().utf8))
            return 1
        }
        if let server, configuration.server(named: server) == nil {
            let known = configuration.servers.map { "\"\($0.name)\"" }.joined(separator: ", ")
            throw CommandFailure("no server \"\(server)\"; there \(known.isEmpty ? "is none" : "are \(known)")")
        }
        var table = TextTable(columns: [
            .init(title: "SETTING"), .init(title: "VALUE", yields: true), .init(title: "FROM"),
        ])
        for setting in outcome.explained(server: server) {
            table.rows.append([.init(setting.path), .init(setting.value), .init(name(of: setting.source))])
        }
        try StandardStream.output.write(table.forStandardOutput(environment.variables))
        return 0
    }

    private func name(of source: SettingSource) -> String {
        switch source {
        case .builtIn: "default"
        case .defaults(let line): "\(path):\(line) (defaults)"
        case .server(let line), .file(let line): "\(path):\(line)"
        case .commandLine: "command line"
        }
    }
}
