import AsyncIO
import MCPClient
import MCPProtocol

/// The sessions with the gateway: one for all callers, or one for each identity when headers are forwarded; and one for
/// each run whose caller can ask a person.
actor GatewaySessions {
    static let maxSessions = 256
    static let maxIdle = Duration.seconds(300)

    private nonisolated let home: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { home.asUnownedSerialExecutor() }

    private let settings: GatewaySettings
    private let clients: HTTPClientGroup
    private let clientInfo: Implementation
    private let capabilities: @Sendable (_ isInteractive: Bool) -> RawJSON
    /// Whether one person stands behind all runs.
    private let isOfOnePerson: Bool
    private let era = GatewayEra()
    private let log: Log
    /// By the forwarded headers.
    private var sessions: [String: GatewaySession] = [:]
    /// Those of single runs.
    private var own: [ObjectIdentifier: GatewaySession] = [:]

    init(
        _ settings: GatewaySettings, clients: HTTPClientGroup, clientInfo: Implementation,
        capabilities: @escaping @Sendable (_ isInteractive: Bool) -> RawJSON, isOfOnePerson: Bool = false,
        on loop: EventLoop, log: Log
    ) {
        self.isOfOnePerson = isOfOnePerson
        self.capabilities = capabilities
        self.settings = settings
        self.clients = clients
        self.clientInfo = clientInfo
        home = loop
        self.log = log
    }

    /// - Parameter headers: of the caller's request, those that are forwarded.
    func session(forwarding headers: [GatewaySettings.Header]) async -> GatewaySession {
        let key = headers.map { "\($0.name.lowercased())\u{0}\($0.value)" }.joined(separator: "\u{1}")
        if let session = sessions[key] { return session }
        let session = makeSession(headers, isInteractive: false)
        sessions[key] = session
        if sessions.count > 1 { await sweep() }
        return session
    }

    private func makeSession(_ headers: [GatewaySettings.Header], isInteractive: Bool) -> GatewaySession {
        // Runs that nobody stands behind are many at a time, and would each cost servers a session. What is asked of them
        // the model answers; where nothing says whose question it is, the gateway sees to it that it is not another's.
        GatewaySession(
            settings, forwarding: headers, clients: clients, clientInfo: clientInfo,
            capabilities: capabilities(isInteractive),
            affinity: isInteractive || isOfOnePerson ? RandomToken.hexadecimal(32) : nil, era: era,
            isOfOneRun: isInteractive, on: home, log: log)
    }

    /// A session for one run, whose caller can be asked. Not shared with others: a server's question may come beside the
    /// call that caused it, and then the session, or the affinity in its place, is all that tells whose it is.
    func ownSession(forwarding headers: [GatewaySettings.Header]) -> GatewaySession {
        let session = makeSession(headers, isInteractive: true)
        own[ObjectIdentifier(session)] = session
        return session
    }

    /// The run is over; nobody waits for the end of its session.
    func release(_ session: GatewaySession) {
        guard own.removeValue(forKey: ObjectIdentifier(session)) != nil else { return }
        Task(executorPreference: home) { await session.close() }
    }

    /// Closes what nobody has used for long, and the least recently used beyond the limit.
    private func sweep() async {
        var byAge: [(key: String, session: GatewaySession, lastUse: MonotonicInstant)] = []
        for (key, session) in sessions { byAge.append((key, session, await session.lastUse)) }
        byAge.sort { $0.lastUse < $1.lastUse }
        let now = MonotonicInstant.now
        let surplus = max(0, sessions.count - Self.maxSessions)
        for (position, entry) in byAge.enumerated()
        where position < surplus || now - entry.lastUse > Self.maxIdle {
            sessions[entry.key] = nil
            Task(executorPreference: home) { await entry.session.close() }
        }
    }

    func closeAll() async {
        let all = Array(sessions.values) + Array(own.values)
        sessions = [:]
        own = [:]
        for session in all { await session.close() }
    }
}
