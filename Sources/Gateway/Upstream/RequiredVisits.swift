import AsyncIO
import MCPProtocol
import Synchronization

/// The visits to URLs that a server has ended calls for (-32042), and whether they are over, which it tells the session it
/// asked in (MCP 2025-11-25, Elicitation, "Completion Notifications for URL Mode Elicitation").
///
/// Only of visits noted here it is known that something can be waited for.
final class RequiredVisits: Sendable {
    private struct Visit {
        weak var session: UpstreamSession?
        var isOver = false

        /// Whether its end may still be told.
        var isPending: Bool { !isOver && session != nil }
    }

    private struct Waiter {
        let signal: LoopSignal
        let loop: EventLoop
    }

    private struct State {
        /// By the server's own ids.
        var visits: [String: Visit] = [:]
        /// The oldest first.
        var order: [String] = []
        var waiters: [ObjectIdentifier: Waiter] = [:]
    }

    /// Visits remembered; beyond, the oldest are forgotten, and not waited for.
    private static let maxVisits = 1024
    /// Longer ids are not remembered.
    private static let maxIDBytes = 512

    private let state = Mutex(State())

    /// Notes visits that a server wants, which it will tell the end of in this session.
    ///
    /// - Returns: the ids of those that can be waited for.
    func note(_ ids: [String], askedIn session: UpstreamSession) -> [String] {
        guard session.connection.hearsUnsolicited else { return [] }
        let known = ids.filter { $0.utf8.count <= Self.maxIDBytes }
        state.withLock { state in
            for id in known {
                if state.visits.updateValue(Visit(session: session), forKey: id) != nil {
                    state.order.removeAll { $0 == id }
                }
                state.order.append(id)
            }
            while state.order.count > Self.maxVisits { state.visits[state.order.removeFirst()] = nil }
        }
        return known
    }

    /// The server says that a visit is over.
    func end(_ id: String) {
        wake { state in
            guard state.visits[id]?.isOver == false else { return false }
            state.visits[id]?.isOver = true
            return true
        }
    }

    /// A session has ended: nothing more will be heard in it.
    func forget(askedIn session: UpstreamSession) {
        wake { state in
            let gone = Set(state.visits.filter { $0.value.session === session }.keys)
            guard !gone.isEmpty else { return false }
            state.order.removeAll { gone.contains($0) }
            for id in gone { state.visits[id] = nil }
            return true
        }
    }

    /// Nobody is to wait any longer: the gateway is stopping.
    func forgetAll() {
        wake { state in
            state.visits = [:]
            state.order = []
            return true
        }
    }

    /// Whether the end of any of these visits may still be told.
    ///
    /// - Parameter signal: woken when that may have changed, until ``stopWaiting(_:)``.
    func arePending(_ ids: [String], waking signal: LoopSignal, on loop: EventLoop) -> Bool {
        state.withLock { state in
            guard ids.contains(where: { state.visits[$0]?.isPending == true }) else { return false }
            state.waiters[ObjectIdentifier(signal)] = Waiter(signal: signal, loop: loop)
            return true
        }
    }

    /// The sessions in which the end of these visits may still be told.
    func sessions(of ids: [String]) -> [UpstreamSession] {
        state.withLock { state in
            ids.compactMap { id in state.visits[id].flatMap { $0.isPending ? $0.session : nil } }
        }
    }

    func stopWaiting(_ signal: LoopSignal) { state.withLock { $0.waiters[ObjectIdentifier(signal)] = nil } }

    /// - Parameter change: returns whether there was one.
    private func wake(_ change: (inout State) -> Bool) {
        let waiters = state.withLock { state in change(&state) ? Array(state.waiters.values) : [] }
        for waiter in waiters { waiter.loop.execute { waiter.signal.signal() } }
    }
}
