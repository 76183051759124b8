import Configuration

/// Where a running gateway is.
struct GatewayURL: Equatable {
    /// Without a slash at its end: `http://127.0.0.1:8808`.
    let base: String

    var endpoint: String { base + "/mcp" }

    static let standard = GatewayURL(base: "http://127.0.0.1:8808")
    static let variable = "MCP_GATEWAY_URL"

    private init(base: String) { self.base = base }

    /// Takes `--url`, else the environment's word, else ``standard``.
    init(_ arguments: inout Arguments, environment: [String: String]) throws(UsageError) {
        if let text = try arguments.takeValue("--url") {
            try self.init(parsing: text, from: "--url")
        } else if let text = environment[Self.variable], !text.isEmpty {
            try self.init(parsing: text, from: Self.variable)
        } else {
            self = .standard
        }
    }

    /// - Parameters:
    ///   - text: with or without `/mcp` at its end; without a scheme it is taken for HTTP.
    ///   - source: named in the error.
    init(parsing text: String, from source: String) throws(UsageError) {
        var url = text.contains("://") ? text : "http://" + text
        if let problem = ServerURL.problem(with: url) { throw UsageError("\(source) \(text.shortened) \(problem)") }
        guard !url.contains("?") else { throw UsageError("\(source) \(text.shortened) has a query (?…); remove it") }
        while url.hasSuffix("/") { url.removeLast() }
        if url.hasSuffix("/mcp") { url.removeLast("/mcp".count) }
        while url.hasSuffix("/") { url.removeLast() }
        base = url
    }
}

extension GatewayURL {
    /// Whether the gateway is on this machine, whatever the name service says.
    var isLoopback: Bool {
        guard let scheme = base.firstRange(of: "://") else { return false }
        let authority = base[scheme.upperBound...].prefix { $0 != "/" }
        let address = authority.split(separator: "@").last ?? ""
        let host = address.hasPrefix("[") ? address.dropFirst().prefix { $0 != "]" } : address.prefix { $0 != ":" }
        return ListenAddress.tcp(host: String(host), port: 0).isLoopback
    }
}
