import AsyncIO
import MCPProtocol

/// Chat completions: reads the request, runs the agent, writes its answer, streamed or whole.
struct CompletionsEndpoint: Sendable {
    let hub: AgentHub

    /// After this long a silence a stream gets a sign of life.
    static let heartbeat = Duration.seconds(15)

    /// - Parameters:
    ///   - name: of the agent, from the path or a header; `nil`: from the body.
    ///   - identity: with the caller's key, where it may be passed on.
    nonisolated(nonsending) func answer(
        _ exchange: HTTPExchange, agent name: String?, reply: Reply, identity: RequestIdentity, snapshot: AgentSnapshot
    ) async {
        do throws(RunFailure) {
            let chat = try await read(exchange, limit: snapshot.configuration.maxBody)
            let agent = try resolve(name ?? chat.model, snapshot, isDIAL: reply.isDIAL)
            var request = try RunRequest(chat, agent: agent, snapshot: snapshot, hub: hub, identity: identity)
            let progress = progress(chat, exchange.head, isDIAL: reply.isDIAL)
            request.wantsCustomContent = progress == .stages
            try hub.registry.enter()
            await run(request, chat, progress, exchange, reply, snapshot)
            hub.registry.leave(request.runID)
        } catch {
            await reply.send(error, to: exchange)
        }
    }

    // MARK: The request

    private nonisolated(nonsending) func read(
        _ exchange: HTTPExchange, limit: Int
    ) async throws(RunFailure) -> ChatRequest {
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
        let outcome = await Offload.run(bytes: bytes.count) { () -> Result<ChatRequest, RunFailure> in
            do {
                let value = try RawJSON(validating: bytes, limits: JSONLimits(maxBytes: limit))
                return .success(try ChatRequest(value))
            } catch let error as RunFailure {
                return .failure(error)
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

    private nonisolated(nonsending) func run(
        _ request: RunRequest, _ chat: ChatRequest, _ progress: ChatRequest.Progress, _ exchange: HTTPExchange,
        _ reply: Reply, _ snapshot: AgentSnapshot
    ) async {
        let feed = RunFeed(on: exchange.loop)
        let (runtime, loop) = (hub.runtime, exchange.loop)
        let forwarded = snapshot.configuration.gateway.forwardHeaders.compactMap { name in
            exchange.head.headers.first(name).map { GatewaySettings.Header(name: name, value: $0) }
        }
        let task = Task(executorPreference: loop) {
            await runtime.perform(request, forwarding: forwarded, on: loop, feed: feed)
        }
        hub.registry.began(request.runID) { task.cancel() }
        exchange.onDisconnect { task.cancel() }
        let names = Dictionary(request.models.map { ($0.name, $0.model) }) { first, _ in first }
        let form = AnswerForm(
            model: request.agent.name, runID: request.runID, isDIAL: reply.isDIAL,
            includesUsage: chat.includesUsage, modelNames: names)
        let maker = DeltaMaker(progress: progress, stages: request.agent.stages)
        await withTaskCancellationHandler {
            if chat.isStreaming {
                await stream(form, maker, feed, exchange, reply)
            } else {
                await block(form, maker, feed, exchange, reply)
            }
        } onCancel: {
            task.cancel()
        }
        // Whatever the reason the answer has ended, the run ends with it.
        task.cancel()
        await feed.abandon()
        if case .success(let summary) = await task.value { remember(summary, request, snapshot) }
    }

    private func remember(_ summary: RunSummary, _ request: RunRequest, _ snapshot: AgentSnapshot) {
        guard snapshot.configuration.state.isKeptByServer, let conversation = request.identity.conversationID,
            let stored = summary.stored, !stored.final.isEmpty
        else { return }
        hub.conversations.keep(
            stored, visible: summary.visibleText.string,
            conversation: request.agent.name + "\u{0}" + conversation)
    }

    /// What a failure is to the caller: a run that was cancelled because the server stops says so.
    private func told(_ failure: RunFailure) -> RunFailure {
        failure == .cancelled && hub.registry.isAborted ? .shuttingDown : failure
    }

    private nonisolated(nonsending) func block(
        _ form: AnswerForm, _ maker: DeltaMaker, _ feed: RunFeed, _ exchange: HTTPExchange, _ reply: Reply
    ) async {
        var maker = maker
        var answer = BlockAnswer()
        while true {
            switch await feed.next(until: .distantFuture) {
            case .silence: continue
            case .cancelled: return
            case .event(let event):
                for delta in maker.deltas(for: event) { answer.merge(delta) }
                switch event {
                case .finished(let summary): return await reply.send(answer.encode(form, summary), to: exchange)
                case .failed(let failure):
                    if exchange.isDisconnected { return }
                    return await reply.send(told(failure), to: exchange)
                default: continue
                }
            }
        }
    }

    private nonisolated(nonsending) func stream(
        _ form: AnswerForm, _ maker: DeltaMaker, _ feed: RunFeed, _ exchange: HTTPExchange, _ reply: Reply
    ) async {
        var maker = maker
        let encoder = StreamEncoder(form)
        // The status is held back until there is something to say, so that an early failure is a real HTTP error.
        var writer: HTTPBodyWriter?
        do throws(HTTPWriteError) {
            while true {
                switch await feed.next(until: .now + Self.heartbeat) {
                case .cancelled: return
                case .silence:
                    if writer == nil { writer = await begin(encoder, exchange, reply) }
                    try await writer?.write(StreamEncoder.ping)
                case .event(let event):
                    let deltas = maker.deltas(for: event)
                    if writer == nil, !deltas.isEmpty || event.showsLife {
                        writer = await begin(encoder, exchange, reply)
                    }
                    for delta in deltas { try await writer?.write(encoder.chunk(delta)) }
                    switch event {
                    case .finished(let summary):
                        for chunk in encoder.end(summary) { try await writer?.write(chunk) }
                        await writer?.finish()
                        return
                    case .failed(let failure):
                        if exchange.isDisconnected { return }
                        guard let writer else { return await reply.send(told(failure), to: exchange) }
                        for delta in maker.closeStages() { try await writer.write(encoder.chunk(delta)) }
                        let body = ErrorAnswer.body(told(failure), requestID: reply.requestID, isDIAL: reply.isDIAL)
                        for chunk in StreamEncoder.end(body) { try await writer.write(chunk) }
                        await writer.finish()
                        return
                    default: continue
                    }
                }
            }
        } catch {
            // The client is gone or does not read; the run ends with the answer.
            hub.log.debug("answer not taken", ["request_id": reply.requestID, "reason": error.description])
        }
    }

    private nonisolated(nonsending) func begin(
        _ encoder: StreamEncoder, _ exchange: HTTPExchange, _ reply: Reply
    ) async -> HTTPBodyWriter {
        var head = reply.head(.ok, type: "text/event-stream")
        head.headers.add("Cache-Control", "no-cache")
        head.headers.add("X-Accel-Buffering", "no")
        return await exchange.startStream(head, first: encoder.chunk(.role)[...])
    }
}

extension RunEvent {
    /// Whether a streamed answer begins with this, even where it adds nothing to it.
    fileprivate var showsLife: Bool {
        switch self {
        case .text, .toolStarted, .finished: true
        default: false
        }
    }
}
