import TestSupport

/// The transports that 2026-07-28 has.
enum ModernTransport: String, CaseIterable, Sendable {
    case http, stdio

    /// Runs `body` with a client of a reference server of its own, and expects that every message was right.
    func withReferenceServer<Result>(
        _ options: [String] = [], capabilities: JSONTree? = nil, body: (ModernClient) async throws -> Result
    ) async throws -> Result {
        switch self {
        case .stdio:
            return try await ModernClient.with(capabilities: capabilities) { receive in
                try ModernStdioWire(.built("reference-server", options), receive: receive)
            } body: { client in
                try await body(client)
            }
        case .http:
            return try await ReferenceServer.withHTTP(["--era", "both"] + options) { url, _ in
                let port = ReferenceServer.port(of: url)
                return try await ModernClient.with(capabilities: capabilities) { _ in
                    ModernHTTPWire(port: port)
                } body: { client in
                    try await body(client)
                }
            }
        }
    }
}

extension ReferenceServer {
    /// The port in a URL that the server has printed.
    static func port(of url: String) -> Int {
        url.split(separator: ":").last.flatMap { Int($0.prefix { $0.isNumber }) } ?? 0
    }
}
