import MCPProtocol

/// Calls as tasks, and requests about them (MCP 2025-11-25, Tasks).
extension LegacySession {
    /// Milliseconds that a task is remembered for if the client does not say, and the most it may say.
    private static let (defaultTTL, maxTTL): (Int64, Int64) = (300_000, 3_600_000)

    /// Without a session there is nobody to keep tasks for.
    var hasTasks: Bool { canAnnounce && revision?.hasCoreTasks == true }

    /// - Parameter parameter: `params.task`.
    func callAsTask(
        _ tool: Tool, _ request: JSONRPCRequest, _ parameter: RawJSON?, arguments: RawJSON?, meta: RawJSON?
    ) -> Reception {
        func refuse(_ code: Int, _ fact: String) -> Reception { .answer(Self.error(request.id, code, fact)) }
        guard tool.taskSupport != .forbidden else {
            return refuse(ErrorCode.methodNotFound, "tool \"\(tool.name)\" cannot be called as a task")
        }
        guard let parameter else {
            return refuse(ErrorCode.methodNotFound, "tool \"\(tool.name)\" can only be called as a task")
        }
        guard parameter.kind == .object, let revision else {
            return refuse(ErrorCode.invalidParams, "params.task must be an object")
        }
        var ttl = Self.defaultTTL
        if let given = parameter.member("ttl"), !given.isNull {
            guard let number = given.intValue, number > 0 else {
                return refuse(ErrorCode.invalidParams, "params.task.ttl must be a whole number of milliseconds")
            }
            ttl = min(number, Self.maxTTL)
        }
        guard !tasks.isFull else {
            return refuse(ErrorCode.internalError, "\(TaskStore.maxTasks) tasks are remembered already")
        }

        let task = LegacyTask(ttl: ttl)
        tasks.add(task)
        // Copies: the values would keep the whole message they came in.
        let client = LegacyCallClient(
            session: self, route: .task(task), revision: revision,
            progressToken: meta?.member("progressToken")?.detached())
        let call = Call(
            server: server, client: client, arguments: ToolArguments(object: arguments?.detached()),
            meta: meta?.detached())
        server.callStarted()
        task.run { [self] in
            await work(on: task, tool, call)
            server.callEnded()
        }
        startInBackground { [self] in
            do { try await LoopActor.loop.sleep(for: .milliseconds(ttl)) } catch { return }
            tasks.remove(task)
        }
        return .answer(Self.response(request.id, ["task": .object(task.json)]))
    }

    private func work(on task: LegacyTask, _ tool: Tool, _ call: Call) async {
        do throws(ToolFailure) {
            try await call.sleep(for: server.options.latency)
            let result =
                switch tool.body {
                case .immediate(let body): try body(call)
                case .suspending(let body): try await body(call)
                }
            let filler = repeatElement(OutgoingMessage.filler, count: result.fillerBytes)
            end(task, RawJSON(unchecked: (result.head + filler + result.tail)[...]))
        } catch {
            switch error {
            case .failed(let message): end(task, RawJSON(unchecked: ToolResult(error: message).head[...]))
            case .protocolError(let code, let message, let data):
                let error = JSONRPCError(code: Int(code), message: message, data: data)
                end(task, .failed, message: message, outcome: .error(error))
            case .inputRequired, .cancelled: break  // By tasks/cancel, which has set the status.
            }
        }
    }

    private func end(_ task: LegacyTask, _ result: RawJSON) {
        let isError = result.member("isError")?.boolValue == true
        let message = isError ? result.member("content")?.element(0)?.member("text")?.stringValue : nil
        end(task, isError ? .failed : .completed, message: message, outcome: .result(result))
    }

    private func end(
        _ task: LegacyTask, _ status: LegacyTask.Status, message: String? = nil, outcome: JSONRPCResponse.Outcome
    ) {
        guard !task.hasEnded else { return }
        task.end(status, message: message, outcome: outcome)
        announceStatus(of: task)
    }

    func setStatus(_ status: LegacyTask.Status, of task: LegacyTask) {
        guard !task.hasEnded, task.status != status else { return }
        task.setStatus(status)
        announceStatus(of: task)
    }

    private func announceStatus(of task: LegacyTask) {
        let params = JSONValue.object(task.json).serialized()
        announce(JSONRPC.notification(method: "notifications/tasks/status", params: params))
    }

    // MARK: Requests

    func getTask(_ request: JSONRPCRequest) -> Reception {
        with(request) { task in .answer(Self.response(request.id, .object(task.json))) }
    }

    func taskResult(_ request: JSONRPCRequest, _ sink: any MessageSink) -> Reception {
        with(request) { task in
            start(request, sink) { () async throws(ToolFailure) in
                switch await task.outcome(listening: sink) {
                case .result(let result):
                    var object = JSONValue(result).objectValue ?? [:]
                    var meta = object["_meta"]?.objectValue ?? [:]
                    for member in task.relation.objectValue?.members ?? [] { meta[member.name] = member.value }
                    object["_meta"] = .object(meta)
                    return Self.response(request.id, .object(object))
                case .error(let error):
                    return OutgoingMessage(JSONRPC.error(id: request.id, error))
                case nil: throw .cancelled
                }
            }
        }
    }

    func cancelTask(_ request: JSONRPCRequest) -> Reception {
        with(request) { task in
            guard !task.hasEnded else {
                let fact = "task \"\(task.id)\" has ended already: \(task.status.rawValue)"
                return .answer(Self.error(request.id, ErrorCode.invalidParams, fact))
            }
            let error = JSONRPCError(code: ErrorCode.internalError, message: "task \"\(task.id)\" was cancelled")
            end(task, .cancelled, message: "cancelled by request", outcome: .error(error))
            return .answer(Self.response(request.id, .object(task.json)))
        }
    }

    func listTasks(_ request: JSONRPCRequest) -> Reception {
        let cursor = request.params?.member("cursor")
        guard cursor == nil || cursor?.kind == .string else {
            return .answer(Self.error(request.id, ErrorCode.invalidParams, "params.cursor must be a string"))
        }
        do {
            return .answer(Self.response(request.id, try tasks.page(at: cursor?.stringValue)))
        } catch {
            return .answer(
                Self.error(request.id, ErrorCode.invalidParams, "params.cursor is not one of this server"))
        }
    }

    private func with(_ request: JSONRPCRequest, _ body: (LegacyTask) -> Reception) -> Reception {
        guard let id = request.params?.member("taskId")?.stringValue else {
            return .answer(Self.error(request.id, ErrorCode.invalidParams, "params.taskId must be a string"))
        }
        guard let task = tasks[id] else {
            return .answer(OutgoingMessage(JSONRPC.error(id: request.id, TaskStore.unknown(id))))
        }
        return body(task)
    }
}
