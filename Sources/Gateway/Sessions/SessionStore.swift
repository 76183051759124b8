import AsyncIO
import MCPProtocol
import Synchronization

/// The sessions of all clients, by their ids.
package final class SessionStore: Sendable {
    private let sessions = Mutex<[String: FrontSession]>([:])
    private let maxSessions: Int
    private let idleLimit: Duration?

    package init(limits: LimitsConfiguration) {
        maxSessions = limits.maxSessions
        idleLimit = limits.sessionIdle
    }

    package var count: Int { sessions.withLock { $0.count } }

    func session(_ id: String) -> FrontSession? { sessions.withLock { $0[id] } }

    /// Opens a session; `nil` when there are too many.
    func open(revision: ProtocolRevision, clientInfo: Implementation) -> FrontSession? {
        let session = FrontSession(id: Self.makeID(), revision: revision, clientInfo: clientInfo)
        return sessions.withLock { sessions in
            guard sessions.count < maxSessions else { return nil }
            sessions[session.id] = session
            return session
        }
    }

    func remove(_ id: String) -> FrontSession? { sessions.withLock { $0.removeValue(forKey: id) } }

    /// 128 bits nobody can guess, as hexadecimal digits. Swift's system generator is the kernel's.
    private static func makeID() -> String {
        var generator = SystemRandomNumberGenerator()
        return (0..<2).map { _ in
            let digits = String(generator.next() as UInt64, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }

    func announceToolChange() {
        for session in sessions.withLock({ Array($0.values) }) { session.announceToolChange() }
    }

    /// Forgets sessions nobody has used for long; returns how many.
    func expire(now: MonotonicInstant) async -> Int {
        guard let idleLimit else { return 0 }
        let expired = sessions.withLock { sessions -> [FrontSession] in
            let expired = sessions.values.filter { ($0.idleTime(now: now) ?? .zero) > idleLimit }
            for session in expired { sessions[session.id] = nil }
            return expired
        }
        for session in expired { await session.end(reason: "the session expired") }
        return expired.count
    }

    /// Before the end: streams close at once, calls go on.
    func closeStreams() {
        for session in sessions.withLock({ Array($0.values) }) { session.closeStreams() }
    }

    /// Ends all sessions and the calls in them.
    func endAll() async {
        let all = sessions.withLock { sessions in
            defer { sessions = [:] }
            return Array(sessions.values)
        }
        for session in all { await session.end(reason: "the gateway is stopping") }
    }
}
