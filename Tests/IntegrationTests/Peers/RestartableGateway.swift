import Synchronization
import TestSupport

/// A gateway that a test stops and starts again where it was.
final class RestartableGateway: Sendable {
    private let servers: JSONTree
    private let running = Mutex<GatewayFixture?>(nil)

    /// - Parameter servers: the members of `mcpServers`.
    init(servers: [JSONTree.Member]) { self.servers = .object(servers) }

    /// The one that runs now.
    ///
    /// Only to be used inside ``with(body:)``.
    var current: GatewayFixture {
        get throws {
            guard let gateway = running.withLock({ $0 }) else {
                throw FactMissing(description: "the gateway is not running")
            }
            return gateway
        }
    }

    /// The port, which stays the same.
    var port: Int { get throws { try current.port } }

    /// Runs `body` with the gateway, which then has to stop in an orderly way.
    func with<Result>(body: (RestartableGateway) async throws -> Result) async throws -> Result {
        try await start(listen: "127.0.0.1:0")
        do {
            let result = try await body(self)
            try await stop()
            return result
        } catch {
            await running.withLock { $0 }?.process.terminate()
            throw error
        }
    }

    /// Stops it in an orderly way, and starts it on the same port.
    func restart() async throws {
        let port = try port
        try await stop()
        try await start(listen: "127.0.0.1:\(port)")
    }

    private func start(listen: String) async throws {
        let gateway = try await GatewayFixture.start(["listen": .string(listen), "mcpServers": servers])
        running.withLock { $0 = gateway }
    }

    private func stop() async throws {
        let gateway = try current
        running.withLock { $0 = nil }
        try await gateway.stop()
    }
}
