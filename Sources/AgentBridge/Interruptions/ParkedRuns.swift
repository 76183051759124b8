import Synchronization

/// The runs that wait for their callers to come back with a person's answer, by the question's id.
final class ParkedRuns: Sendable {
    private struct State {
        /// `nil`: the question is on its way to the caller.
        var questions: [String: OngoingRun?] = [:]
        var isClosed = false
    }

    static let maxRuns = 1000

    private let state = Mutex(State())
    private let metrics: AgentMetrics

    init(metrics: AgentMetrics) { self.metrics = metrics }

    /// Takes a place for a question.
    ///
    /// - Returns: `false` if there is none: then nobody is asked.
    func reserve(_ id: String) -> Bool {
        state.withLock { state in
            guard !state.isClosed, state.questions.count < Self.maxRuns else { return false }
            state.questions[id] = .some(nil)
            return true
        }
    }

    /// Leaves a run to wait for the answer to its question.
    ///
    /// - Returns: `false` if the question is over.
    func park(_ run: OngoingRun, until id: String) -> Bool {
        let isParked = state.withLock { state in
            guard state.questions[id] != nil else { return false }
            state.questions[id] = run
            return true
        }
        if isParked { metrics.countParked(1) }
        return isParked
    }

    /// The run behind a question of this agent's.
    func run(_ id: String, agent: String) -> OngoingRun? {
        guard let run = state.withLock({ $0.questions[id] }) ?? nil, run.request.agent.name == agent else { return nil }
        return run
    }

    /// Gives the run up to whoever goes on with it.
    ///
    /// - Returns: `false` if somebody else was quicker, or the time is over.
    func take(_ id: String) -> Bool { remove(id) != nil }

    /// Nobody came: a run without a caller ends. Without effect on one whose question has not left yet.
    func expire(_ id: String) { remove(id)?.task.cancel() }

    /// - Returns: `false` if no such run waits.
    func cancel(run runID: String) -> Bool {
        let id = state.withLock { state in state.questions.first { $0.value?.request.runID == runID }?.key }
        guard let id, let run = remove(id) else { return false }
        run.task.cancel()
        return true
    }

    /// Ends all of them, and lets no other wait.
    func close() {
        let ids = state.withLock { state in
            state.isClosed = true
            return Array(state.questions.keys)
        }
        for id in ids { expire(id) }
    }

    private func remove(_ id: String) -> OngoingRun? {
        guard let run = state.withLock({ $0.questions.removeValue(forKey: id) }) ?? nil else { return nil }
        metrics.countParked(-1)
        return run
    }
}

/// A run with what its answers are made of, from one request of its caller to the next.
struct OngoingRun: Sendable {
    var request: RunRequest
    let task: Task<Result<RunSummary, RunFailure>, Never>
    let feed: RunFeed
    /// `nil`: nobody is asked.
    let person: RemotePerson?
    /// The question that the run waits with.
    var question: RunInterruption?
    /// Calls that have begun before this answer.
    var openCalls: [ToolStart] = []
    /// What earlier answers have told of its usage.
    var reported = RunSummary()
}
