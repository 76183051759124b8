import AsyncIO
import MCPClient
import MCPProtocol

/// The sessions with the gateway: one for all callers, or one for each identity when headers are forwarded; and another
/// for the runs whose callers can ask a person, because what may be asked is said when a session begins.
actor GatewaySessions {
    static let maxSessions = 256
    static let maxIdle = Duration.seconds(300)

    private nonisolated let home: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { home.asUnownedSerialExecutor() }

    private let settings: GatewaySettings
    private let clients: HTTPClientGroup
    private let clientInfo: Implementation
    private let capabilities: @Sendable (_ isInteractive: Bool) -> RawJSON
    private let log: Log
    /// By the forwarded headers.
    private var sessions: [String: GatewaySession] = [:]

    init(
        _ settings: GatewaySettings, clients: HTTPClientGroup, clientInfo: Implementation,
        capabilities: @escaping @Sendable (_ isInteractive: Bool) -> RawJSON, on loop: EventLoop, log: Log
    ) {
        self.capabilities = capabilities
        self.settings = settings
        self.clients = clients
        self.clientInfo = clientInfo
        home = loop
        self.log = log
    }

    /// - Parameter headers: of the caller's request, those that are forwarded.
    func session(
        forwarding headers: [GatewaySettings.Header], isInteractive: Bool = false
    ) async -> GatewaySession {
        let key =
            (isInteractive ? "interactive\u{1}" : "")
            + headers.map { "\($0.name.lowercased())\u{0}\($0.value)" }.joined(separator: "\u{1}")
        if let session = sessions[key] { return session }
        let session = GatewaySession(
            settings, forwarding: headers, clients: clients, clientInfo: clientInfo,
            capabilities: capabilities(isInteractive), on: home, log: log)
        sessions[key] = session
        if sessions.count > 1 { await sweep() }
        return session
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
        let all = Array(sessions.values)
        sessions = [:]
        for session in all { await session.close() }
    }
}
