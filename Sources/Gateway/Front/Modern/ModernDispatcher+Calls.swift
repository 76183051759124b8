import AsyncIO
import MCPClient
import MCPProtocol
import Synchronization

/// Calls that a server may have questions about: `tools/call`, `prompts/get`, `resources/read`.
extension ModernDispatcher {
    /// Ids under which calls are known to their partition: those of clients are not unique there.
    private static let nextCallID = Atomic<Int64>(1)

    func call(
        _ request: ModernRequest, _ reply: any Reply, _ cancellation: RequestCancellation, on loop: EventLoop
    ) async throws(JSONRPCError) {
        let answers: InputAnswers
        do throws(MessageError) {
            answers = try InputAnswers(request.members)
        } catch {
            throw .invalidParams("\(error)")
        }
        guard answers.isRetry else { return try await begin(request, reply, cancellation, on: loop) }
        try await goOn(request, with: answers, reply, cancellation, on: loop)
    }

    // MARK: Beginning

    /// Makes a call.
    ///
    /// - Parameters:
    ///   - changed: what is sent to the server, where that is not what the client has sent.
    ///   - server: the only one that may answer it.
    ///   - recalled: answers to what it is going to ask; only a call that does no harm when made again is made then.
    func begin(
        sending changed: JSONRPCRequest? = nil, _ request: ModernRequest, round: Int64 = 0, of server: String? = nil,
        recalling recalled: RecalledAnswers? = nil, _ reply: any Reply, _ cancellation: RequestCancellation,
        on loop: EventLoop
    ) async throws(JSONRPCError) {
        let partition = request.partition
        guard partition.capabilities.canBeAsked else {
            let caller = request.caller(link: nil)
            let run = try makeRun(changed, request, for: caller, of: server, recalling: recalled, on: loop)
            return await relay(run, request, round: round, reply, cancellation)
        }
        let call = InteractiveCall(
            for: partition, origin: request.origin, namesServer: router.configuration.usesPrefixes, parking: parked,
            on: loop, recalling: recalled)
        var caller = request.caller(link: call)
        caller.takesAllProgress = true
        let run = try makeRun(changed, request, for: caller, of: server, recalling: recalled, on: loop)
        if let connection = run.call.upstream.readySession(for: caller)?.connection, connection.revision.isModern,
            request.tasks == .extended
                || !TasksExtension.isDeclared(in: connection.initializeResult.capabilities)
        {
            // Such a server asks in its results, which are passed on: nothing has to be kept, unless it makes a task of the
            // call that the gateway has to wait for.
            return await relay(run, request, round: round, reply, cancellation)
        }
        await call.begin(run)
        await wait(for: call, run, request, round: round, reply, cancellation)
    }

    private func makeRun(
        _ changed: JSONRPCRequest?, _ original: ModernRequest, for caller: Caller, of server: String?,
        recalling recalled: RecalledAnswers?, on loop: EventLoop
    ) throws(JSONRPCError) -> CallRun {
        let run: CallRun
        let request = changed ?? original.request
        if request.method == "tools/call" {
            let params: CallToolParams
            do throws(MessageError) {
                params = try CallToolParams(changed.map { RequestMembers($0.params) } ?? original.members)
            } catch {
                throw .invalidParams("\(error)")
            }
            run = try router.call(params, of: original.tool, for: caller, on: loop)
        } else {
            guard let routed = try router.run(request, for: caller, on: loop) else {
                throw Self.methodNotFound(request.method)
            }
            run = routed
        }
        if let server, run.call.server != server {
            throw .invalidParams("params.requestState belongs to a server that no longer has this")
        }
        if let recalled, !run.call.mayBeRepeated { throw Self.noLongerInProgress(elsewhere: recalled.areFromElsewhere) }
        return run
    }

    // MARK: Going on

    private func goOn(
        _ request: ModernRequest, with answers: InputAnswers, _ reply: any Reply,
        _ cancellation: RequestCancellation, on loop: EventLoop
    ) async throws(JSONRPCError) {
        guard let text = answers.requestState else {
            // A server that keeps nothing may do without a state; one with sessions never asked, and is asked anew.
            return try await begin(request, reply, cancellation, on: loop)
        }
        let state = try open(text, of: request)
        switch state.kind {
        case .relay(let serverState):
            var sent = request.request
            sent.params = sent.params?.replacing([
                (["requestState"], serverState.map { JSONWriter.quote($0) })
            ])
            try await begin(sending: sent, request, round: state.round, of: state.server, reply, cancellation, on: loop)
        case .parked(let id, let keeper, let asked):
            if let call = parked.call(id) {
                try await call.deliver(answers.responses)
                if let run = await call.call { return await wait(for: call, run, request, reply, cancellation) }
                // Its outcome has just been forgotten.
            }
            try await beginAgain(
                request, asked: asked, keeper: keeper, of: state.server, with: answers, reply, cancellation, on: loop)
        case .visit(let keys, let elicitations):
            guard try await hasAgreed(to: keys, request, answers, reply) else { return }
            // Without an answer to each the server is going to ask again: there is nothing to wait for.
            let isAnswered = keys.allSatisfy { key in answers.responses.contains { $0.key == key } }
            guard
                await awaitVisits(isAnswered ? elicitations : [], at: state.server, reply, cancellation, on: loop)
            else {
                return await reply.endWithoutAnswer()
            }
            var sent = request.request
            sent.params = sent.params?.replacing([(["inputResponses"], nil), (["requestState"], nil)])
            try await begin(sending: sent, request, reply, cancellation, on: loop)
        }
    }

    private func open(_ text: String, of request: ModernRequest) throws(JSONRPCError) -> RequestState {
        do throws(RequestStateSealer.Refusal) {
            return try sealer.open(
                text, principal: request.partition.principal, method: request.request.method,
                target: Self.target(of: request.request), affinity: request.meta.affinity,
                params: request.request.params)
        } catch {
            throw .invalidParams("params.requestState \(error.reason)")
        }
    }

    /// Whether the user has agreed to be sent to the URLs; if not, the request has been answered.
    private func hasAgreed(
        to keys: [String], _ request: ModernRequest, _ answers: InputAnswers, _ reply: any Reply
    ) async throws(JSONRPCError) -> Bool {
        for key in keys {
            guard let answer = answers.responses.first(where: { $0.key == key })?.value else { continue }
            if let fact = QuestionForClient.isValidAnswer(method: QuestionForClient.elicitation, result: answer) {
                throw .invalidParams("params.inputResponses[\"\(key)\"]: \(fact)")
            }
            guard answer.member("action")?.stringValue == "accept" else {
                let words = "the user did not agree to visit the URL that the server asked for"
                guard request.request.method == "tools/call" else { throw .internalError(words) }
                let result = RawJSON.toolError(words).completeResult(serverInfo: encodedServerInfo)
                await reply.send(JSONRPC.response(id: request.id, result: result))
                return false
            }
        }
        return true
    }

    // MARK: Waiting

    private func wait(
        for call: InteractiveCall, _ run: CallRun, _ request: ModernRequest, round asked: Int64 = 0,
        _ reply: any Reply, _ cancellation: RequestCancellation
    ) async {
        let waiting = WaitingRequest(request, reply)
        cancellation.handle {
            waiting.noteGone()
            Task(executorPreference: call.loop) { await call.abandon(waiting) }
        }
        let id = register(run, request)
        defer { request.partition.finish(id) }
        let step = await withPatience(reply) { await call.next(for: waiting) }
        cancellation.finish()
        switch step {
        case .abandoned: await reply.endWithoutAnswer()
        case .asks(let questions, let round):
            await send(
                asking(
                    questions,
                    .parked(id: call.id, keeper: sealer.keeper, asked: await call.digests(of: questions)),
                    run.call.server, request, round: round), reply)
        case .finished(let outcome, let facts):
            await finish(
                outcome, of: run, facts, request, round: asked, refused: await call.refusedCapabilities, reply)
        }
    }

    /// Passes on what a run says, for a client that this server does not ask, or not while the call is in progress.
    func relay(
        _ run: CallRun, _ request: ModernRequest, round: Int64 = 0, _ reply: any Reply,
        _ cancellation: RequestCancellation
    ) async {
        cancellation.handle {
            Task(executorPreference: run.loop) { await run.cancel(reason: "the client closed its request") }
        }
        let waiting = WaitingRequest(request, reply)
        let id = register(run, request)
        defer { request.partition.finish(id) }
        let (outcome, facts) = await withPatience(reply) {
            while true {
                switch await run.next() {
                case .notification(let method, let params):
                    await waiting.pass(JSONRPCNotification(method: method, params: params))
                case .finished(let outcome, let facts): return (outcome, facts)
                }
            }
        }
        cancellation.finish()
        let refused = facts.refusedQuestion.flatMap(RequiredCapabilities.of)
        await finish(outcome, of: run, facts, request, round: round, refused: refused, reply)
    }

    private func register(_ run: CallRun, _ request: ModernRequest) -> RequestID {
        let id = RequestID.integer(Self.nextCallID.wrappingAdd(1, ordering: .relaxed).oldValue)
        _ = request.partition.begin(run, as: id)
        return id
    }

    /// After a while without an answer the client is given a stream, so that it sees signs of life.
    func withPatience<Value: Sendable>(
        _ reply: any Reply, _ body: () async -> Value
    ) async -> Value {
        guard let loop = reply.loop else { return await body() }
        let timer = loop.schedule(at: .now + LegacyDispatcher.patience) { reply.waitLong() }
        defer { loop.cancel(timer) }
        return await body()
    }

    // MARK: Asking

    func send(_ answer: Answer, _ reply: any Reply) async { await reply.send(answer.message, as: answer.status) }

    /// The answer that asks.
    func asking(
        _ questions: [InputRequired.Question], _ kind: RequestState.Kind, _ server: String, _ request: ModernRequest,
        round: Int64
    ) -> Answer {
        let digest: String
        do {
            digest = try RequestState.digest(of: request.request.params)
        } catch {
            return Answer(request.id, .internalError("the request's state cannot be signed: \(error)"))
        }
        let state = RequestState(
            kind: kind, server: server, principal: request.partition.principal, method: request.request.method,
            target: Self.target(of: request.request), affinity: request.meta.affinity, digest: digest,
            expiry: sealer.expiry(), round: round)
        let result = InputRequired(questions: questions, requestState: sealer.seal(state))
        return Answer(JSONRPC.response(id: request.id, result: result.encode(serverInfo: encodedServerInfo)))
    }

    private static func target(of request: JSONRPCRequest) -> String {
        MirroredHeaders.nameMember(of: request.method).flatMap { request.params?.member("\($0.text)")?.stringValue }
            ?? ""
    }
}
