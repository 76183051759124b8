/// `mcp-gateway check`: validates a configuration.
struct CheckCommand {
    let path: String

    init(_ arguments: inout Arguments) throws(UsageError) {
        path = try arguments.takeValue("--config") ?? ConfigurationFile.defaultPath
        try arguments.finish()
    }

    func run() -> Int32 {
        let outcome = ConfigurationLoader.load(path: path, environment: .current())
        for finding in outcome.findings { print(finding.rendered(file: path)) }
        guard let configuration = outcome.configuration else { return 1 }
        if let refusal = configuration.listenRefusal {
            print("\(path): error: $.listen: \(refusal)")
            return 1
        }
        let servers = configuration.servers.filter { !$0.isDisabled }.count
        print("\(path): valid, \(servers) server\(servers == 1 ? "" : "s")")
        return 0
    }
}

enum ConfigurationFile {
    static let defaultPath = "gateway.json"
}
