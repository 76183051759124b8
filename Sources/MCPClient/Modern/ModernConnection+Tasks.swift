import AsyncIO
import MCPProtocol

/// Tasks of the extension for those who speak of them as in the core of MCP 2025-11-25.
extension ModernConnection {
    /// How long a server may take to answer a question about a task.
    private static let patience = Duration.seconds(30)

    /// - Returns: `nil` for what is asked of the server as it stands.
    func beginCore(
        id: Int64, method: String, params: RawJSON, context: RequestContext, on loop: EventLoop
    ) async -> (any MCPExchange)? {
        guard context.tasks == .core, let task = params.member("taskId")?.stringValue else { return nil }
        switch method {
        case "tasks/result":
            let exchange = ModernExchange(
                id: id, method: method, params: OutgoingParams(Array(params.bytes)), context: declaring(context),
                connection: self, loop: loop)
            await exchange.startWaiting(for: task)
            return exchange
        case "tasks/cancel":
            return LocalExchange(id: id, on: loop) {
                [self] (_) async throws(MCPClientError) -> JSONRPCResponse.Outcome in
                try await cancelCore(task, context, on: loop)
            }
        default: return nil
        }
    }

    /// There a task that has ended cannot be cancelled, and the answer is the cancelled task; here the answer says nothing,
    /// and the task ends when the server comes to it.
    private func cancelCore(
        _ id: String, _ context: RequestContext, on loop: EventLoop
    ) async throws(MCPClientError) -> JSONRPCResponse.Outcome {
        let params = RawJSON(unchecked: RawJSON.taskParams(id)[...])
        let before = try await ask("tasks/get", params, context, on: loop)
        guard case .result(let found) = before else { return before }
        let status = try Self.description(found).status
        guard !status.isTerminal else {
            return .error(
                JSONRPCError(
                    code: ErrorCode.invalidParams, message: "the task has ended already: \(status.rawValue)"))
        }
        let acknowledged = try await ask("tasks/cancel", params, context, on: loop)
        guard case .result = acknowledged else { return acknowledged }
        let after = try await ask("tasks/get", params, context, on: loop)
        guard case .result(let left) = after else { return after }
        var task = try Self.description(left)
        if !task.status.isTerminal { task.status = .cancelled }
        return .result(RawJSON(unchecked: task.encodeCore()[...]))
    }

    private static func description(_ result: RawJSON) throws(MCPClientError) -> TaskDescription {
        do throws(MessageError) {
            return try DetailedTask(result).core
        } catch {
            throw MCPClientError(
                .protocolViolation, "what the server says of a task is invalid: \(error)", mayHaveExecuted: true)
        }
    }

    // MARK: News of tasks

    /// The longest life of a task that is told of.
    private static let longestWatch = Duration.seconds(24 * 3600)
    /// Failures to hear of a task, one after the other, before it is told of no more.
    private static let maxFailures = 3

    /// Tells of each change of a task's status, until its end (MCP 2025-11-25, Tasks, "Task Status Notification"). Who has the
    /// task can ask as well: where too many are told of, or the server cannot be reached, there is no such news.
    func tell(of task: TaskDescription, _ context: RequestContext) {
        guard !task.status.isTerminal, beginTelling() else { return }
        let end = MonotonicInstant.now + min(task.ttl.map { .milliseconds($0) } ?? Self.longestWatch, Self.longestWatch)
        Task(executorPreference: home) { [weak self, home] in
            var (last, failures) = (task, 0)
            while !last.status.isTerminal, failures < Self.maxFailures, MonotonicInstant.now < end {
                do {
                    try await home.sleep(for: AwaitedTask.pause(last.pollInterval))
                    guard let self else { return }
                    guard let now = try await self.look(at: last, context) else { break }
                    if now.status != last.status {
                        let params = RawJSON(unchecked: now.encodeCore()[...])
                        self.take(JSONRPCNotification(method: "notifications/tasks/status", params: params))
                    }
                    (last, failures) = (now, 0)
                } catch {
                    failures += 1
                }
            }
            self?.endTelling()
        }
    }

    /// - Returns: `nil` for a task that the server does not know any more.
    private func look(at task: TaskDescription, _ context: RequestContext) async throws(MCPClientError)
        -> TaskDescription?
    {
        let params = RawJSON(unchecked: RawJSON.taskParams(task.id)[...])
        guard case .result(let found) = try await ask("tasks/get", params, context, on: home) else { return nil }
        return try Self.description(found)
    }

    /// Asks the server in the words of the extension, and waits for the answer.
    func ask(
        _ method: String, _ params: RawJSON, _ context: RequestContext, on loop: EventLoop
    ) async throws(MCPClientError) -> JSONRPCResponse.Outcome {
        var context = context
        context.tasks = .extended
        let deadline = MonotonicInstant.now + Self.patience
        let exchange = try await begin(
            id: makeRequestID(), method: method, params: Array(params.bytes), context: context, on: loop)
        do throws(MCPClientError) {
            while true {
                switch try await exchange.next(until: deadline) {
                case .response(let response): return response.outcome
                case .stream(let stream):
                    return try await Self.collect(stream, id: exchange.id, until: deadline).outcome
                case .notification, .request, .alive: continue
                }
            }
        } catch {
            await exchange.cancel(reason: "no longer needed")
            throw error
        }
    }
}
