import Synchronization

/// The runs that are going on: how many there may be, and how to end one.
final class RunRegistry: Sendable {
    private struct State {
        var runs: [String: @Sendable () -> Void] = [:]
        /// Slots taken, also by runs that have no task yet.
        var count = 0
        var isDraining = false
        var isAborted = false
    }

    private let state = Mutex(State())
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    /// Takes a slot.
    ///
    /// - Throws: too many runs, or the server is stopping.
    func enter() throws(RunFailure) {
        let refusal = state.withLock { state -> RunFailure? in
            if state.isDraining { return .shuttingDown }
            guard state.count < limit else {
                var failure = RunFailure(
                    429, "rate_limit_error", "concurrency_limit", "\(limit) runs are going on; try again.")
                failure.retryAfter = .seconds(1)
                return failure
            }
            state.count += 1
            return nil
        }
        if let refusal { throw refusal }
    }

    func began(_ runID: String, cancel: @escaping @Sendable () -> Void) {
        let isLate = state.withLock { state in
            state.runs[runID] = cancel
            return state.isAborted
        }
        if isLate { cancel() }
    }

    /// Gives the slot back.
    func leave(_ runID: String) {
        state.withLock { state in
            state.runs[runID] = nil
            state.count -= 1
        }
    }

    /// - Returns: `false` if no such run is going on.
    func cancel(_ runID: String) -> Bool {
        guard let cancel = state.withLock({ $0.runs[runID] }) else { return false }
        cancel()
        return true
    }

    /// No new runs.
    func drain() { state.withLock { $0.isDraining = true } }

    var isDraining: Bool { state.withLock { $0.isDraining } }

    /// Whether runs were ended because the server stops.
    var isAborted: Bool { state.withLock { $0.isAborted } }

    var count: Int { state.withLock { $0.count } }

    /// Ends every run.
    func abort() {
        let all = state.withLock { state in
            state.isDraining = true
            state.isAborted = true
            return Array(state.runs.values)
        }
        for cancel in all { cancel() }
    }
}
