import AsyncIO
import Configuration
import Crypto
import Glibc
import MCPClient
import MCPProtocol

/// The agents, served over HTTP.
final class AgentService: Sendable {
    let hub: AgentHub
    private let loops: EventLoopGroup
    private let clients: HTTPClientGroup
    private let server: HTTPServer
    private let log: Log
    private let grace: Duration

    /// Puts everything together; nothing runs before ``start()``.
    init(_ configuration: AgentConfiguration, log: Log, environment: [String: String]) throws {
        self.log = log
        grace = configuration.shutdownGrace
        loops = try EventLoopGroup()
        var options = HTTPClientOptions(environment: environment)
        options.userAgent = "\(AgentVersion.name)/\(AgentVersion.number)"
        // A run may have one call to a model or as many to tools as it may run side by side.
        options.maxTransfers = 1 << 17
        options.maxIdleConnections = 4096
        clients = try HTTPClientGroup(loops: loops.loops, options: options)
        let llm = LLMClient(clients: clients)
        let answerer = AgentAnswerer(
            llm: llm, log: log, person: nil, allowsSampling: configuration.agents.contains { $0.sampling.isEnabled })
        let sessions = GatewaySessions(
            configuration.gateway, clients: clients, clientInfo: AgentVersion.implementation,
            capabilities: answerer.capabilities(isInteractive:), on: loops.loops[0], log: log)
        if configuration.state.secret == nil {
            log.warning("no agent.state.secret: conversations lose their hidden part when the agent restarts")
        }
        let services = RunServices(
            clients: clients, llm: llm, results: ResultStore(), pending: PendingCalls(), metrics: AgentMetrics(),
            log: log,
            approver: NobodyApproves(), answerer: answerer, state: try StateSealer(configuration.state))
        hub = AgentHub(
            configuration,
            runtime: AgentRuntime(
                services: services, sessions: sessions, gatewayIsRequired: configuration.gateway.isRequired),
            spans: SpanExporter(configuration.telemetry, clients: clients, on: loops.loops[0], log: log), log: log,
            started: time(nil))
        var limits = HTTPServerLimits()
        limits.maxConnections = max(10_000, configuration.maxConcurrentRuns * 2)
        limits.writeTimeout = .seconds(60)
        var addresses: [SocketAddress] = []
        for address in configuration.listen {
            switch address {
            case .tcp(let host, let port): addresses += try SocketAddress.resolve(host: host, port: port)
            case .unix(let path): if let address = SocketAddress(unixPath: path) { addresses.append(address) }
            }
        }
        server = HTTPServer(
            handler: AgentHandler(hub: hub), limits: limits, loops: loops.loops, addresses: addresses)
    }

    func start() async throws(HTTPServerStartError) {
        try await server.start()
        // The first run finds a session and the tools.
        let sessions = hub.runtime.sessions
        Task(executorPreference: loops.loops[0]) {
            let session = await sessions.session(forwarding: [])
            _ = await session.isReachable(within: GatewaySettings.listTimeout)
        }
    }

    var boundAddresses: [SocketAddress] { server.boundAddresses }

    /// Ends the service: no new runs, time for those that go on, then their end, then the gateway's session.
    ///
    /// - Returns: how many connections were cut.
    func stop() async -> Int {
        hub.registry.drain()
        // Nobody could come back to them.
        hub.parked.close()
        let registry = hub.registry
        let (grace, loop) = (grace, loops.loops[0])
        let limit = Task(executorPreference: loop) {
            do {
                try await loop.sleep(for: grace)
                registry.abort()
            } catch {
                // All runs have ended by themselves.
            }
        }
        // What is aborted has a moment to say so.
        let cut = await server.drain(within: grace + .seconds(2))
        limit.cancel()
        let (sessions, spans) = (hub.runtime.sessions, hub.spans)
        await Task(executorPreference: loop) {
            await sessions.closeAll()
            await spans?.send()
        }.value
        await clients.close()
        loops.shutDown()
        return cut
    }
}
