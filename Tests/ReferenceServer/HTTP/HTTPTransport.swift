import AsyncIO
import Glibc

/// MCP over HTTP: `/mcp` (Streamable HTTP), `/sse` and `/messages` (HTTP+SSE).
@LoopActor
final class HTTPTransport {
    /// More connections than any test opens.
    private static let maxConnections = 100_000

    private let server: Server

    init(server: Server) { self.server = server }

    /// Serves until the process ends.
    func run(host: String, port: UInt16) async throws {
        guard let address = try SocketAddress.resolve(host: host, port: port).first else {
            throw OptionError("--http \(host): the name has no address")
        }
        Self.raiseDescriptorLimit()
        let front = HTTPFront(
            streamable: HTTPEndpoint(server: server), sse: SSEEndpoint(server: server),
            servesSSEOnly: server.options.servesSSEOnly)
        let http = HTTPServer(
            handler: front, limits: HTTPServerLimits(maxConnections: Self.maxConnections), loops: [LoopActor.loop],
            addresses: [address])
        try await http.start()
        let bound = http.boundAddresses.first ?? address
        announce("listening on http://\(bound)\(server.options.servesSSEOnly ? "/sse" : "/mcp")\n")
        while true { try await LoopActor.loop.sleep(for: .seconds(3600)) }
    }

    /// On standard output, unless nobody reads that.
    private func announce(_ line: String) {
        let bytes = Array(line.utf8)
        let written = bytes.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
        if written < 0 { writeToStandardError(line) }
    }

    /// A failure leaves the limit as it is, which is enough for most purposes.
    private static func raiseDescriptorLimit() {
        var limit = rlimit()
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        guard getrlimit(resource, &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        _ = setrlimit(resource, &limit)
    }
}
