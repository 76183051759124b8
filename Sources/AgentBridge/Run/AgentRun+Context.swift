/// Keeps a run's conversation within its model's context.
extension AgentRun {
    private var estimatedTokens: Int {
        let known = counted.flatMap { $0.messages <= messages.count ? $0 : nil }
        guard let known else {
            return ContextBudget.tokens(messages) + ContextBudget.tokens(bytes: offered.definitions?.bytes.count ?? 0)
        }
        return known.tokens + ContextBudget.tokens(Array(messages[known.messages...]))
    }

    func trimToContext(share: Double, force: Bool = false) {
        guard let window = request.models.first?.contextTokens, window > 0 else { return }
        let estimate = estimatedTokens
        // When the server says it is too long, its word counts more than the estimate.
        let limit = force ? Int(Double(min(window, estimate)) * share) : Int(Double(window) * share)
        guard estimate > limit else { return }
        trim(excess: estimate - limit)
    }

    func trim(to limit: Int) {
        let estimate = ContextBudget.tokens(messages)
        if estimate > limit { trim(excess: estimate - limit) }
    }

    private func trim(excess: Int) {
        let before = messages.count
        let own = messages.count - runStart
        summary.discardedMessages += ContextBudget.shrink(&messages, by: excess)
        // The run's own messages are at the end; what was dropped came before them, or is the oldest of them.
        runStart = min(max(0, messages.count - own), messages.count)
        counted = nil
        services.log.info(
            "context_trimmed",
            ["request_id": request.identity.requestID, "run_id": request.runID, "messages": before - messages.count])
    }
}
