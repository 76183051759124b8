import AsyncIO
import MCPProtocol
import Synchronization

/// A server of 2026-07-28, and the sessions that use one way to it.
final class ModernServer: Sendable {
    /// Holds a session without keeping it.
    private struct Member {
        weak let session: ModernConnection?
    }

    let carrier: any ModernCarrier
    let discovery: DiscoverResult
    let verdict: EraVerdict
    let headers = RequestHeaders()
    private let state = Mutex(State())

    private struct State {
        var members: [ObjectIdentifier: Member] = [:]
        var isOver = false
    }

    init(_ carrier: any ModernCarrier, _ discovery: DiscoverResult, _ verdict: EraVerdict) {
        self.carrier = carrier
        self.discovery = discovery
        self.verdict = verdict
    }

    func join(_ session: ModernConnection) {
        state.withLock { $0.members[ObjectIdentifier(session)] = Member(session: session) }
    }

    func leave(_ session: ModernConnection) {
        state.withLock { $0.members[ObjectIdentifier(session)] = nil }
    }

    /// No more can be had from the server this way: all sessions end.
    func end(_ error: MCPClientError) {
        for session in takeMembers() { session.serverEnded(error) }
    }

    /// Ends all sessions and what carries them, and waits for that.
    func close() async {
        end(MCPClientError(.closed, "the connection was closed", mayHaveExecuted: true))
        await carrier.close()
    }

    /// What a server said that belongs to no request, as it should not. Changes of lists concern everybody, so one session
    /// is told; of anything else it is known whom it is for only where there is one session.
    func take(_ notification: JSONRPCNotification) {
        let sessions = state.withLock { $0.members.values.compactMap(\.session) }
        let isOfAll = notification.method.hasSuffix("/list_changed")
        let owner = sessions.count == 1 ? sessions.first : isOfAll ? sessions.first(where: \.isPrimary) : nil
        owner?.take(notification)
    }

    private func takeMembers() -> [ModernConnection] {
        state.withLock { state in
            guard !state.isOver else { return [] }
            state.isOver = true
            defer { state.members = [:] }
            return state.members.values.compactMap(\.session)
        }
    }
}
