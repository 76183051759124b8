import AsyncIO
import MCPClient
import MCPProtocol

/// How a call ended, in the words of 2026-07-28.
extension ModernDispatcher {
    /// How often a server may ask in the course of one call.
    static let maxRounds: Int64 = 10

    /// - Parameters:
    ///   - round: how many times the client was asked before.
    ///   - refused: what the server wanted to ask, but the client did not declare.
    func finish(
        _ outcome: RunOutcome, of run: CallRun, _ facts: RunFacts, _ request: ModernRequest, round: Int64 = 0,
        refused: RawJSON?, _ reply: any Reply
    ) async {
        switch outcome {
        case .cancelled: await reply.endWithoutAnswer()
        case .stream(let stream):
            if stream.member == "error" || translates(run, for: request.partition) || facts.revision.isModern {
                return await finish(
                    await run.collect(stream), of: run, facts, request, round: round, refused: refused, reply)
            }
            let editor = ObjectStreamEditor.completing(resultOf: run.call.method, serverInfo: encodedServerInfo)
            if let problem = await reply.pass(EditedOutcome(stream, editor)) {
                log.warning("answer broken off", ["call": run.call.subject, "reason": problem])
            }
        case .result(let result):
            await send(await answer(result, of: run, facts, request, round: round, refused: refused), reply)
        case .error(let error):
            await send(answer(error, of: run, facts, request, refused: refused), reply)
        case .failed(let failure):
            log.callFailed(failure, run.call)
            guard let tool = run.call.toolName else { return await send(Answer(request.id, failure.rpcError), reply) }
            await send(complete(failure.toolResult(tool: tool), request), reply)
        }
    }

    private func translates(_ run: CallRun, for partition: FrontSession) -> Bool {
        run.call.carrier != nil && router.translatesURIs(of: run.call.server, for: partition)
    }

    private func complete(_ result: RawJSON, _ request: ModernRequest) -> Answer {
        Answer(result.completeResponse(to: request.id, serverInfo: encodedServerInfo))
    }

    // MARK: Results

    private func answer(
        _ result: RawJSON, of run: CallRun, _ facts: RunFacts, _ request: ModernRequest, round: Int64,
        refused: RawJSON?
    ) async -> Answer {
        if facts.revision.isModern, !facts.hasPlainResult {
            do throws(MessageError) {
                if let required = try InputRequired(result: result) {
                    return passedOn(required, of: run, request, round: round)
                }
            } catch {
                return Answer(request.id, .internalError("server \"\(run.call.server)\" answered wrongly: \(error)"))
            }
        }
        if let refused, result.member("isError")?.boolValue == true {
            return Answer(request.id, RequiredCapabilities.error(refused))
        }
        if let created = await created(result, of: run, facts, request) { return created }
        var adapted = router.adapt(result, of: run.call, facts, for: request.partition)
        if run.call.method == "resources/read" { adapted = adapted.hinted(ttlMilliseconds: 0, isPublic: false) }
        return complete(adapted, request)
    }

    /// What a server of the same revision asks: its questions as they are, its state inside ours.
    private func passedOn(
        _ required: InputRequired, of run: CallRun, _ request: ModernRequest, round: Int64
    ) -> Answer {
        let server = run.call.upstream.configuration
        guard round < Self.maxRounds else {
            return Answer(
                request.id,
                .internalError(
                    "server \"\(server.name)\" asked \(Self.maxRounds) times without an answer, which is the limit"))
        }
        var questions: [InputRequired.Question] = []
        for question in required.questions {
            let asked = JSONRPCRequest(id: 0, method: question.method, params: question.params)
            switch request.partition.judge(asked, namedAs: router.configuration.shownName(of: server.name)) {
            case .deliver(let params, _):
                questions.append(InputRequired.Question(key: question.key, method: question.method, params: params))
            case .refuse(let outcome):
                if case .result = outcome, let missing = RequiredCapabilities.of(asked) {
                    return Answer(request.id, RequiredCapabilities.error(missing))
                }
                return Answer(
                    request.id,
                    .internalError(
                        "server \"\(server.name)\" asked \(question.method.prefix(80)), which this client cannot be asked"
                    ))
            }
        }
        return asking(
            questions, .relay(serverState: required.requestState), server.name, request, round: round + 1)
    }

    // MARK: Errors

    private func answer(
        _ error: JSONRPCError, of run: CallRun, _ facts: RunFacts, _ request: ModernRequest, refused: RawJSON?
    ) -> Answer {
        if let refused { return Answer(request.id, RequiredCapabilities.error(refused)) }
        if facts.revision.isLegacy, error.code == ErrorCode.urlElicitationRequired,
            let visit = visit(error, of: run, in: facts.session, request)
        {
            return visit
        }
        return Answer(request.id, router.adapt(error, of: run.call, facts, for: request.partition))
    }
}
