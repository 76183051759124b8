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
        let found = state.withLock { state -> (FrontSession, Bool)? in
            if let known = state.byFingerprint[declared.fingerprint], !known.hasEnded { return (known, false) }
            state.byFingerprint = state.byFingerprint.filter { !$0.value.hasEnded }
            guard state.byFingerprint.count < Self.maxPartitions else { return nil }
            let session = sessions.make(
                revision: .v2026_07_28, clientInfo: Implementation(name: "", version: ""), capabilities: declared)
            guard sessions.add(session) else { return nil }
            _ = session.noteInitialized()
            state.byFingerprint[declared.fingerprint] = session
            return (session, true)
        }
        guard let found else {
            throw .internalError(
                "clients with \(Self.maxPartitions) different declarations of capabilities are known, which is the limit"
            )
        }
        return found
    }
}
