import MCPProtocol
import Synchronization

/// The calls that have asked their clients something: where a retry finds its call, and how many there may be.
///
/// The caps are for calls that wait. Those that have an outcome are kept a while for clients that need it again, but no
/// more of them than may wait: the oldest go.
final class ParkedCalls: Sendable {
    private struct State {
        /// By their ids.
        var calls: [String: InteractiveCall] = [:]
        /// How many of them have no outcome yet, in all and by whom they are for.
        var unfinished = 0
        var unfinishedOf: [String: Int] = [:]
        /// Those that have one, oldest first.
        var finished: [(id: String, origin: String)] = []

        mutating func leave(_ origin: String) {
            unfinished -= 1
            let rest = (unfinishedOf[origin] ?? 1) - 1
            unfinishedOf[origin] = rest > 0 ? rest : nil
        }
    }

    let limits: LimitsConfiguration
    private let state = Mutex(State())

    init(limits: LimitsConfiguration) { self.limits = limits }

    /// How many there are, with those that have an outcome.
    var count: Int { state.withLock { $0.calls.count } }

    /// Lets a call ask, and keeps it from then on.
    ///
    /// - Returns: `false` when too many wait, of all or of its client.
    func admit(_ call: InteractiveCall) -> Bool {
        state.withLock { state in
            guard state.calls[call.id] == nil else { return true }
            let own = state.unfinishedOf[call.origin] ?? 0
            guard state.unfinished < limits.maxParkedCalls, own < limits.maxParkedCallsPerClient else { return false }
            state.calls[call.id] = call
            state.unfinished += 1
            state.unfinishedOf[call.origin] = own + 1
            return true
        }
    }

    /// Why a call was not let ask, in words for its server.
    func refusal(of call: InteractiveCall) -> String {
        let own = state.withLock { $0.unfinishedOf[call.origin] ?? 0 }
        return own >= limits.maxParkedCallsPerClient
            ? "\(limits.maxParkedCallsPerClient) calls of the client wait for answers, which is the limit "
                + "(limits.maxParkedCallsPerClient)"
            : "\(limits.maxParkedCalls) calls wait for answers, which is the limit (limits.maxParkedCalls)"
    }

    /// A call has its outcome, so it waits for nobody any more.
    func finish(_ call: InteractiveCall) {
        // Let go of behind the lock.
        let oldest = state.withLock { state -> InteractiveCall? in
            guard state.calls[call.id] != nil else { return nil }
            state.leave(call.origin)
            state.finished.append((call.id, call.origin))
            let own = state.finished.count { $0.origin == call.origin }
            let surplus =
                own > limits.maxParkedCallsPerClient
                ? state.finished.firstIndex { $0.origin == call.origin }
                : state.finished.count > limits.maxParkedCalls ? state.finished.startIndex : nil
            return surplus.flatMap { state.calls.removeValue(forKey: state.finished.remove(at: $0).id) }
        }
        withExtendedLifetime(oldest) {}
    }

    func call(_ id: String) -> InteractiveCall? { state.withLock { $0.calls[id] } }

    func forget(_ call: InteractiveCall) {
        state.withLock { state in
            guard state.calls.removeValue(forKey: call.id) != nil else { return }
            if let index = state.finished.firstIndex(where: { $0.id == call.id }) {
                state.finished.remove(at: index)
            } else {
                state.leave(call.origin)
            }
        }
    }

    /// The gateway is stopping.
    func endAll() async {
        for call in state.withLock({ Array($0.calls.values) }) { await call.cancel(reason: "the gateway is stopping") }
    }
}
