import AsyncIO
import Configuration
import MCPClient
import MCPProtocol

/// The whole gateway, running: loops, upstreams, front.
package final class GatewayService: Sendable {
    package let configuration: GatewayConfiguration
    package let catalog: Catalog
    package let sessions: SessionStore
    private let loops: EventLoopGroup
    private let spawner: ProcessSpawner
    private let clients: HTTPClientGroup
    private let upstreams: [Upstream]
    private let server: HTTPServer?
    private let sse: SSEEndpoint
    private let dispatcher: LegacyDispatcher
    private let modern: ModernDispatcher
    private let parked: ParkedCalls
    private let tasks: ClientTasks
    private let eras: EraMemory?
    private let drainState = DrainState()
    private let log: Log
    private let sweeper: Task<Void, Never>

    /// How often idle sessions are looked for: often enough that none outlives its limit by more than a quarter.
    private static func sweepInterval(_ configuration: GatewayConfiguration) -> Duration {
        let limits =
            [configuration.limits.sessionIdle, configuration.limits.affinityIdle]
            + configuration.servers.map(\.pool.idle)
        return limits.reduce(.seconds(15)) { interval, limit in
            limit.map { min(interval, max(.milliseconds(50), $0 / 4)) } ?? interval
        }
    }

    /// Puts everything together; nothing runs before ``start()``.
    ///
    /// - Parameters:
    ///   - environment: for children, proxies and certificates.
    ///   - guardian: from ``AsyncIO/ProcessSpawner/startGuardian()``; -1 for none.
    ///   - listens: whether clients come over HTTP; else one comes over ``serveStandardStreams()``.
    package init(
        _ configuration: GatewayConfiguration, log: Log, environment: [String: String], guardian: Int32,
        listens: Bool = true
    ) throws {
        self.configuration = configuration
        self.log = log
        loops = try EventLoopGroup(count: configuration.loops)
        spawner = try ProcessSpawner(guardian: guardian)
        var options = HTTPClientOptions(environment: environment)
        options.userAgent = "\(GatewayVersion.name)/\(GatewayVersion.number)"
        clients = try HTTPClientGroup(loops: loops.loops, options: options)
        catalog = try Catalog(configuration)
        sessions = SessionStore(limits: configuration.limits)

        let connector = UpstreamConnector(
            spawner: spawner, clients: clients, limits: configuration.limits, log: log,
            clientInfo: GatewayVersion.implementation, namesServer: configuration.usesPrefixes,
            environment: environment)
        eras = configuration.state.dir.map { EraMemory(dir: $0, log: log) }
        var upstreams: [Upstream] = []
        for configured in configuration.servers where !configured.isDisabled {
            upstreams.append(
                Upstream(
                    configured, connector: connector, catalog: catalog, catalogConfiguration: configuration.catalog,
                    sessions: sessions, eras: eras, loop: loops.next()))
        }
        self.upstreams = upstreams

        let byName = Dictionary(uniqueKeysWithValues: upstreams.map { ($0.configuration.name, $0) })
        let router = Router(catalog: catalog, upstreams: byName, sessions: sessions, configuration: configuration)
        sessions.observeEnds { router.release($0) }
        dispatcher = LegacyDispatcher(
            router: router, sessions: sessions, limits: configuration.limits,
            serverInfo: GatewayVersion.implementation, log: log)
        parked = ParkedCalls(limits: configuration.limits)
        tasks = ClientTasks(limits: configuration.limits)
        modern = ModernDispatcher(
            router: router, sessions: sessions, parked: parked, tasks: tasks,
            sealer: try RequestStateSealer(
                secrets: try StateKeys.load(configuration.state),
                lifetime: configuration.limits.parkTimeout ?? .seconds(24 * 3600)),
            limits: configuration.limits, serverInfo: GatewayVersion.implementation, log: log)
        sse = SSEEndpoint(dispatcher: dispatcher)
        let handler = GatewayHandler(
            requestGuard: RequestGuard(
                allowedOrigins: configuration.allowedOrigins, allowedHosts: configuration.allowedHosts),
            mcp: MCPEndpoint(
                legacy: LegacyEndpoint(dispatcher: dispatcher, sse: sse), modern: ModernEndpoint(dispatcher: modern)),
            sse: sse,
            admin: AdminEndpoint(router: router),
            tools: ToolsEndpoint(router: router, limits: configuration.limits),
            health: HealthEndpoint(catalog: catalog, drain: drainState))
        server =
            listens
            ? HTTPServer(
                handler: handler, limits: HTTPServerLimits(configuration.limits), loops: loops.loops,
                addresses: try Self.addresses(configuration.listen)) : nil

        let (sessions, tasks, loop, allUpstreams) = (self.sessions, self.tasks, loops.loops[0], upstreams)
        let sweepInterval = Self.sweepInterval(configuration)
        sweeper = Task(executorPreference: loop) {
            do {
                while true {
                    try await loop.sleep(for: sweepInterval)
                    for upstream in allUpstreams { await upstream.closeIdleSessions(now: .now) }
                    tasks.expire(now: .now)
                    let count = await sessions.expire(now: .now)
                    if count > 0 { log.debug("idle sessions forgotten", ["count": count]) }
                }
            } catch {
                // Cancelled: the gateway is stopping.
            }
        }
    }

    private static func addresses(_ listen: [ListenAddress]) throws -> [SocketAddress] {
        var addresses: [SocketAddress] = []
        for address in listen {
            switch address {
            case .tcp(let host, let port): addresses += try SocketAddress.resolve(host: host, port: port)
            case .unix(let path):
                guard let address = SocketAddress(unixPath: path) else {
                    throw SystemErrorText("\(address) is too long for a Unix socket")
                }
                addresses.append(address)
            }
        }
        return addresses
    }

    /// Listens, and begins to connect to all servers at once. Returns as soon as the gateway answers.
    package func start() async throws {
        let sessions = self.sessions
        catalog.observe { sessions.announce($0) }
        try await server?.start()
        for upstream in upstreams { await upstream.start() }
    }

    /// Serves one client over the process's standard input and output, until it closes its end.
    package func serveStandardStreams() async throws {
        try await StdioFront.open(dispatcher, modern, on: loops.loops[0]).run()
    }

    /// The addresses in use, with the ports the kernel chose.
    package var boundAddresses: [SocketAddress] { server?.boundAddresses ?? [] }

    /// Ends the service: stops listening, lets calls in flight finish within `limits.drainTimeout`, ends sessions and
    /// upstreams, and waits until every child is gone.
    ///
    /// - Returns: how many requests had to be cut.
    @discardableResult
    package func stop() async -> Int {
        drainState.begin()
        sweeper.cancel()
        sessions.closeStreams()
        sse.closeUnused()
        for upstream in upstreams { upstream.visits.forgetAll() }
        let cut = await server?.drain(within: configuration.limits.drainTimeout ?? .seconds(3600)) ?? 0
        await parked.endAll()
        await tasks.endAll()
        await sessions.endAll()
        await withTaskGroup(of: Void.self) { group in
            for upstream in upstreams { group.addTask { await upstream.stop() } }
        }
        await eras?.flush()
        await clients.close()
        spawner.shutDown()
        loops.shutDown()
        return cut
    }
}

/// An error that is one sentence.
struct SystemErrorText: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

extension HTTPServerLimits {
    init(_ limits: LimitsConfiguration) {
        self.init()
        maxConnections = limits.maxConnections
        parser.maxHeaderBytes = limits.maxHeaderBytes
        headerTimeout = limits.headerTimeout
        idleTimeout = limits.idleTimeout
        bodyTimeout = limits.bodyTimeout
        writeTimeout = limits.writeTimeout
    }
}
