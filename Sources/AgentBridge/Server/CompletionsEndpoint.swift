import AsyncIO
import MCPProtocol

/// Chat completions: reads the request, runs the agent, writes its answer, streamed or whole.
struct CompletionsEndpoint: Sendable {
    let hub: AgentHub

    /// - Parameters:
    ///   - name: of the agent, from the path or a header; `nil`: from the body.
    ///   - identity: with the caller's key, where it may be passed on.
    nonisolated(nonsending) func answer(
        _ exchange: HTTPExchange, agent name: String?, reply: Reply, identity: RequestIdentity, snapshot: AgentSnapshot
    ) async {
        do throws(RunFailure) {
            let chat = try await read(exchange, limit: snapshot.configuration.maxBody)
            let agent = try resolve(name ?? chat.model, snapshot, isDIAL: reply.isDIAL)
            if let resumption = try Resumption(chat) {
                let run = try await resume(resumption, agent, identity)
                return await follow(run, chat, exchange, reply, snapshot)
            }
            var request = try RunRequest(chat, agent: agent, snapshot: snapshot, hub: hub, identity: identity)
            request.wantsCustomContent = progress(chat, exchange.head, isDIAL: reply.isDIAL) == .stages
            try hub.registry.enter()
            await follow(begin(request, chat, exchange, snapshot), chat, exchange, reply, snapshot)
        } catch {
            await reply.send(error, to: exchange)
        }
    }

    // MARK: The request

    private nonisolated(nonsending) func read(
        _ exchange: HTTPExchange, limit: Int
    ) async throws(RunFailure) -> ChatRequest {
        let value = try await Self.readJSON(exchange, limit: limit)
        let outcome = await Offload.run(bytes: value.bytes.count) { () -> Result<ChatRequest, RunFailure> in
            do throws(RunFailure) {
                return .success(try ChatRequest(value))
            } catch {
                return .failure(error)
            }
        }
        return try outcome.get()
    }

    /// The body of a request, which has to be JSON.
    nonisolated(nonsending) static func readJSON(
        _ exchange: HTTPExchange, limit: Int
    ) async throws(RunFailure) -> RawJSON {
        guard exchange.head.headers.hasContentType("application/json") else {
            throw RunFailure(
                415, "invalid_request_error", "unsupported_media_type", "Content-Type must be application/json.")
        }
        let body: ArraySlice<UInt8>
        do throws(HTTPBodyError) {
            body = try await exchange.readBody(upTo: limit)
        } catch {
            if case .tooLarge(let limit) = error {
                throw RunFailure(
                    413, "invalid_request_error", "body_too_large", "The body is larger than \(limit) bytes.")
            }
            throw RunFailure(error.status.rawValue, "invalid_request_error", "invalid_body", "\(error)")
        }
        // The buffer the body was read to is used again.
        let bytes = Array(body)
        let outcome = await Offload.run(bytes: bytes.count) { () -> Result<RawJSON, RunFailure> in
            do throws(JSONError) {
                return .success(try RawJSON(validating: bytes, limits: JSONLimits(maxBytes: limit)))
            } catch {
                return .failure(.invalidBody("The body is not JSON: \(error)."))
            }
        }
        return try outcome.get()
    }

    private func resolve(
        _ name: String?, _ snapshot: AgentSnapshot, isDIAL: Bool
    ) throws(RunFailure) -> AgentSettings {
        guard let name else { throw .invalidBody("model must name an agent.", param: "model") }
        guard let agent = snapshot.configuration.agent(named: name) else {
            var failure = RunFailure(
                404, "invalid_request_error", "model_not_found", "There is no agent \"\(name.cut(toBytes: 80))\".",
                param: isDIAL ? nil : "model")
            failure.dialCode = "DeploymentNotFound"
            throw failure
        }
        return agent
    }

    private func progress(_ chat: ChatRequest, _ head: HTTPRequestHead, isDIAL: Bool) -> ChatRequest.Progress {
        chat.progress ?? head.headers.first("X-Agent-Progress").flatMap(ChatRequest.Progress.init(rawValue:))
            ?? (isDIAL ? .stages : .off)
    }

    // MARK: The run

    private func begin(
        _ request: RunRequest, _ chat: ChatRequest, _ exchange: HTTPExchange, _ snapshot: AgentSnapshot
    ) -> OngoingRun {
        var request = request
        let feed = RunFeed(on: exchange.loop)
        let (runtime, loop) = (hub.runtime, exchange.loop)
        if chat.isInteractive {
            request.person = RemotePerson(feed: feed, parked: hub.parked, deadline: request.deadline, on: loop)
        }
        let forwarded = snapshot.configuration.gateway.forwardHeaders.compactMap { name in
            exchange.head.headers.first(name).map { GatewaySettings.Header(name: name, value: $0) }
        }
        let started = request
        let task = Task(executorPreference: loop) {
            await runtime.perform(started, forwarding: forwarded, on: loop, feed: feed)
        }
        return OngoingRun(request: started, task: task, feed: feed, person: started.person)
    }

    /// Goes on with a run that waits, with a slot of its own.
    private nonisolated(nonsending) func resume(
        _ resumption: Resumption, _ agent: AgentSettings, _ identity: RequestIdentity
    ) async throws(RunFailure) -> OngoingRun {
        guard let run = hub.parked.run(resumption.id, agent: agent.name), let question = run.question,
            let person = run.person
        else { throw Resumption.expired }
        // A wrong answer leaves the question open.
        let answer = try resumption.answer(to: question)
        try hub.registry.enter()
        guard hub.parked.take(resumption.id) else {
            hub.registry.leave(run.request.runID)
            throw Resumption.expired
        }
        run.request.identity.credentials.replace(with: identity.credentials)
        guard await person.take(answer, to: resumption.id) else {
            run.task.cancel()
            hub.registry.leave(run.request.runID)
            throw Resumption.expired
        }
        return run
    }

    /// Answers with what a run tells, and gives its slot back.
    private nonisolated(nonsending) func follow(
        _ run: OngoingRun, _ chat: ChatRequest, _ exchange: HTTPExchange, _ reply: Reply, _ snapshot: AgentSnapshot
    ) async {
        let request = run.request
        let lease = RunLease()
        hub.registry.began(request.runID) { run.task.cancel() }
        exchange.onDisconnect { lease.cancel(run) }
        let names = Dictionary(request.models.map { ($0.name, $0.model) }) { first, _ in first }
        let form = AnswerForm(
            model: request.agent.name, runID: request.runID, isDIAL: reply.isDIAL,
            includesUsage: chat.includesUsage, modelNames: names)
        let answer = RunAnswer(
            hub: hub, form: form, run: run, lease: lease, reply: reply, isStreaming: chat.isStreaming)
        let maker = DeltaMaker(
            progress: progress(chat, exchange.head, isDIAL: reply.isDIAL), stages: request.agent.stages,
            openCalls: run.openCalls, showsForms: reply.isDIAL)
        let end = await withTaskCancellationHandler {
            await answer.write(maker, to: exchange)
        } onCancel: {
            lease.cancel(run)
        }
        if case .parked = end { return }
        // Whatever the reason the answer has ended, the run ends with it.
        run.task.cancel()
        await run.feed.abandon()
        if case .success(let summary) = await run.task.value { remember(summary, run, snapshot) }
        hub.registry.leave(request.runID)
    }

    private func remember(_ summary: RunSummary, _ run: OngoingRun, _ snapshot: AgentSnapshot) {
        let request = run.request
        guard snapshot.configuration.state.isKeptByServer, let conversation = request.identity.conversationID,
            let stored = summary.stored, !stored.final.isEmpty
        else { return }
        // What this answer has shown, not what another one had before a question.
        var visible = summary.visibleText.string
        let before = run.reported.visibleText.string
        if visible.hasPrefix(before) { visible.removeFirst(before.count) }
        if !before.isEmpty, visible.hasPrefix("\n\n") { visible.removeFirst(2) }
        hub.conversations.keep(
            stored, visible: visible,
            conversation: request.agent.name + "\u{0}" + conversation)
    }
}
