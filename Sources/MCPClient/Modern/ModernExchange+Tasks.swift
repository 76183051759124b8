import AsyncIO
import MCPProtocol

/// A request whose answer is the outcome of a task: the server is asked how far it is, again and again, what it asks is
/// handed out and what is answered is told to it (extension `io.modelcontextprotocol/tasks`).
extension ModernExchange {
    /// Attempts to reach the server, one after the other, before the request fails.
    private static let maxFailures = 3

    /// The request is to answer what a task that exists already comes to.
    func startWaiting(for id: String) {
        task = AwaitedTask(id: id, isOwn: false)
        state = .resting(until: .now)
    }

    /// The server has made a task of the request.
    func take(task result: RawJSON) throws(MCPClientError) {
        if method == "tasks/get" { return end(.result(context.tasks == .core ? try coreTask(result) : result)) }
        let created: TaskDescription
        do throws(MessageError) {
            created = try TaskDescription(extension: result)
        } catch {
            throw violation("the task that the server has created is invalid: \(error)")
        }
        switch context.tasks {
        case .extended: end(.result(result))
        case .core:
            connection.tell(of: created, context)
            end(.result(RawJSON(unchecked: created.encodeCoreCreation()[...])))
        case .awaited:
            let awaited = AwaitedTask(id: created.id, isOwn: true, pollInterval: created.pollInterval)
            task = awaited
            state = .resting(until: .now + awaited.pause)
        }
    }

    /// The result of `tasks/get` as 2025-11-25 has it.
    func coreTask(_ result: RawJSON) throws(MCPClientError) -> RawJSON {
        RawJSON(unchecked: try details(result).core.encodeCore()[...])
    }

    private func details(_ result: RawJSON) throws(MCPClientError) -> DetailedTask {
        do throws(MessageError) {
            return try DetailedTask(result)
        } catch {
            throw violation("what the server says of a task is invalid: \(error)")
        }
    }

    // MARK: Asking about it

    func askAboutTask() async throws(MCPClientError) {
        guard var task else { return }
        let (method, params): (String, RawJSON)
        if task.hasAnswers {
            task.step = .update
            (method, params) = ("tasks/update", task.takeUpdate())
        } else {
            task.step = .get
            (method, params) = ("tasks/get", RawJSON(unchecked: RawJSON.taskParams(task.id)[...]))
        }
        self.task = task
        let exchange: any MCPExchange
        do throws(MCPClientError) {
            exchange = try await carry(method, params, as: connection.makeRequestID())
        } catch {
            return try rest(after: error)
        }
        guard !isOver else {
            await exchange.cancel(reason: "no longer needed")
            throw .givenUp
        }
        state = .asking(exchange)
    }

    /// The server was not reached: the task may be at work all the same.
    func rest(after error: MCPClientError) throws(MCPClientError) {
        guard var task else { return }
        task.failures += 1
        // Never to be tried anew as a whole: the task exists.
        let isLost = task.failures >= Self.maxFailures || error.kind == .protocolViolation
        guard !isLost else {
            let detail = "task \"\(task.id)\" cannot be asked about: \(error.detail)"
            throw MCPClientError(error.kind, detail, mayHaveExecuted: true)
        }
        self.task = task
        state = .resting(until: .now + task.pause)
    }

    func takeOfTask(_ outcome: JSONRPCResponse.Outcome) throws(MCPClientError) {
        guard let step = task?.step else { return }
        task?.failures = 0
        events.append(.alive)
        switch (step, outcome) {
        case (.get, .result(let result)): try take(details(result))
        case (.get, .error(let error)): end(.error(error))
        case (.update, _):
            if case .error(let error) = outcome {
                connection.options.log.debug("answers to a task not taken", ["reason": error.message])
            }
            rest()
        }
    }

    private func rest() { if let task { state = .resting(until: .now + task.pause) } }

    private func take(_ details: DetailedTask) throws(MCPClientError) {
        guard let awaited = task else { return }
        task?.note(details.task)
        switch details.detail {
        case .result(let result): end(.result(awaited.isOwn ? result : result.relatedTask(awaited.id)))
        case .error(let error): end(.error(error))
        case .inputRequests(let questions):
            try ask(questions)
            rest()
        case .none:
            guard details.task.status != .cancelled else {
                return end(
                    .error(JSONRPCError(code: ErrorCode.internalError, message: "the task was cancelled")))
            }
            withdraw(allBut: [])
            rest()
        }
    }

    // MARK: Questions

    private func ask(_ questions: [InputRequired.Question]) throws(MCPClientError) {
        withdraw(allBut: questions)
        guard let task else { return }
        let rules = QuestionRounds(
            for: ClientCapabilities(capabilities, revision: .v2026_07_28),
            maxRounds: connection.options.maxQuestionRounds)
        for question in task.news(of: questions) {
            try rules.check(question)
            let id = connection.open(questionOf: self)
            self.task?.ask(question, as: id)
            var params = question.params
            if QuestionRounds.url(of: question) != nil {
                params = params?.replacing([(["elicitationId"], JSONWriter.quote(UniqueID.make()))])
            }
            if !task.isOwn { params = (params ?? .emptyObject).relatedTask(task.id) }
            events.append(.request(JSONRPCRequest(id: id, method: question.method, params: params)))
        }
    }

    /// Takes back what the server does not want to know any more.
    private func withdraw(allBut questions: [InputRequired.Question]) {
        let gone = task?.withdraw(allBut: questions) ?? []
        connection.close(gone)
        for id in gone {
            let params = RawJSON.emptyObject.replacing([(["requestId"], id.encode())])
            events.append(.notification(JSONRPCNotification(method: "notifications/cancelled", params: params)))
        }
    }

    /// - Returns: `true`: the question was open.
    func answerOfTask(_ outcome: JSONRPCResponse.Outcome, to question: InputRequired.Question) -> Bool {
        switch outcome {
        case .result(let result): task?.take(result, to: question)
        case .error where question.method == QuestionForClient.elicitation:
            task?.take(QuestionForClient.cancelled, to: question)
        case .error(let error):
            // Other refusals the server cannot be told: its task would wait for ever.
            cancelTask()
            end(refusal(of: question, error))
        }
        signal.signal()
        return true
    }

    // MARK: The end

    /// Whoever waited does so no longer; of a task that became of the request nobody else knows.
    func giveUpTask() {
        if task?.isOwn == true { cancelTask() }
    }

    private func cancelTask() {
        guard let id = task?.id else { return }
        Task(executorPreference: loop) { [connection, context, loop] in
            do throws(MCPClientError) {
                _ = try await connection.ask(
                    "tasks/cancel", RawJSON(unchecked: RawJSON.taskParams(id)[...]), context, on: loop)
            } catch {
                connection.options.log.debug("task not cancelled", ["reason": error.detail])
            }
        }
    }
}
