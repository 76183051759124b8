import AsyncIO
import MCPProtocol

/// One call of a turn, decided but not made.
struct PlannedCall: Sendable {
    enum Action: Sendable {
        case gateway(GatewayTool, arguments: RawJSON)
        case readResult(arguments: RawJSON)
        case readFile(arguments: RawJSON)
        case searchTools(arguments: RawJSON)
        /// Not to be executed: what the model reads instead.
        case refused(String)
    }

    let call: ToolCall
    /// The gateway's name, or what the model made up.
    let name: String
    let action: Action
    /// Counts the calls of the run.
    let index: Int
}

/// Runs the calls of one turn, side by side.
struct ToolExecutor: Sendable {
    let request: RunRequest
    let services: RunServices
    let caller: ToolCaller
    let loop: EventLoop
    let feed: RunFeed
    /// Answers a search among tools that are not offered.
    let search: ToolSearch?
    let files: FileClient
    let budget: QuestionBudget
    /// From 0, for the log.
    let turn: Int

    /// Makes all calls, at most `maxParallelTools` at a time.
    ///
    /// - Returns: the results in the order of the calls, whatever the order of completion.
    func run(_ calls: [PlannedCall]) async -> [ToolResult] {
        var results = [ToolResult?](repeating: nil, count: calls.count)
        await withTaskGroup(of: (Int, ToolResult).self) { group in
            var next = 0
            func start(_ group: inout TaskGroup<(Int, ToolResult)>) {
                guard next < calls.count else { return }
                let position = next
                next += 1
                group.addTask(executorPreference: loop) { (position, await self.run(calls[position])) }
            }
            for _ in 0..<max(1, request.agent.limits.maxParallelTools) { start(&group) }
            while let (position, result) = await group.next() {
                results[position] = result
                start(&group)
            }
        }
        return results.map { $0 ?? ToolResult(failure: "not executed") }
    }

    private func run(_ planned: PlannedCall) async -> ToolResult {
        let began = MonotonicInstant.now
        await feed.push(
            .toolStarted(
                ToolStart(
                    index: planned.index, id: planned.call.id, name: planned.name, arguments: planned.call.arguments)))
        var note: String?
        let span = request.trace?.begin(.internal)
        var result = await execute(planned, in: span, note: &note)
        if result.text.utf8.count > request.agent.resultMax, planned.name != ResultReader.name {
            result = await cut(result)
        }
        let duration = MonotonicInstant.now - began
        let outcome = Task.isCancelled ? "cancelled" : note ?? (result.isError ? "error" : "ok")
        if let span {
            request.trace?.endTool(
                span, name: planned.name, callID: planned.call.id, error: result.isError ? note ?? "error" : nil)
        }
        services.metrics.countTool(planned.name, outcome: result.isError ? "error" : "ok", duration: duration)
        services.log.info(
            "tool_call",
            [
                "request_id": request.identity.requestID, "run_id": request.runID, "agent": request.agent.name,
                "conversation": request.identity.conversationID ?? "", "turn": turn, "tool": planned.name,
                "duration_ms": duration.milliseconds, "bytes": result.byteCount, "outcome": outcome,
            ])
        if request.logsContent {
            services.log.info(
                "tool_content",
                [
                    "run_id": request.runID, "tool": planned.name,
                    "arguments": planned.call.arguments.cut(toBytes: 2000), "result": result.text.cut(toBytes: 2000),
                ])
        }
        await feed.push(
            .toolEnded(
                ToolEnd(
                    index: planned.index, name: planned.name, duration: duration, byteCount: result.byteCount,
                    isError: result.isError, note: note, text: result.text)))
        return result
    }

    private func execute(_ planned: PlannedCall, in span: Span?, note: inout String?) async -> ToolResult {
        switch planned.action {
        case .refused(let message):
            note = "not executed"
            return ToolResult(failure: message)
        case .readResult(let arguments):
            let (store, owner) = (services.results, request.resultOwner)
            return await Offload.run(bytes: .max) { ResultReader.read(arguments, from: store, owner: owner) }
        case .readFile(let arguments): return await FileReader.read(arguments, from: files)
        case .searchTools(let arguments):
            return search?.answer(arguments) ?? ToolResult(failure: "there is nothing to search")
        case .gateway(let tool, let arguments):
            switch request.agent.approvalPolicy(for: tool) {
            case .allow: break
            case .deny:
                note = "denied"
                return ToolResult(failure: "this tool may not be used here")
            case .ask:
                let approver: any CallApprover = request.person ?? services.approver
                guard await approver.approves(tool, arguments) else {
                    note = "declined"
                    return ToolResult(failure: "the user declined this call")
                }
            }
            var caller = caller
            if let span { caller.identity.traceparent = span.traceparent }
            let outcome = await caller.call(
                tool, arguments, timeout: request.agent.timeout(of: tool.name), deadline: request.deadline,
                onProgress: { await feed.push(.toolProgress(index: planned.index, text: $0)) },
                onQuestion: { [caller] question in
                    await services.answerer.answer(
                        question,
                        in: QuestionContext(request: request, tool: tool.name, caller: caller, budget: budget))
                })
            switch outcome {
            case .timedOut: note = "timed out"
            case .cancelled: note = "cancelled"
            default: break
            }
            let size = if case .result(let result) = outcome { result.bytes.count } else { 0 }
            return await Offload.run(bytes: size) {
                var result = ToolResult(outcome, of: tool.name)
                if case .timedOut = outcome { result.isError = true }
                return result
            }
        }
    }

    /// Keeps the whole and leaves the model an excerpt.
    private func cut(_ result: ToolResult) async -> ToolResult {
        let (store, owner, limit) = (services.results, request.resultOwner, request.agent.resultMax)
        return await Offload.run(bytes: result.text.utf8.count) {
            var short = result
            let reference = store.keep(result.text, owner: owner)
            short.text = ResultStore.excerpt(of: result.text, limit: limit, reference: reference)
            short.wasCut = true
            return short
        }
    }
}

extension Duration {
    var milliseconds: Int { Int(clamping: clampedNanoseconds / 1_000_000) }
}
