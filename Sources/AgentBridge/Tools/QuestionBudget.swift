import Synchronization

/// How much the servers of one run have asked for so far.
final class QuestionBudget: Sendable {
    private struct State {
        var requests = 0
        var usage: [(model: String, usage: LLMUsage)] = []
    }

    private let state = Mutex(State())

    /// - Returns: `false` if the limit is used up.
    func takeRequest(limit: Int) -> Bool {
        state.withLock { state in
            guard state.requests < limit else { return false }
            state.requests += 1
            return true
        }
    }

    func add(_ usage: LLMUsage, of model: String) { state.withLock { $0.usage.append((model, usage)) } }

    /// What was used since the last look.
    func takeUsage() -> [(model: String, usage: LLMUsage)] {
        state.withLock { state in
            defer { state.usage = [] }
            return state.usage
        }
    }
}
