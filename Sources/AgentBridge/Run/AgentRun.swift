import AsyncIO
import MCPClient
import MCPProtocol

/// One run: the model decides, its calls are made side by side, their results go back to it, until it answers in text.
///
/// Belongs to the one task it runs in. Everything it has to tell goes into its feed; the last event is `.finished` or
/// `.failed`.
final class AgentRun {
    let request: RunRequest
    let services: RunServices
    let session: GatewaySession?
    let loop: EventLoop
    let feed: RunFeed
    let files: FileClient

    var messages: [ChatMessage] = []
    /// Where this run's own messages begin.
    var runStart = 0
    var offered: OfferedTools
    var summary = RunSummary()
    var attachments: [RawJSON] = []
    private let budget = QuestionBudget()
    private var cost = 0.0
    /// Tokens of the last prompt as the server counted them, and how many of our messages it had.
    var counted: (tokens: Int, messages: Int)?
    private var hasSentText = false
    private var needsSeparator = false
    /// The last call and how often it came in a row.
    private var repetition: (key: String, count: Int) = ("", 0)
    private var callCount = 0

    /// How often the same call may come in a row; the next one is not made.
    static let maxRepetitions = 3

    /// - Parameter session: `nil`: the agent has no tools.
    init(_ request: RunRequest, services: RunServices, session: GatewaySession?, loop: EventLoop, feed: RunFeed) {
        self.request = request
        self.services = services
        self.session = session
        self.loop = loop
        self.feed = feed
        files = FileClient(
            clients: services.clients, settings: request.files, identity: request.identity, loop: loop,
            deadline: request.deadline)
        offered = OfferedTools(AgentTools(.empty, filter: ToolFilter(), descriptionMax: 0), request: request)
    }

    /// Runs to the end.
    ///
    /// - Returns: what the run came to, for the log.
    func run(tools: AgentTools) async -> Result<RunSummary, RunFailure> {
        do throws(RunFailure) {
            offered = OfferedTools(tools, request: request)
            try await prepare(tools)
            try await converse()
            for attachment in await storedAttachments() { await feed.push(.attachment(attachment)) }
            await feed.push(.finished(summary))
            return .success(summary)
        } catch {
            await feed.push(.failed(error))
            return .failure(error)
        }
    }

    // MARK: The conversation

    private func prepare(_ tools: AgentTools) async throws(RunFailure) {
        if let clash = request.clientTools.first(where: { tools.claims($0.name) || OfferedTools.isBuiltIn($0.name) }) {
            throw RunFailure(
                400, "invalid_request_error", "tool_name_conflict",
                "The tool \"\(clash.name.cut(toBytes: 80))\" has the name of one of the agent's own.", param: "tools")
        }
        var system = request.agent.systemPrompt ?? ""
        if request.agent.usesInstructions, let instructions = tools.instructions, !instructions.isEmpty {
            system += (system.isEmpty ? "" : "\n\n") + instructions
        }
        if !system.isEmpty { messages.append(.text(.system, system)) }
        messages += await loadedMessages()
        try checkAlive()
        runStart = messages.count
    }

    private func converse() async throws(RunFailure) {
        var stop: StopReason?
        if let limit = request.maxPromptTokens { trim(to: limit) }
        while true {
            trimToContext(share: 0.85)
            if stop != nil { messages.append(.text(.user, Self.finalInstruction)) }
            let reply = try await ask(isLast: stop != nil)
            summary.turns += 1
            try checkAlive()
            if let stop {
                if reply.text.isEmpty { await say(Self.nothingToSay) }
                return finish(reply, stop)
            }
            guard !reply.toolCalls.isEmpty else { return finish(reply, nil) }
            if try await answerCalls(of: reply) { return }
            try checkAlive()
            stop = limitReached()
            if stop != nil, request.agent.limits.onLimit == .error {
                throw .maxTurns(request.agent.limits.maxTurns)
            }
        }
    }

    private static let finalInstruction =
        "No further tool can be used. Answer now with what is known, and say what is missing."
    private static let nothingToSay = "I could not finish this within the limits that are set for me."

    func checkAlive() throws(RunFailure) {
        if Task.isCancelled { throw .cancelled }
        if MonotonicInstant.now >= request.deadline { throw .deadlineExceeded }
    }

    private func limitReached() -> StopReason? {
        let limits = request.agent.limits
        if summary.turns >= limits.maxTurns || callCount >= limits.maxToolCalls { return .maxTurns }
        if let most = limits.maxTotalTokens, summary.usage.totalTokens >= most { return .budget }
        if let most = limits.maxCost, cost >= most { return .budget }
        return nil
    }

    private func finish(_ reply: LLMReply, _ stop: StopReason?) {
        attachments += reply.attachments
        keepState(Array(messages[min(runStart, messages.count)...]), final: reply.text)
        switch reply.finishReason {
        case "length":
            summary.finishReason = "length"
            summary.stopReason = stop ?? .length
        case "content_filter":
            summary.finishReason = "content_filter"
            summary.stopReason = stop ?? .contentFilter
        default:
            summary.stopReason = stop ?? .finalAnswer
        }
    }

    /// What the next request of the conversation needs to know of this run.
    private func keepState(_ history: [ChatMessage], final: JSONText) {
        // Pictures stay behind: the line that names them is in the tool's message.
        let history = history.filter { $0.role == .assistant || $0.role == .tool }
        guard history.contains(where: { $0.role == .tool }) else { return }
        summary.stored = StoredState(history: history, final: final)
        guard request.wantsCustomContent else { return }
        summary.state = services.state?.seal(history, final: final, agent: request.agent.name)
    }

    // MARK: The model

    private func ask(isLast: Bool) async throws(RunFailure) -> LLMReply {
        var hasTrimmed = false
        while true {
            do throws(LLMFailure) {
                return try await askOnce(isLast: isLast)
            } catch {
                // One that the estimate did not foresee.
                guard error.code == "context_length_exceeded", !hasTrimmed else { throw RunFailure(error) }
                hasTrimmed = true
                trimToContext(share: 0.6, force: true)
            }
        }
    }

    private func askOnce(isLast: Bool) async throws(LLMFailure) -> LLMReply {
        var call = LLMCall(messages: messages)
        call.tools = offered.definitions
        if isLast {
            call.toolChoice = Self.noTools
        } else if summary.turns == 0 {
            call.toolChoice = request.toolChoice
        }
        call.parameters = request.parameters
        call.lockedParameters = request.agent.lockedParameters
        call.cacheKey = request.identity.conversationID
        call.identity = request.identity
        let span = request.trace?.begin(.client)
        if let span { call.identity.traceparent = span.traceparent }
        let holdsText = request.agent.intermediateText != .content
        var held: [RawJSON] = []
        let began = MonotonicInstant.now
        var firstByte: Duration?
        var retries = 0
        needsSeparator = hasSentText
        do throws(LLMFailure) {
            let reply = try await services.llm.complete(
                call, by: request.models, on: loop, deadline: request.deadline,
                onRetry: { failure in
                    retries += 1
                    self.noteRetry(failure)
                },
                onPiece: { piece in
                    if firstByte == nil { firstByte = .now - began }
                    switch piece {
                    case .reasoning(let value): await self.feed.push(.reasoning(value))
                    case .text(let value):
                        if holdsText { held.append(value) } else { await self.say(value) }
                    }
                })
            await release(held, isIntermediate: !reply.toolCalls.isEmpty && !isLast)
            await account(reply, began: began, firstByte: firstByte, retries: retries)
            if let span { request.trace?.endChat(span, model: modelName(reply.model), reply, error: nil) }
            return reply
        } catch {
            if let span { request.trace?.endChat(span, model: modelName(nil), nil, error: error.label) }
            services.metrics.countLLM(
                request.models.first?.name ?? "", outcome: error.label, duration: .now - began, firstByte: firstByte,
                usage: nil)
            services.log.warning(
                "llm_call",
                [
                    "request_id": request.identity.requestID, "run_id": request.runID, "agent": request.agent.name,
                    "conversation": request.identity.conversationID ?? "", "turn": summary.turns,
                    "duration_ms": (MonotonicInstant.now - began).milliseconds, "retries": retries,
                    "outcome": error.label, "reason": error.detail,
                ])
            throw error
        }
    }

    /// What a model is called at its server.
    ///
    /// - Parameter name: of the configuration; `nil`: the one asked first.
    private func modelName(_ name: String?) -> String {
        let model = request.models.first { $0.name == name } ?? request.models.first
        return model?.model ?? ""
    }

    private static let noTools = RawJSON(unchecked: Array(#""none""#.utf8)[...])

    private func noteRetry(_ failure: LLMFailure) {
        services.metrics.countRetry(failure.label)
        services.log.info(
            "llm_retry",
            ["request_id": request.identity.requestID, "run_id": request.runID, "reason": failure.detail])
    }

    private func account(
        _ reply: LLMReply, began: MonotonicInstant, firstByte: Duration?, retries: Int
    ) async {
        services.metrics.countLLM(
            reply.model, outcome: "ok", duration: .now - began, firstByte: firstByte, usage: reply.usage)
        services.log.info(
            "llm_call",
            [
                "request_id": request.identity.requestID, "run_id": request.runID, "agent": request.agent.name,
                "conversation": request.identity.conversationID ?? "", "turn": summary.turns,
                "model": reply.model, "duration_ms": (MonotonicInstant.now - began).milliseconds,
                "tokens": reply.usage?.totalTokens ?? 0, "retries": retries, "outcome": "ok",
            ])
        guard let usage = reply.usage else { return }
        counted = (usage.promptTokens, messages.count)
        let model = request.models.first { $0.name == reply.model }
        summary.add(usage, of: reply.model)
        cost += model?.cost(of: usage) ?? 0
        await feed.push(.usage(model: reply.model, usage))
    }

    // MARK: Text

    private func release(_ held: [RawJSON], isIntermediate: Bool) async {
        for piece in held {
            switch (isIntermediate, request.agent.intermediateText) {
            case (true, .drop): break
            case (true, .reasoning): await feed.push(.reasoning(piece))
            default: await say(piece)
            }
        }
    }

    private func say(_ text: String) async { await say(RawJSON(unchecked: JSONWriter.quote(text)[...])) }

    private func say(_ text: RawJSON) async {
        if needsSeparator {
            needsSeparator = false
            summary.visibleText.append(Self.blankLine)
            await feed.push(.text(Self.blankLine))
        }
        hasSentText = true
        summary.visibleText.append(text)
        await feed.push(.text(text))
    }

    /// What separates the texts of two turns.
    static let blankLine = RawJSON(unchecked: Array(#""\n\n""#.utf8)[...])

    // MARK: Calls

    /// Makes the calls of a turn and adds them and their results to the conversation.
    ///
    /// - Returns: whether the run ends here, because the caller has calls to make.
    private func answerCalls(of reply: LLMReply) async throws(RunFailure) -> Bool {
        let assistant = ChatMessage.assistant(reply.text, toolCalls: reply.toolCalls)
        let clientNames = Set(request.clientTools.map(\.name))
        let isCut = reply.finishReason == "length"
        let clientCalls = isCut ? [] : reply.toolCalls.filter { clientNames.contains($0.name) }
        let own = reply.toolCalls.filter { call in !clientCalls.contains { $0.id == call.id } }
        let planned = own.map { plan($0, isCut: isCut) }
        summary.toolCalls += planned.count

        guard let session else { return try answerWithoutTools(assistant, own) }
        let executor = ToolExecutor(
            request: request, services: services,
            caller: ToolCaller(session: session, loop: loop, identity: request.identity), loop: loop, feed: feed,
            search: offered.search, files: files, budget: budget, turn: summary.turns - 1)
        await request.person?.expect(summary)
        let results = await executor.run(planned)
        for used in budget.takeUsage() { summary.add(used.usage, of: used.model) }
        try checkAlive()

        var tools: [ChatMessage] = []
        var pictures: [[UInt8]] = []
        for (planned, result) in zip(planned, results) {
            tools.append(.tool(answering: planned.call.id, result.text))
            attachments += result.attachments
            pictures += parts(of: result, planned.name)
            if result.wasCut { offered.offerResultReader() }
            if case .searchTools = planned.action { offered.offer(ToolSearch.names(in: result.text)) }
        }
        if !clientCalls.isEmpty {
            let history = Array(messages[min(runStart, messages.count)...]) + [assistant]
            let byID = Dictionary(tools.compactMap { tool in tool.toolCallID.map { ($0, tool) } }) { first, _ in first }
            services.pending.keep(history: history, results: byID, for: clientCalls)
            keepState(history + tools, final: JSONText())
            summary.clientToolCalls = clientCalls
            summary.finishReason = "tool_calls"
            summary.stopReason = .clientTools
            return true
        }
        messages.append(assistant)
        messages += tools
        if !pictures.isEmpty { messages.append(.user(parts: pictures)) }
        return false
    }

    private func answerWithoutTools(_ assistant: ChatMessage, _ calls: [ToolCall]) throws(RunFailure) -> Bool {
        messages.append(assistant)
        messages += calls.map { .tool(answering: $0.id, "Error: there are no tools") }
        return false
    }

    /// What a model that can see or hear gets of a result, behind the results of its turn.
    private func parts(of result: ToolResult, _ tool: String) -> [[UInt8]] {
        guard let model = request.models.first else { return [] }
        var parts: [[UInt8]] = []
        if model.hasVision { for image in result.images { parts += ContentPart.image(image, of: tool) } }
        if model.hasAudio { for sound in result.sounds { parts += ContentPart.audio(sound, of: tool) } }
        return parts
    }

    private func plan(_ call: ToolCall, isCut: Bool) -> PlannedCall {
        let index = callCount
        callCount += 1
        let entry = offered.tools.entry(named: call.name)
        func planned(_ action: PlannedCall.Action) -> PlannedCall {
            PlannedCall(call: call, name: entry?.tool.name ?? call.name, action: action, index: index)
        }
        if isCut { return planned(.refused("the arguments were cut off; try again with shorter ones")) }
        if index >= request.agent.limits.maxToolCalls {
            return planned(.refused("the limit of \(request.agent.limits.maxToolCalls) tool calls is reached"))
        }
        let key = call.name + "\u{0}" + call.arguments
        repetition = repetition.key == key ? (key, repetition.count + 1) : (key, 1)
        if repetition.count > Self.maxRepetitions {
            return planned(
                .refused(
                    "the same call was made \(repetition.count - 1) times in a row and is not made again; use its result,"
                        + " or do something else"))
        }
        do throws(ToolArguments.Refusal) {
            switch call.name {
            case ResultReader.name where offered.hasResultReader:
                return planned(
                    .readResult(arguments: try ToolArguments.parse(call.arguments, schema: ResultReader.schema)))
            case FileReader.name where offered.hasFileReader:
                return planned(.readFile(arguments: try ToolArguments.parse(call.arguments, schema: FileReader.schema)))
            case ToolSearch.name where offered.search != nil:
                return planned(
                    .searchTools(arguments: try ToolArguments.parse(call.arguments, schema: ToolSearch.schema)))
            default: break
            }
            guard let entry else {
                let similar = offered.tools.similar(to: call.name)
                let hint = similar.isEmpty ? "" : "; similar names: \(similar.joined(separator: ", "))"
                return planned(.refused("there is no tool \"\(call.name.cut(toBytes: 100))\"\(hint)"))
            }
            let arguments = try ToolArguments.parse(call.arguments, schema: entry.tool.inputSchema)
            return planned(.gateway(entry.tool, arguments: arguments))
        } catch {
            return planned(.refused(error.message))
        }
    }
}
