import MCPProtocol

/// Calls as tasks, and requests about them (extension `io.modelcontextprotocol/tasks`).
extension ModernService {
    /// Tasks remembered at a time. One more is refused.
    private static let maxTasks = 10_000

    /// Whether a call becomes a task, which is the server's to decide.
    func becomesTask(_ tool: Tool, _ exchange: ModernExchange) throws(ModernRefusal) -> Bool {
        let isDeclared = exchange.envelope.declares(extension: ModernTask.extensionName)
        if tool.taskSupport == .required, !isDeclared {
            throw .missingCapability(ModernTask.capability, "tool \"\(tool.name)\" is only a task")
        }
        return isDeclared && tool.taskSupport != .forbidden
    }

    func callAsTask(
        _ tool: Tool, _ exchange: ModernExchange, _ client: ModernCallClient, _ trips: RoundTrips,
        arguments: RawJSON?
    ) throws(ModernRefusal) -> OutgoingMessage {
        // What has to be known first is asked before there is a task.
        do throws(ToolFailure) {
            _ = try trips.answers(to: tool.questionsBeforeTask)
        } catch {
            guard let answer = answer(exchange, error, asked: trips) else {
                throw .internalError("nothing was there to be cancelled")
            }
            return answer
        }
        guard tasks.count < Self.maxTasks else { throw .internalError("\(Self.maxTasks) tasks are remembered already") }
        let task = ModernTask(answers: trips.settled) { [weak self] task in
            for subscription in self?.subscriptions ?? [] { subscription.taskDidChange(task) }
        }
        tasks[task.id] = task
        // Copies: the values would keep the whole message they came in.
        let call = Call(
            server: server,
            client: ModernTaskClient(
                task: task, call: client, capabilities: exchange.envelope.capabilities.detached()),
            arguments: ToolArguments(object: arguments?.detached()),
            meta: exchange.params?.member("_meta")?.detached())
        server.callStarted()
        task.run { [self] in
            await work(on: task, tool, call)
            server.callEnded()
        } onExpiry: { [weak self] in
            task.cancel()
            self?.tasks[task.id] = nil
        }
        return result(exchange.id, task.handle, type: "task")
    }

    private func work(on task: ModernTask, _ tool: Tool, _ call: Call) async {
        do throws(ToolFailure) {
            try await call.sleep(for: server.options.latency)
            let result =
                switch tool.body {
                case .immediate(let body): try body(call)
                case .suspending(let body): try await body(call)
                }
            let filler = repeatElement(OutgoingMessage.filler, count: result.fillerBytes)
            complete(task, result.head + filler + result.tail)
        } catch {
            switch error {
            case .failed(let message): complete(task, ToolResult(error: message).head)
            case .protocolError(let code, let message, let data):
                task.set(.failed(JSONRPCError(code: Int(code), message: message, data: data)))
            case .inputRequired, .cancelled: task.set(.cancelled)
            }
        }
    }

    private func complete(_ task: ModernTask, _ json: [UInt8]) {
        var result = JSONValue(RawJSON(unchecked: json[...])).objectValue ?? [:]
        result["resultType"] = "complete"
        task.set(.completed(.object(result)))
    }

    // MARK: Requests

    func getTask(_ exchange: ModernExchange) throws(ModernRefusal) -> OutgoingMessage {
        complete(exchange.id, .object(try task(exchange).details))
    }

    func updateTask(_ exchange: ModernExchange) throws(ModernRefusal) -> OutgoingMessage {
        let task = try task(exchange)
        guard let responses = exchange.params?.member("inputResponses"), responses.kind == .object else {
            throw .invalidParams("params.inputResponses must be an object")
        }
        try task.update(responses)
        return complete(exchange.id, [:])
    }

    func cancelTask(_ exchange: ModernExchange) throws(ModernRefusal) -> OutgoingMessage {
        try task(exchange).cancel()
        return complete(exchange.id, [:])
    }

    private func task(_ exchange: ModernExchange) throws(ModernRefusal) -> ModernTask {
        guard exchange.envelope.declares(extension: ModernTask.extensionName) else {
            throw .missingCapability(ModernTask.capability, "the client does not declare tasks")
        }
        guard let id = exchange.params?.member("taskId")?.stringValue else {
            throw .invalidParams("params.taskId must be a string")
        }
        guard let task = tasks[id] else { throw .invalidParams("task \"\(id)\" is unknown or has expired") }
        return task
    }
}
