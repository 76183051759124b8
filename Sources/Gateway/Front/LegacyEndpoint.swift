import AsyncIO
import MCPProtocol

/// `/mcp` for clients of the revisions with a handshake: Streamable HTTP of 2024-11-05 to 2025-11-25
/// (MCP 2025-11-25, Transports, "Streamable HTTP").
struct LegacyEndpoint: Sendable {
    let dispatcher: LegacyDispatcher
    /// For clients of 2024-11-05 that open their stream here.
    let sse: SSEEndpoint

    var sessions: SessionStore { dispatcher.sessions }
    var limits: LimitsConfiguration { dispatcher.limits }

    // MARK: POST

    func post(
        _ request: JSONRPCRequest, _ members: RequestMembers, _ accepts: AcceptedAnswers, _ exchange: HTTPExchange
    ) async {
        if request.method == InitializeRequest.method { return await initialize(request, accepts, exchange) }
        guard let session = await session(of: exchange, id: request.id) else { return }
        await answer(request, members, session, accepts, exchange)
    }

    /// A notification, or the answer to something we have asked.
    func take(_ message: JSONRPCMessage, _ exchange: HTTPExchange) async {
        guard let session = await session(of: exchange, id: nil) else { return }
        await dispatcher.take(message, session)
        await exchange.respond(HTTPResponseHead(.accepted))
    }

    func post(
        _ entries: [Result<JSONRPCMessage, JSONRPCParseError>], _ accepts: AcceptedAnswers, _ exchange: HTTPExchange
    ) async {
        guard let session = await session(of: exchange, id: nil) else { return }
        await answer(entries, session, accepts, exchange)
    }

    private func answer(
        _ request: JSONRPCRequest, _ members: RequestMembers, _ session: FrontSession, _ accepts: AcceptedAnswers,
        _ exchange: HTTPExchange
    ) async {
        let reply = HTTPReply(exchange, id: request.id, accepts: accepts, session: session)
        switch await dispatcher.dispatch(request, members, session, reply, on: exchange.loop) {
        case .ready(let message):
            await exchange.answer(message, accepts)
        case .run(let run):
            guard session.begin(run, as: request.id) else {
                await respond(exchange, .badRequest, LegacyDispatcher.idInUse(request.id))
                return
            }
            await dispatcher.relay(run, request.id, session, reply)
        }
    }

    /// An error for a message whose id may be unknown: up to 2025-06-18 it is then null, 2025-11-25 leaves it out.
    ///
    /// - Parameter headers: say the revision where there is no session, or none any more.
    static func refusal(
        id: RequestID?, _ error: JSONRPCError, in session: FrontSession?, _ headers: HTTPHeaders
    ) -> [UInt8] {
        let claimed = headers.first(MirroredHeaders.version).flatMap(ProtocolRevision.init(rawValue:))
        let revision = session?.revision ?? claimed
        return JSONRPC.error(id: id, error, omitsMissingID: revision.map { $0 >= .v2025_11_25 } ?? false)
    }

    /// The session a request belongs to. Answers the request itself where there is none.
    func session(of exchange: HTTPExchange, id: RequestID?) async -> FrontSession? {
        let headers = exchange.head.headers
        guard let sessionID = headers.first("Mcp-Session-Id") else {
            await respond(
                exchange, .badRequest,
                Self.refusal(
                    id: id, .invalidRequest("header Mcp-Session-Id is missing; a session begins with initialize"),
                    in: nil, headers))
            return nil
        }
        guard let session = sessions.session(sessionID), session.channel == nil, session.revision.isLegacy else {
            await respond(
                exchange, .notFound,
                Self.refusal(
                    id: id, .invalidRequest("there is no such session (any more); begin a new one with initialize"),
                    in: nil, headers))
            return nil
        }
        if let version = headers.first(MirroredHeaders.version),
            ProtocolRevision(rawValue: version)?.isLegacy != true
        {
            let supported = ProtocolRevision.legacy.map(\.rawValue).joined(separator: ", ")
            let error = JSONRPCError.invalidRequest(
                "MCP-Protocol-Version \"\(version.prefix(40))\" is not supported here (\(supported))")
            await respond(exchange, .badRequest, Self.refusal(id: id, error, in: session, headers))
            return nil
        }
        session.touch()
        return session
    }

    private func initialize(
        _ request: JSONRPCRequest, _ accepts: AcceptedAnswers, _ exchange: HTTPExchange
    ) async {
        if sessions.count >= limits.maxSessions {
            await exchange.respond(
                HTTPProblem(
                    503, title: "Too many sessions", detail: LegacyDispatcher.tooManySessions(limits).message))
            return
        }
        do throws(JSONRPCError) {
            let opened = try await dispatcher.initialize(request, on: exchange.loop)
            await exchange.answer(opened.answer, accepts, beginning: opened.session)
        } catch {
            await exchange.answer(JSONRPC.error(id: request.id, error), accepts)
        }
    }

    // MARK: A batch

    /// Answers a batch of 2025-03-26: all requests at once, one array (MCP 2025-03-26, Base Protocol, "Batching").
    private func answer(
        _ entries: [Result<JSONRPCMessage, JSONRPCParseError>], _ session: FrontSession, _ accepts: AcceptedAnswers,
        _ exchange: HTTPExchange
    ) async {
        guard session.revision.allowsBatch else {
            let error = LegacyDispatcher.noBatches(session.revision)
            await respond(exchange, .badRequest, Self.refusal(id: nil, error, in: session, exchange.head.headers))
            return
        }
        let answers = await dispatcher.answers(to: entries, session, on: exchange.loop)
        if answers.isEmpty {
            await exchange.respond(HTTPResponseHead(.accepted))
        } else {
            await exchange.answer(JSONRPC.batch(answers), accepts)
        }
    }

    // MARK: GET

    func get(_ exchange: HTTPExchange) async {
        let headers = exchange.head.headers
        guard AcceptedAnswers(headers).events else {
            await exchange.respond(
                HTTPProblem(406, detail: "the answer is text/event-stream, which the Accept header does not allow"))
            return
        }
        guard headers.contains("Mcp-Session-Id") else {
            // Who holds a session says so; a client of HTTP+SSE that was given this URL has none yet.
            if headers.contains(MirroredHeaders.version) || headers.contains("Last-Event-ID") {
                await exchange.refuseMethod(
                    allowing: "POST", detail: "a stream belongs to a session; POST initialize first")
            } else {
                await sse.open(exchange)
            }
            return
        }
        guard let session = await session(of: exchange, id: nil) else { return }
        let events = HTTPEventStream(loop: exchange.loop, maxBacklogBytes: limits.maxStreamBacklogBytes)
        let stream: FrontStream
        var opening: [UInt8] = []
        if let eventID = headers.first("Last-Event-ID"), !eventID.isEmpty {
            guard let resumed = session.resume(eventID, on: events) else {
                await respond(
                    exchange, .badRequest,
                    Self.refusal(
                        id: nil,
                        .invalidRequest(
                            "Last-Event-ID \"\(eventID.prefix(60))\" is not an event of this session that is still kept"
                        ),
                        in: session, headers))
                return
            }
            stream = resumed
            SSEEncoder.encodeComment("resumed", into: &opening)
        } else {
            guard let opened = session.openStandalone(on: events) else {
                await exchange.respond(
                    HTTPProblem(
                        429, title: "Too many streams",
                        detail: "the session has \(FrontSession.maxStreams) streams open, which is the limit"))
                return
            }
            stream = opened
            opening = stream.opening(for: session.revision)
        }
        if session.isInitialized { dispatcher.router.listens(session) } else { dispatcher.router.initialized(session) }
        exchange.detachStream(
            Self.eventHead(), first: opening[...], to: events, keepAlive: limits.streamKeepAlive
        ) { [log = dispatcher.log] error in
            session.carrierEnded(events, of: stream)
            if let error {
                log.debug("stream ended", ["session": session.id.prefix(8), "reason": error.description])
            }
        }
    }

    // MARK: DELETE

    func delete(_ exchange: HTTPExchange) async {
        guard exchange.head.headers.contains("Mcp-Session-Id") else {
            await exchange.refuseMethod(
                allowing: "GET, POST", detail: "DELETE ends a session; the request names none")
            return
        }
        guard let session = await session(of: exchange, id: nil) else { return }
        await sessions.end(session, reason: "the session was ended by the client")
        await exchange.respond(HTTPResponseHead(.noContent))
    }

    // MARK: Heads

    static func jsonHead(_ status: HTTPStatus) -> HTTPResponseHead {
        HTTPResponseHead(status, headers: ["Content-Type": "application/json"])
    }

    static func eventHead() -> HTTPResponseHead {
        HTTPResponseHead(
            .ok,
            headers: [
                "Content-Type": "text/event-stream", "Cache-Control": "no-cache, no-transform",
                "X-Accel-Buffering": "no",
            ])
    }

    private func respond(_ exchange: HTTPExchange, _ status: HTTPStatus, _ message: [UInt8]) async {
        await exchange.respond(Self.jsonHead(status), body: message)
    }
}
