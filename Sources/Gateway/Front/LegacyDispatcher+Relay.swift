import AsyncIO
import MCPClient
import MCPProtocol

extension LegacyDispatcher {
    /// After this long without an answer a client is given a stream, so that it sees signs of life.
    static let patience = Duration.seconds(5)

    /// Passes on what a run says until it has finished, and gives its id back to the session.
    ///
    /// A client that disconnects has not cancelled (MCP 2025-11-25, Transports): the run goes on to its end.
    func relay(_ run: CallRun, _ id: RequestID, _ session: FrontSession, _ reply: any Reply) async {
        let loop = run.loop
        let timer = loop.schedule(at: .now + Self.patience) { reply.waitLong() }
        defer { loop.cancel(timer) }
        while true {
            let event = await next(of: run, for: session)
            guard case .finished(let outcome, let facts) = event else {
                if case .notification(let method, let params) = event {
                    await note(method, params, session, reply)
                }
                continue
            }
            // Before the answer is sent: a client that has it may use its id again.
            session.finish(id)
            loop.cancel(timer)
            switch outcome {
            case .stream(let stream):
                if let problem = await reply.pass(stream) {
                    log.warning("answer broken off", ["call": run.call.subject, "reason": problem])
                }
            case .cancelled: await reply.endWithoutAnswer()
            default: await reply.send(message(outcome, of: run, facts, id: id, for: session))
            }
            // Behind the answer that tells the client of its task.
            if run.call.asksForTask { facts.session?.inbox.passHeldStatus(to: session) }
            return
        }
    }

    private func note(
        _ method: String, _ params: RawJSON, _ session: FrontSession, _ reply: any Reply
    ) async {
        guard reply.takesMessages, session.wants(method, params) else { return }
        let params = method == "notifications/progress" ? params.progressParams(for: session.revision) : params
        reply.push(JSONRPC.notification(method: method, params: params))
        await reply.room()
    }

    /// The next event of a run. A large result that may have to be changed is put together first.
    private func next(of run: CallRun, for session: FrontSession) async -> RunEvent {
        let event = await run.next()
        guard case .finished(.stream(let stream), let facts) = event,
            facts.revision.isModern || !session.revision.hasResourceLinks
                || (run.call.carrier != nil && router.translatesURIs(of: run.call.server, for: session))
        else { return event }
        return .finished(await run.collect(stream), facts)
    }

    /// Waits for the answer as one message, for callers that take nothing before it; `nil` if the run was cancelled.
    func whole(_ run: CallRun, id: RequestID, for session: FrontSession) async -> [UInt8]? {
        while true {
            guard case .finished(var outcome, let facts) = await run.next() else { continue }
            if case .stream(let stream) = outcome { outcome = await run.collect(stream) }
            if case .cancelled = outcome { return nil }
            return message(outcome, of: run, facts, id: id, for: session)
        }
    }

    /// The answer to the client, in the form of its revision.
    private func message(
        _ outcome: RunOutcome, of run: CallRun, _ facts: RunFacts, id: RequestID, for session: FrontSession
    ) -> [UInt8] {
        switch outcome {
        case .result(let result):
            return JSONRPC.response(id: id, result: router.adapt(result, of: run.call, facts, for: session))
        case .error(let error):
            return answer(error, of: run, facts, id: id, for: session)
        case .failed(let failure):
            log.callFailed(failure, run.call)
            guard let tool = run.call.toolName else { return JSONRPC.error(id: id, failure.rpcError) }
            return JSONRPC.response(id: id, result: failure.toolResult(tool: tool))
        case .stream, .cancelled:
            preconditionFailure("has no message")
        }
    }

    private func answer(
        _ error: JSONRPCError, of run: CallRun, _ facts: RunFacts, id: RequestID, for session: FrontSession
    ) -> [UInt8] {
        if run.call.toolName != nil, let required = URLElicitationRequired(error),
            !(session.revision.hasURLElicitationRequiredError && session.capabilities.elicitationURL)
        {
            return JSONRPC.response(id: id, result: required.toolResult)
        }
        if run.call.toolName != nil, error.code == ErrorCode.missingRequiredClientCapability {
            // Something the model can tell its user, who may have another client.
            let missing = error.data?.member("requiredCapabilities")?.text ?? "unnamed"
            return JSONRPC.response(
                id: id,
                result: RawJSON.toolError("\(run.call.subject) needs what this client does not declare: \(missing)"))
        }
        return JSONRPC.error(id: id, router.adapt(error, of: run.call, facts, for: session))
    }
}

extension CallRun {
    /// Puts a large outcome together; never `.stream`.
    func collect(_ stream: any OutcomeStream) async -> RunOutcome {
        do throws(MCPClientError) {
            let value = try await Gateway.collect(stream)
            guard stream.member == "error" else { return .result(value) }
            return .error(JSONRPCError(value) ?? .internalError("the server's error has no code"))
        } catch {
            return .failed(UpstreamFailure(server: call.server, error))
        }
    }
}
