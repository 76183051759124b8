import MCPProtocol
import Synchronization

/// The calls that have asked their clients something: where a retry finds its call, and how many there may be.
final class ParkedCalls: Sendable {
    private struct State {
        var calls: [String: InteractiveCall] = [:]
        /// Of those in progress, by whom they are for.
        var counts: [String: Int] = [:]
        /// Those that have ended, kept for clients that did not get their outcomes.
        var ended = EndedCalls()

        mutating func leave(_ call: InteractiveCall) {
            let rest = (counts[call.origin] ?? 1) - 1
            counts[call.origin] = rest > 0 ? rest : nil
        }
    }

    let limits: LimitsConfiguration
    private let state = Mutex(State())

    init(limits: LimitsConfiguration) { self.limits = limits }

    var count: Int { state.withLock { $0.calls.count } }

    /// Lets a call ask, and keeps it from then on.
    ///
    /// - Returns: `false` when there are too many, of all or of its client.
    func admit(_ call: InteractiveCall) -> Bool {
        state.withLock { state in
            guard state.calls[call.id] == nil else { return true }
            let own = state.counts[call.origin] ?? 0
            guard own < limits.maxParkedCallsPerClient,
                state.calls.count - state.ended.count < limits.maxParkedCalls
            else { return false }
            if state.calls.count >= limits.maxParkedCalls, let oldest = state.ended.removeOldest() {
                state.calls[oldest] = nil
            }
            state.calls[call.id] = call
            state.counts[call.origin] = own + 1
            return true
        }
    }

    /// Why a call was not let ask, in words for its server.
    func refusal(of call: InteractiveCall) -> String {
        let own = state.withLock { $0.counts[call.origin] ?? 0 }
        return own >= limits.maxParkedCallsPerClient
            ? "\(limits.maxParkedCallsPerClient) calls of the client wait for answers, which is the limit "
                + "(limits.maxParkedCallsPerClient)"
            : "\(limits.maxParkedCalls) calls wait for answers, which is the limit (limits.maxParkedCalls)"
    }

    func call(_ id: String) -> InteractiveCall? { state.withLock { $0.calls[id] } }

    /// A call has ended. Its outcome can still be fetched, until it is forgotten or its place is needed.
    func keep(_ call: InteractiveCall) {
        state.withLock { state in
            guard state.calls[call.id] != nil, !state.ended.contains(call.id) else { return }
            state.ended.append(call.id)
            state.leave(call)
        }
    }

    func forget(_ call: InteractiveCall) {
        state.withLock { state in
            guard state.calls.removeValue(forKey: call.id) != nil else { return }
            if !state.ended.remove(call.id) { state.leave(call) }
        }
    }

    /// The gateway is stopping.
    func endAll() async {
        for call in state.withLock({ Array($0.calls.values) }) { await call.cancel(reason: "the gateway is stopping") }
    }
}
