import AsyncIO
import MCPClient
import MCPProtocol

/// A task at a server of 2025-11-25: its result and its questions come by `tasks/result`, which stays open until it ends
/// (MCP 2025-11-25, Tasks, "Result Retrieval", "Input Required Status").
extension ClientTask: CallerLink {
    /// How long the first of the questions may take to come.
    private static let questionPatience = Duration.seconds(1)
    /// Questions that come together are told together.
    private static let gatherTime = Duration.milliseconds(20)

    func coreDetails() async throws(JSONRPCError) -> DetailedTask {
        let result = try await ask("tasks/get", .emptyObject)
        var task: TaskDescription
        do throws(MessageError) {
            task = try TaskDescription(core: result)
        } catch {
            throw wrong(error)
        }
        note(task)
        if !task.status.isTerminal { task.statusMessage = progressMessage ?? task.statusMessage }
        switch task.status {
        case .working: break
        case .inputRequired: await awaitQuestions()
        case .cancelled:
            await stopCollecting(reason: "the task was cancelled")
            return DetailedTask(core: task, questions: [], outcome: nil)
        case .completed, .failed:
            return DetailedTask(core: task, questions: [], outcome: try await awaitOutcome())
        }
        return DetailedTask(core: task, questions: questions.shown, outcome: nil)
    }

    func cancelCore() async throws(JSONRPCError) {
        do throws(JSONRPCError) {
            _ = try await ask("tasks/cancel", .emptyObject)
        } catch {
            // One that has ended, or is forgotten, is refused there: it needs no cancellation.
            guard error.code == ErrorCode.invalidParams else { throw error }
        }
    }

    // MARK: The request for its result

    private func collect() {
        guard collecting == nil else { return }
        outcome = nil
        let run = makeRun("tasks/result", link: self)
        collecting = run
        Task(executorPreference: loop) { await self.read(run) }
    }

    private func read(_ run: CallRun) async {
        while true {
            guard case .finished(var outcome, let facts) = await run.next() else { continue }
            if case .stream(let stream) = outcome { outcome = await run.collect(stream) }
            switch outcome {
            case .result(let result):
                outcome = .result(complete(router.adapt(result, of: run.call, facts, for: partition)).detached())
            case .error(let error): outcome = .error(router.adapt(error, of: run.call, facts, for: partition))
            default: break
            }
            guard collecting === run else { return }
            collecting = nil
            self.outcome = outcome
            questions.callEnded()
            return wake()
        }
    }

    func stopCollecting(reason: String) async {
        guard let run = collecting else { return }
        collecting = nil
        questions.refuseAll(reason)
        wake()
        await run.cancel(reason: reason)
    }

    private func wake() {
        let waiting = waiters
        waiters = []
        for waiter in waiting { waiter.signal() }
    }

    private func news(within limit: Duration? = nil) async {
        let signal = LoopSignal(loop: loop)
        waiters.append(signal)
        _ = await signal.wait(until: limit.map { .now + $0 })
        waiters.removeAll { $0 === signal }
    }

    private func awaitQuestions() async {
        collect()
        guard questions.isEmpty else { return }
        await news(within: Self.questionPatience)
        guard !questions.isEmpty else { return }
        await news(within: Self.gatherTime)
    }

    private func awaitOutcome() async throws(JSONRPCError) -> JSONRPCResponse.Outcome {
        while true {
            switch outcome {
            case .result(let result): return .result(result)
            case .error(let error): return .error(error)
            case .failed(let failure):
                outcome = nil
                throw failure.rpcError
            case .stream, .cancelled, nil: break
            }
            switch ended?.detail {
            case .result(let result): return .result(result)
            case .error(let error): return .error(error)
            case .inputRequests, .some(.none), nil: break
            }
            guard !Task.isCancelled, expiry > .now else {
                throw .internalError("the task's result was not fetched")
            }
            collect()
            await news()
        }
    }

    // MARK: Questions

    nonisolated var canBeAsked: Bool { partition.capabilities.canBeAsked }

    nonisolated func ask(
        _ request: JSONRPCRequest, of _: ServerConfiguration, outlivesCall _: Bool,
        answer: @escaping @Sendable (JSONRPCResponse.Outcome) -> Void
    ) -> QuestionOutcome {
        assumeIsolated { $0.take(request, answer: answer) }
    }

    private func take(
        _ request: JSONRPCRequest, answer: @escaping @Sendable (JSONRPCResponse.Outcome) -> Void
    ) -> QuestionOutcome {
        let (params, conversion): (RawJSON?, AnswerConversion)
        switch partition.judge(request, namedAs: router.configuration.shownName(of: server)) {
        case .refuse(let outcome): return .answered(outcome)
        case .deliver(let shown, let answer): (params, conversion) = (shown, answer)
        }
        guard let run = collecting else {
            return .answered(UnansweredQuestion.outcome(of: request.method, "the task has ended"))
        }
        let ticket = questions.add(request.method, params, conversion, outlivesCall: false, answer: answer)
        // A person may take long, and it is not the server that is waited for.
        run.assumeIsolated { $0.yieldPlace() }
        wake()
        return .asked(ticket)
    }

    /// - Throws: what is wrong with an answer; nothing has been delivered then.
    func deliver(_ answers: [(key: String, value: RawJSON)]) throws(JSONRPCError) {
        let hasAnswers = try questions.deliver(answers)
        if questions.isEmpty, hasAnswers { collecting?.assumeIsolated { $0.retakePlace() } }
    }

    nonisolated func withdraw(_ ticket: QuestionTicket, reason: String) {
        Task(executorPreference: loop) { await self.forget(ticket) }
    }

    /// The server takes a question back; an answer that comes later is for nothing.
    private func forget(_ ticket: QuestionTicket) { questions.forget(ticket) }

    /// Clients of tasks hear nothing beside what is said of the task itself.
    nonisolated func note(_: JSONRPCNotification) {}
}
