import MCPProtocol
import Synchronization

/// The calls that have asked their clients something: where a retry finds its call, and how many there may be.
final class ParkedCalls: Sendable {
    private struct State {
        var calls: [String: InteractiveCall] = [:]
        /// By whom they are for.
        var counts: [String: Int] = [:]
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
            guard state.calls.count < limits.maxParkedCalls, own < limits.maxParkedCallsPerClient else { return false }
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

    func forget(_ call: InteractiveCall) {
        state.withLock { state in
            guard state.calls.removeValue(forKey: call.id) != nil else { return }
            let rest = (state.counts[call.origin] ?? 1) - 1
            state.counts[call.origin] = rest > 0 ? rest : nil
        }
    }

    /// The gateway is stopping.
    func endAll() async {
        for call in state.withLock({ Array($0.calls.values) }) { await call.cancel(reason: "the gateway is stopping") }
    }
}
