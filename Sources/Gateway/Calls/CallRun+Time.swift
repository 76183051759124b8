import AsyncIO
import MCPClient
import MCPProtocol

/// How long a call may take, and what ends it.
extension CallRun {
    func startTimer() {
        stopTimer()
        let deadline = self.deadline
        guard deadline != .distantFuture else { return }
        timer = loop.schedule(at: deadline) { [weak self] in self?.assumeIsolated { $0.timerFired() } }
    }

    func stopTimer() {
        if let timer { loop.cancel(timer) }
        timer = nil
    }

    /// A server that waits for an answer of the client is not silent.
    private var deadline: MonotonicInstant {
        if let questionEnd = questions.values.map(\.expiry).min() {
            return min(questionEnd, budget.hardEnd(start: start))
        }
        guard case .running(_, let session) = state, session.share != .everybody else {
            return budget.deadline(start: start, lastSign: lastSign)
        }
        switch session.inbox.clientsTurn {
        // Whose question it is cannot be told; it may be this call's. Look again in a moment.
        case .present: return min(.now + Self.questionPatience, budget.hardEnd(start: start))
        case .over(let end):
            // What was answered before this call began says nothing of it.
            guard let end, end > start else { return budget.deadline(start: start, lastSign: lastSign) }
            return budget.deadline(start: start, lastSign: max(lastSign ?? end, end))
        }
    }

    /// How soon a call looks again whether its session's client has answered.
    private static let questionPatience = Duration.seconds(1)

    /// After something that may have brought the deadline nearer.
    func deadlineMoved() {
        guard case .running = state else { return }
        startTimer()
    }

    private func timerFired() {
        timer = nil
        guard case .running(let exchange, let session) = state, !isCancelled else { return }
        let now = MonotonicInstant.now
        expireQuestions(now: now, in: session)
        guard now >= deadline else { return startTimer() }
        let (stage, words) = budget.exceeded(start: start, lastSign: lastSign, now: now)
        guard ownTask != nil, stage != "max" else { return exceed(stage, words, exchange) }
        Task {
            let isAtWork = await self.hasSignOfTask(in: session)
            guard case .running = self.state, !self.isCancelled, self.exceeded == nil else { return }
            guard isAtWork else { return self.exceed(stage, words, exchange) }
            self.lastSign = .now
            self.startTimer()
        }
    }

    private func exceed(_ stage: String, _ words: String, _ exchange: any MCPExchange) {
        exceeded = (stage, words)
        Task { await exchange.cancel(reason: words) }
    }
}
