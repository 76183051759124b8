import AsyncIO
import MCPProtocol
import Synchronization

/// The sessions of all clients, by their ids.
package final class SessionStore: Sendable {
    private let sessions = Mutex<[String: FrontSession]>([:])
    private let limits: LimitsConfiguration
    private let logLevelRequested = Atomic<Bool>(false)
    /// Called after a session has ended, however it did.
    private let onEnd = Mutex<(@Sendable (FrontSession) -> Void)?>(nil)

    package init(limits: LimitsConfiguration) { self.limits = limits }

    package var count: Int { sessions.withLock { $0.count } }

    /// Calls `body` after every end of a session. Call once, before the first session.
    func observeEnds(_ body: @escaping @Sendable (FrontSession) -> Void) { onEnd.withLock { $0 = body } }

    func session(_ id: String) -> FrontSession? { sessions.withLock { $0[id] } }

    /// Whether any client has ever asked for log messages of a level.
    var hasLogLevelRequested: Bool { logLevelRequested.load(ordering: .relaxed) }
    func noteLogLevelRequested() { logLevelRequested.store(true, ordering: .relaxed) }

    /// The only session there is; `nil` if there are none or several.
    var only: FrontSession? { sessions.withLock { $0.count == 1 ? $0.first?.value : nil } }

    /// Whether there is room for another session.
    var hasRoom: Bool { count < limits.maxSessions }

    /// Makes a session that is told of nothing before it is added.
    func make(
        revision: ProtocolRevision, clientInfo: Implementation, capabilities: ClientCapabilities = .none,
        affinity: String? = nil, id: String = SessionStore.makeID(), channel: (any FrontChannel)? = nil
    ) -> FrontSession {
        FrontSession(
            id: id, revision: revision, clientInfo: clientInfo, capabilities: capabilities, affinity: affinity,
            limits: limits, channel: channel)
    }

    /// Adds a session; `false` when there are too many.
    func add(_ session: FrontSession) -> Bool {
        sessions.withLock { sessions in
            guard sessions.count < limits.maxSessions else { return false }
            sessions[session.id] = session
            return true
        }
    }

    /// Opens a session; `nil` when there are too many.
    func open(
        revision: ProtocolRevision, clientInfo: Implementation, capabilities: ClientCapabilities = .none,
        id: String = SessionStore.makeID(), channel: (any FrontChannel)? = nil
    ) -> FrontSession? {
        let session = make(
            revision: revision, clientInfo: clientInfo, capabilities: capabilities, id: id, channel: channel)
        return add(session) ? session : nil
    }

    /// Ends a session and forgets it; of no effect if that has happened already.
    func end(_ session: FrontSession, reason: String) async {
        guard sessions.withLock({ $0.removeValue(forKey: session.id) }) != nil else { return }
        await finish(session, reason)
    }

    private func finish(_ session: FrontSession, _ reason: String) async {
        await session.end(reason: reason)
        onEnd.withLock { $0 }?(session)
    }

    /// 128 bits nobody can guess, as hexadecimal digits. Swift's system generator is the kernel's.
    static func makeID() -> String {
        var generator = SystemRandomNumberGenerator()
        return (0..<2).map { _ in
            let digits = String(generator.next() as UInt64, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }

    func announceChange(of kinds: Set<ListKind>) {
        for session in all { session.announceChange(of: kinds) }
    }

    /// Tells those of a change who see it.
    func announce(_ change: CatalogChange) {
        for session in all where change.concerns(session.listVariant) { session.announce(change) }
    }

    var all: [FrontSession] { sessions.withLock { Array($0.values) } }

    /// The session a server's task belongs to.
    func owner(ofTask id: String, in session: UpstreamSession) -> FrontSession? {
        all.first { $0.hasTask(id, in: session) }
    }

    /// Forgets sessions nobody has used for long; returns how many.
    func expire(now: MonotonicInstant) async -> Int {
        let expired = sessions.withLock { sessions -> [FrontSession] in
            let expired = sessions.values.filter { session in
                guard let limit = session.idleLimit else { return false }
                return (session.idleTime(now: now) ?? .zero) > limit
            }
            for session in expired { sessions[session.id] = nil }
            return expired
        }
        for session in expired { await finish(session, "the session expired") }
        return expired.count
    }

    /// Before the end: streams close at once, calls go on.
    func closeStreams() {
        for session in all { session.closeStreams() }
    }

    /// Ends all sessions and the calls in them.
    func endAll() async {
        let all = sessions.withLock { sessions in
            defer { sessions = [:] }
            return Array(sessions.values)
        }
        for session in all { await finish(session, "the gateway is stopping") }
    }
}
