import AsyncIO
import MCPProtocol

extension LegacyEndpoint {
    /// What a request came to before any server is asked.
    enum Dispatch {
        case ready([UInt8])
        case run(CallRun)
        /// Of another era; goes with HTTP status 400.
        case refused([UInt8])
    }

    func dispatch(_ request: JSONRPCRequest, _ session: FrontSession, on loop: EventLoop) async -> Dispatch {
        do throws(JSONRPCError) {
            switch request.method {
            case "tools/call":
                let params: CallToolParams
                do throws(MessageError) {
                    params = try CallToolParams(request.params)
                } catch {
                    throw .invalidParams("\(error)")
                }
                if let refusal = Self.modernRefusal(request.id, meta: params.meta) { return .refused(refusal) }
                return .run(try router.call(params, on: loop))
            case "tools/list": return try await list(.tools, request, session, on: loop)
            case "resources/list": return try await list(.resources, request, session, on: loop)
            case "resources/templates/list": return try await list(.resourceTemplates, request, session, on: loop)
            case "prompts/list": return try await list(.prompts, request, session, on: loop)
            case "ping":
                return .ready(Self.empty(request.id))
            case "logging/setLevel":
                guard let level = request.params?.member("level")?.stringValue.flatMap(LoggingLevel.init(rawValue:))
                else {
                    let known = LoggingLevel.allCases.map(\.rawValue).joined(separator: ", ")
                    throw .invalidParams("params.level must be one of \(known)")
                }
                session.logLevel = level
                return .ready(Self.empty(request.id))
            default:
                throw JSONRPCError(
                    code: ErrorCode.methodNotFound, message: "Method not found: \(request.method.prefix(200))")
            }
        } catch {
            return .ready(JSONRPC.error(id: request.id, error))
        }
    }

    private func list(
        _ kind: ListKind, _ request: JSONRPCRequest, _ session: FrontSession, on loop: EventLoop
    ) async throws(JSONRPCError) -> Dispatch {
        let result = try await router.list(kind, params: request.params, for: session.revision, on: loop)
        return .ready(JSONRPC.response(id: request.id, result: result))
    }

    private static func empty(_ id: RequestID) -> [UInt8] { JSONRPC.response(id: id, result: Array("{}".utf8)) }

    // MARK: One request

    func answer(
        _ request: JSONRPCRequest, _ session: FrontSession, _ accepts: AcceptedAnswers, _ exchange: HTTPExchange
    ) async {
        switch await dispatch(request, session, on: exchange.loop) {
        case .ready(let message):
            await answer(exchange, message, accepts)
        case .refused(let message):
            await respond(exchange, .badRequest, message)
        case .run(let run):
            guard session.begin(run, as: request.id) else {
                await respond(
                    exchange, .badRequest,
                    JSONRPC.error(
                        id: request.id,
                        JSONRPCError(
                            code: ErrorCode.invalidRequest, message: "a request with this id is in progress")))
                return
            }
            await relay(run, request.id, session, CallResponder(exchange, id: request.id, accepts: accepts))
        }
    }

    /// Passes on what a run says until it has finished, and gives its id back to the session.
    ///
    /// A client that disconnects has not cancelled (MCP 2025-11-25, Transports): the run goes on to its end.
    private func relay(
        _ run: CallRun, _ id: RequestID, _ session: FrontSession, _ responder: CallResponder
    ) async {
        while true {
            let event = await next(of: run, for: session.revision)
            // Before the answer is sent: a client that has it may use its id again.
            if case .finished = event { session.finish(id) }
            switch event {
            case .notification(let method, let params):
                guard session.wants(method, params) else { continue }
                await responder.note(JSONRPC.notification(method: method, params: params))
            case .finished(.result(let result)):
                await responder.send(
                    JSONRPC.response(id: id, result: result.toolResult(for: session.revision)))
                return
            case .finished(.error(let error)):
                await responder.send(JSONRPC.error(id: id, error))
                return
            case .finished(.failed(let failure)):
                log.warning(
                    "call failed",
                    [
                        "server": failure.server, "tool": run.tool.exposedName, "stage": failure.stage,
                        "reason": failure.detail,
                    ])
                await responder.send(
                    JSONRPC.response(id: id, result: failure.toolResult(tool: run.tool.exposedName)))
                return
            case .finished(.stream(let stream)):
                if let problem = await responder.pass(stream) {
                    log.warning("answer broken off", ["tool": run.tool.exposedName, "reason": problem])
                }
                return
            case .finished(.cancelled):
                await responder.endWithoutAnswer()
                return
            }
        }
    }

    /// The next event of a run. A large result for a client that may need it changed is put together first.
    private func next(of run: CallRun, for revision: ProtocolRevision) async -> RunEvent {
        let event = await run.next()
        guard case .finished(.stream(let stream)) = event, !revision.hasResourceLinks else { return event }
        return .finished(await run.collect(stream))
    }

    // MARK: A batch

    /// Answers a batch of 2025-03-26: all requests at once, one array (MCP 2025-03-26, Base Protocol, "Batching").
    func answer(
        _ entries: [Result<JSONRPCMessage, JSONRPCParseError>], _ session: FrontSession, _ accepts: AcceptedAnswers,
        _ exchange: HTTPExchange
    ) async {
        guard session.revision.allowsBatch else {
            let error = JSONRPCError(
                code: ErrorCode.invalidRequest,
                message: "revision \(session.revision.rawValue) has no batches; send one message at a time")
            await respond(exchange, .badRequest, Self.refusal(id: nil, error, in: session, exchange.head.headers))
            return
        }
        let loop = exchange.loop
        var answers: [Int: [UInt8]] = [:]
        await withTaskGroup(of: (Int, [UInt8]?).self) { group in
            for (index, entry) in entries.enumerated() {
                group.addTask(executorPreference: loop) { (index, await self.answer(entry, session, on: loop)) }
            }
            for await (index, answer) in group { answers[index] = answer }
        }
        guard !answers.isEmpty else {
            await exchange.respond(HTTPResponseHead(.accepted))
            return
        }
        let ordered = answers.sorted { $0.key < $1.key }.map(\.value)
        await answer(exchange, JSONRPC.batch(ordered), accepts)
    }

    /// The answer to one entry of a batch; `nil` if it gets none.
    private func answer(
        _ entry: Result<JSONRPCMessage, JSONRPCParseError>, _ session: FrontSession, on loop: EventLoop
    ) async -> [UInt8]? {
        switch entry {
        case .failure(let error):
            return JSONRPC.error(id: error.id, error.rpcError)
        case .success(.request(let request)) where request.method == "initialize":
            return JSONRPC.error(
                id: request.id,
                JSONRPCError(code: ErrorCode.invalidRequest, message: "initialize must not be part of a batch"))
        case .success(.request(let request)):
            switch await dispatch(request, session, on: loop) {
            case .ready(let message), .refused(let message): return message
            case .run(let run):
                guard session.begin(run, as: request.id) else {
                    return JSONRPC.error(
                        id: request.id,
                        JSONRPCError(
                            code: ErrorCode.invalidRequest, message: "a request with this id is in progress"))
                }
                defer { session.finish(request.id) }
                return await run.whole(id: request.id, for: session.revision)
            }
        case .success(let message):
            await note(message, session)
            return nil
        }
    }
}

extension FrontSession {
    /// Whether the client wants this notification: log messages below its level are left out.
    func wants(_ method: String, _ params: RawJSON) -> Bool {
        guard method == "notifications/message",
            let level = params.member("level")?.stringValue.flatMap(LoggingLevel.init(rawValue:))
        else { return true }
        return level >= logLevel
    }
}
