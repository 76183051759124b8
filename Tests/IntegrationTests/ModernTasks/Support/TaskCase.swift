import TestSupport
import Testing

/// A gateway in front of one reference server that makes tasks, of either era.
struct TaskCase: Sendable, CustomTestStringConvertible {
    enum Era: String, CaseIterable, Sendable {
        case legacy, modern
    }

    let era: Era
    let transport: ServerTransport

    static let all = Era.allCases.flatMap { era in ServerTransport.allCases.map { TaskCase(era: era, transport: $0) } }
    static let modern = all.filter { $0.era == .modern }
    static let legacy = all.filter { $0.era == .legacy }

    var testDescription: String { "\(era) server over \(transport)" }

    /// Runs `body` with a gateway whose one server, `far`, is the reference server; its tools have no prefix.
    func run(
        _ options: [String] = [], settings: [JSONTree.Member] = [], body: (GatewayFixture) async throws -> Void
    ) async throws {
        let options = ["--era", era.rawValue] + options
        switch transport {
        case .stdio: try await GatewayFixture.with(configuration(ReferenceServer.stdio(options, settings)), body: body)
        case .http:
            try await ReferenceServer.withHTTP(options) { url, _ in
                let entry = JSONTree.object([.init("url", .string(url))] + settings)
                try await GatewayFixture.with(configuration(entry), body: body)
            }
        }
    }

    private func configuration(_ entry: JSONTree) -> JSONTree { ["mcpServers": ["far": entry]] }
}
