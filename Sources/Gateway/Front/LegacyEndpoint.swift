import AsyncIO
import MCPProtocol

/// `/mcp` for clients of the revisions with a handshake: Streamable HTTP of 2024-11-05 to 2025-11-25
/// (MCP 2025-11-25, Transports, "Streamable HTTP").
struct LegacyEndpoint: Sendable {
    let router: Router
    let sessions: SessionStore
    let limits: LimitsConfiguration
    let serverInfo: Implementation
    let log: Log

    var jsonLimits: JSONLimits { JSONLimits(maxBytes: limits.maxBodyBytes, maxDepth: limits.maxJSONDepth) }

    // MARK: POST

    func post(_ exchange: HTTPExchange) async {
        guard exchange.head.headers.hasContentType("application/json") else {
            await exchange.respond(
                HTTPProblem(415, detail: "a message must be sent with Content-Type: application/json"))
            return
        }
        let accepts = AcceptedAnswers(exchange.head.headers)
        guard accepts.json || accepts.events else {
            await exchange.respond(
                HTTPProblem(
                    406, detail: "answers are application/json or text/event-stream; the Accept header allows neither"))
            return
        }
        let body: ArraySlice<UInt8>
        do throws(HTTPBodyError) {
            body = try await exchange.readBody(upTo: limits.maxBodyBytes)
        } catch {
            await exchange.respond(HTTPProblem(error))
            return
        }
        let payload: JSONRPCPayload
        do throws(JSONRPCParseError) {
            payload = try JSONRPCPayload(parsing: body, limits: jsonLimits)
        } catch {
            let session = exchange.head.headers.first("Mcp-Session-Id").flatMap(sessions.session)
            await respond(
                exchange, .badRequest, Self.refusal(id: error.id, error.rpcError, in: session, exchange.head.headers))
            return
        }
        switch payload {
        case .single(.request(let request)) where request.method == "initialize":
            await initialize(request, accepts, exchange)
        case .single(.request(let request)):
            // A call within a session is looked at later, together with the rest of its params.
            if request.method != "tools/call" || !exchange.head.headers.contains("Mcp-Session-Id"),
                let refusal = Self.modernRefusal(request.id, meta: request.params?.member("_meta"))
            {
                await respond(exchange, .badRequest, refusal)
                return
            }
            guard let session = await session(of: exchange, id: request.id) else { return }
            await answer(request, session, accepts, exchange)
        case .single(let message):
            guard let session = await session(of: exchange, id: nil) else { return }
            await note(message, session)
            await exchange.respond(HTTPResponseHead(.accepted))
        case .batch(let entries):
            guard let session = await session(of: exchange, id: nil) else { return }
            await answer(entries, session, accepts, exchange)
        }
    }

    /// An error for a message whose id may be unknown: up to 2025-06-18 it is then null, 2025-11-25 leaves it out.
    ///
    /// - Parameter headers: say the revision where there is no session, or none any more.
    static func refusal(
        id: RequestID?, _ error: JSONRPCError, in session: FrontSession?, _ headers: HTTPHeaders
    ) -> [UInt8] {
        let claimed = headers.first("MCP-Protocol-Version").flatMap(ProtocolRevision.init(rawValue:))
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
                    id: id,
                    JSONRPCError(
                        code: ErrorCode.invalidRequest,
                        message: "header Mcp-Session-Id is missing; a session begins with initialize"),
                    in: nil, headers))
            return nil
        }
        guard let session = sessions.session(sessionID) else {
            await respond(
                exchange, .notFound,
                Self.refusal(
                    id: id,
                    JSONRPCError(
                        code: ErrorCode.invalidRequest,
                        message: "there is no such session (any more); begin a new one with initialize"),
                    in: nil, headers))
            return nil
        }
        if let version = headers.first("MCP-Protocol-Version"),
            ProtocolRevision(rawValue: version)?.isLegacy != true
        {
            let supported = ProtocolRevision.legacy.map(\.rawValue).joined(separator: ", ")
            let error = JSONRPCError(
                code: ErrorCode.invalidRequest,
                message: "MCP-Protocol-Version \"\(version.prefix(40))\" is not supported here (\(supported))")
            await respond(exchange, .badRequest, Self.refusal(id: id, error, in: session, headers))
            return nil
        }
        session.touch()
        return session
    }

    private func initialize(
        _ request: JSONRPCRequest, _ accepts: AcceptedAnswers, _ exchange: HTTPExchange
    ) async {
        let asked: InitializeRequest
        do throws(MessageError) {
            asked = try InitializeRequest(params: request.params)
        } catch {
            await answer(exchange, JSONRPC.error(id: request.id, .invalidParams("initialize: \(error)")), accepts)
            return
        }
        let revision = ProtocolRevision.negotiated(forRequested: asked.protocolVersion)
        guard let session = sessions.open(revision: revision, clientInfo: asked.clientInfo) else {
            await exchange.respond(
                HTTPProblem(
                    503, title: "Too many sessions",
                    detail: "\(limits.maxSessions) sessions are open, which is the limit (limits.maxSessions)"))
            return
        }
        log.debug(
            "session opened",
            ["session": session.id.prefix(8), "client": asked.clientInfo.name, "revision": revision.rawValue])
        let result = InitializeResult(
            protocolVersion: revision, capabilities: Self.capabilities, serverInfo: serverInfo)
        await answer(
            exchange, JSONRPC.response(id: request.id, result: result.encode()), accepts, beginning: session)
    }

    private static let capabilities = RawJSON(
        unchecked: Array(#"{"logging":{},"tools":{"listChanged":true}}"#.utf8)[...])

    /// The answer to a request of the era without sessions, which says its revision itself.
    static func modernRefusal(_ id: RequestID, meta: RawJSON?) -> [UInt8]? {
        guard let claim = meta?.member("io.modelcontextprotocol/protocolVersion") else { return nil }
        var data = JSONWriter()
        data.beginObject()
        data.key("supported")
        data.beginArray()
        for revision in ProtocolRevision.legacy.reversed() { data.string(revision.rawValue) }
        data.endArray()
        data.key("requested")
        data.raw(claim)
        data.endObject()
        return JSONRPC.error(
            id: id,
            JSONRPCError(
                code: ErrorCode.unsupportedProtocolVersion, message: "Unsupported protocol version",
                data: RawJSON(unchecked: data.finish()[...])))
    }

    /// A notification, or a reply to something we never asked.
    func note(_ message: JSONRPCMessage, _ session: FrontSession) async {
        guard case .notification(let notification) = message,
            notification.method == "notifications/cancelled",
            let id = notification.params?.member("requestId").flatMap(RequestID.init(_:))
        else { return }
        let reason = notification.params?.member("reason")?.stringValue
        await session.cancel(id, reason: reason ?? "cancelled by the client")
    }

    // MARK: GET

    func get(_ exchange: HTTPExchange) async {
        guard AcceptedAnswers(exchange.head.headers).events else {
            await exchange.respond(
                HTTPProblem(406, detail: "the answer is text/event-stream, which the Accept header does not allow"))
            return
        }
        guard exchange.head.headers.contains("Mcp-Session-Id") else {
            await exchange.refuseMethod(
                allowing: "POST", detail: "a stream belongs to a session; POST initialize first")
            return
        }
        guard let session = await session(of: exchange, id: nil) else { return }
        let stream = SessionStream(loop: exchange.loop, maxBytes: limits.maxStreamBacklogBytes)
        guard session.open(stream) else {
            await exchange.respond(
                HTTPProblem(
                    429, title: "Too many streams",
                    detail: "the session has \(FrontSession.maxStreams) streams open, which is the limit"))
            return
        }
        exchange.detachStream(
            Self.eventHead(), first: Self.streamOpening[...], to: stream.events, keepAlive: limits.streamKeepAlive
        ) { [log] error in
            session.close(stream)
            if let error {
                log.debug("stream ended", ["session": session.id.prefix(8), "reason": error.description])
            }
        }
    }

    /// A comment, so that a client sees bytes at once.
    private static let streamOpening = Array(": open\n\n".utf8)

    // MARK: DELETE

    func delete(_ exchange: HTTPExchange) async {
        guard exchange.head.headers.contains("Mcp-Session-Id") else {
            await exchange.refuseMethod(
                allowing: "GET, POST", detail: "DELETE ends a session; the request names none")
            return
        }
        guard let session = await session(of: exchange, id: nil) else { return }
        _ = sessions.remove(session.id)
        await session.end(reason: "the session was ended by the client")
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

    /// Answers with one message that nothing comes before, in a form the client takes.
    ///
    /// - Parameter session: one that this answer begins.
    func answer(
        _ exchange: HTTPExchange, _ message: [UInt8], _ accepts: AcceptedAnswers, beginning session: FrontSession? = nil
    ) async {
        var head = accepts.json ? Self.jsonHead(.ok) : Self.eventHead()
        if let session { head.headers.set("Mcp-Session-Id", session.id) }
        if accepts.json {
            await exchange.respond(head, body: message)
        } else {
            var event: [UInt8] = []
            SSEEncoder.encode(event: "message", data: message[...], into: &event)
            await exchange.respond(head, body: event)
        }
    }

    func respond(_ exchange: HTTPExchange, _ status: HTTPStatus, _ message: [UInt8]) async {
        await exchange.respond(Self.jsonHead(status), body: message)
    }
}

/// Which forms of answer a client takes. No `Accept` header means any, as HTTP has it.
struct AcceptedAnswers: Sendable {
    let json: Bool
    let events: Bool

    /// What the SDKs send, word for word: no need to weigh it.
    private static let usual = Array("application/json, text/event-stream".utf8)

    init(_ headers: HTTPHeaders) {
        if let accept = headers.firstBytes("Accept"), accept.elementsEqual(Self.usual) {
            json = true
            events = true
            return
        }
        json = headers.acceptsMediaType("application/json")
        events = headers.acceptsMediaType("text/event-stream")
    }
}
