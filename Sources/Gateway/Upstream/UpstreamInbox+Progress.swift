import MCPProtocol

/// Progress of tasks: it belongs to no request in progress, as the call that made the task has been answered.
extension UpstreamInbox {
    struct TaskProgressState {
        /// Who is told, by token.
        var listeners: [Int64: @Sendable (TaskProgress) -> Void] = [:]
        /// What came last for tokens nobody listens to, the oldest first: the answer that makes a task known may be on its
        /// way to the client.
        var unknown: [TaskProgress] = []
    }

    /// Progress of unknown tasks that is kept.
    private static let maxUnknownProgress = 64

    /// Takes a notification that belongs to no request in progress.
    func takeProgress(_ params: RawJSON?) {
        guard let progress = params.flatMap(TaskProgress.init(_:)) else { return }
        let listener = state.withLock { state -> (@Sendable (TaskProgress) -> Void)? in
            if let listener = state.taskProgress.listeners[progress.token] { return listener }
            guard state.session?.connection.revision.hasCoreTasks == true else { return nil }
            state.taskProgress.unknown.removeAll { $0.token == progress.token }
            if state.taskProgress.unknown.count == Self.maxUnknownProgress { state.taskProgress.unknown.removeFirst() }
            state.taskProgress.unknown.append(progress)
            return nil
        }
        listener?(progress)
    }

    /// Hands out the progress that is told under a token, what came before included.
    ///
    /// - Parameter body: called from any thread.
    func hearProgress(of token: Int64, _ body: @escaping @Sendable (TaskProgress) -> Void) {
        let early = state.withLock { state in
            state.taskProgress.listeners[token] = body
            let early = state.taskProgress.unknown.first { $0.token == token }
            state.taskProgress.unknown.removeAll { $0.token == token }
            return early
        }
        if let early { body(early) }
    }

    func stopHearingProgress(of token: Int64) {
        state.withLock { $0.taskProgress.listeners[token] = nil }
    }
}
