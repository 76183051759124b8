import AsyncIO
import MCPProtocol
import Synchronization

/// The clients of 2026-07-28, by what they declare: nothing else tells one request from another, as there are no sessions.
///
/// Servers with a handshake hear of a client's capabilities only there, and may keep what a session did. So all requests
/// that declare the same share one ``FrontSession``, which has sessions of its own with such servers. Clients never see it.
final class ClientPartitions: Sendable {
    private struct State {
        /// By the declaration as it was written.
        var byText: [[UInt8]: FrontSession] = [:]
        var byFingerprint: [String: FrontSession] = [:]
    }

    /// Different declarations at any moment. Real clients have a few; more of them cost nobody else anything.
    static let maxPartitions = 256
    /// Spellings of declarations that are remembered.
    private static let maxTexts = 1024

    private let sessions: SessionStore
    private let router: Router
    private let state = Mutex(State())

    init(_ router: Router, sessions: SessionStore) {
        self.router = router
        self.sessions = sessions
    }

    /// The partition of a request.
    ///
    /// - Throws: when there are too many.
    func partition(declaring capabilities: RawJSON) throws(JSONRPCError) -> FrontSession {
        let text = Array(capabilities.bytes)
        if let known = state.withLock({ $0.byText[text] }), !known.hasEnded {
            known.touch()
            return known
        }
        let declared = ClientCapabilities(capabilities, revision: .v2026_07_28)
        let (session, isNew) = try find(declared)
        state.withLock { state in
            if state.byText.count >= Self.maxTexts { state.byText = [:] }
            state.byText[text] = session
        }
        if isNew { router.begin(session) }
        return session
    }

    private func find(_ declared: ClientCapabilities) throws(JSONRPCError) -> (FrontSession, isNew: Bool) {
        let (found, evicted) = state.withLock { state -> ((FrontSession, Bool)?, FrontSession?) in
            if let known = state.byFingerprint[declared.fingerprint], !known.hasEnded { return ((known, false), nil) }
            state.byFingerprint = state.byFingerprint.filter { !$0.value.hasEnded }
            var evicted: FrontSession?
            if state.byFingerprint.count >= Self.maxPartitions {
                guard let unused = Self.leastUsed(state.byFingerprint) else { return (nil, nil) }
                evicted = state.byFingerprint.removeValue(forKey: unused)
                state.byText = state.byText.filter { $0.value !== evicted }
            }
            let session = sessions.make(
                revision: .v2026_07_28, clientInfo: Implementation(name: "", version: ""), capabilities: declared)
            guard sessions.add(session) else { return (nil, evicted) }
            _ = session.noteInitialized()
            state.byFingerprint[declared.fingerprint] = session
            return ((session, true), evicted)
        }
        if let evicted {
            Task { [sessions] in await sessions.end(evicted, reason: "others declare other capabilities") }
        }
        guard let found else {
            throw .internalError(
                "clients with \(Self.maxPartitions) different declarations of capabilities are at work, or "
                    + "limits.maxSessions is reached")
        }
        return found
    }

    /// The one that nothing has used for longest; whoever declares the same again gets another.
    private static func leastUsed(_ partitions: [String: FrontSession]) -> String? {
        let now = MonotonicInstant.now
        return partitions.compactMap { key, session in session.idleTime(now: now).map { (key, $0) } }
            .max { $0.1 < $1.1 }?.0
    }
}
