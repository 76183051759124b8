import AsyncIO
import MCPProtocol

/// The Streamable HTTP endpoint of the legacy era (MCP 2025-11-25, Transports, "Streamable HTTP"): decides, sends nothing.
@LoopActor
final class HTTPEndpoint {
    /// Sessions open at a time. One more is refused.
    private static let maxSessions = 100_000

    private static let jsonHead = HTTPResponseHead(.ok, headers: ["Content-Type": "application/json"])

    let server: Server
    private var sessions: [String: HTTPSession] = [:]

    init(server: Server) {
        self.server = server
        server.forgetSessions = { [unowned self] in forgetSessions() }
    }

    // MARK: POST

    func post(_ head: HTTPRequestHead, _ body: ArraySlice<UInt8>) -> HTTPReply {
        if let problem = Self.problem(withPost: head.headers) { return .problem(problem) }
        let payload: JSONRPCPayload
        do {
            payload = try JSONRPCPayload(
                parsing: body, limits: JSONLimits(maxBytes: LegacySession.maxMessageBytes))
        } catch {
            return server.era.hasLegacy ? Self.refusal(LegacySession.error(error)) : refuse(error)
        }
        if case .single(.request(let request)) = payload {
            server.countRequest()
            if request.method == "server/discover", let fault = server.takeProbeFault() {
                return answerProbe(request, body, head, fault)
            }
        }
        if server.isModern(payload, version: head.headers.first("MCP-Protocol-Version")) {
            return postModern(payload, body, head)
        }

        let sessionID = head.headers.first("Mcp-Session-Id")
        if let status = server.options.statusOfInitialize, Self.isRequest(payload, InitializeRequest.method) {
            return .problem(HTTPProblem(HTTPStatus(rawValue: status), detail: "initialize is refused as asked"))
        }
        guard server.options.usesSessions else { return postWithoutSession(payload, body, head) }
        if let sessionID {
            guard let session = sessions[sessionID] else { return Self.unknownSession }
            if let problem = problem(withRevisionOf: head.headers, session: session.core) { return .problem(problem) }
            return answer(payload, body, head, session: session.core, makeStream: session.makeStream)
        }
        if Self.isRequest(payload, InitializeRequest.method) { return open(payload, body, head) }
        return .problem(HTTPProblem(.badRequest, detail: "Mcp-Session-Id is missing"))
    }

    private static func isRequest(_ payload: JSONRPCPayload, _ method: String) -> Bool {
        guard case .single(.request(let request)) = payload else { return false }
        return request.method == method
    }

    private func open(
        _ payload: JSONRPCPayload, _ body: ArraySlice<UInt8>, _ head: HTTPRequestHead
    ) -> HTTPReply {
        guard sessions.count < Self.maxSessions else {
            return .problem(HTTPProblem(.serviceUnavailable, detail: "\(Self.maxSessions) sessions are open"))
        }
        var generator = SystemRandomNumberGenerator()
        let id = String(generator.next() as UInt64, radix: 16) + String(generator.next() as UInt64, radix: 16)
        let session = HTTPSession(server: server, id: id)
        let reply = answer(
            payload, body, head, session: session.core, fields: ["Mcp-Session-Id": id], makeStream: session.makeStream)
        // A refused handshake makes no session; what its answer says of one is of no use and does no harm.
        if session.core.revision != nil { sessions[id] = session }
        return reply
    }

    /// Every request stands alone. A cancellation cannot be matched with its request: it is only remembered.
    private func postWithoutSession(
        _ payload: JSONRPCPayload, _ body: ArraySlice<UInt8>, _ head: HTTPRequestHead
    ) -> HTTPReply {
        var revision: ProtocolRevision? = .assumedWithoutHeader
        if Self.isRequest(payload, InitializeRequest.method) {
            revision = nil
        } else if let named = head.headers.first("MCP-Protocol-Version") {
            guard let known = supportedRevision(named) else { return .problem(Self.unsupported(named)) }
            revision = known
        }
        let session = LegacySession(
            server: server, transport: .http, label: "request-\(server.makeNumber())", revision: revision,
            canAnnounce: false)
        return answer(payload, body, head, session: session) { EventStream() }
    }

    private func answer(
        _ payload: JSONRPCPayload, _ body: ArraySlice<UInt8>, _ head: HTTPRequestHead, session: LegacySession,
        fields: HTTPHeaders? = nil, makeStream: @escaping @LoopActor () -> EventStream
    ) -> HTTPReply {
        if case .batch = payload, session.revision?.allowsBatch != true {
            return Self.refusal(LegacySession.batchRefusal)
        }
        let sink = PostSink(
            head: head, format: server.options.answerFormat,
            endsEarly: server.options.endsStreamsEarly && Self.isRequest(payload, "tools/call"), makeStream: makeStream)
        return reply(session.receive(payload, text: body, sink: sink), sink, fields ?? HTTPHeaders())
    }

    /// - Parameter onDisconnect: what to do when the client goes away before it is answered.
    func reply(
        _ reception: Reception, _ sink: PostSink, _ fields: HTTPHeaders,
        onDisconnect: (@LoopActor @Sendable () -> Void)? = nil
    ) -> HTTPReply {
        switch sink.misbehaviour {
        case .status(let status):
            return .problem(HTTPProblem(HTTPStatus(rawValue: status), detail: "as asked"))
        case .cut: return .cut
        case .garbage, .disconnect, nil: break
        }
        switch reception {
        case .accepted: return .empty(HTTPResponseHead(Self.accepted(server.options)))
        case .pending: return .pending(sink, fields, onDisconnect: onDisconnect)
        case .answer(let message):
            // A refusal is told by its status, too.
            if message.status == 200, sink.settle(message) { return .pending(sink, fields, onDisconnect: onDisconnect) }
            var response = Self.jsonHead
            response.status = HTTPStatus(rawValue: message.status)
            for field in fields { response.headers.add(field.name, field.value) }
            return .message(response, message)
        }
    }

    /// The status for what is not answered.
    static func accepted(_ options: ServerOptions) -> HTTPStatus {
        options.statusOfAccepted.map { HTTPStatus(rawValue: $0) } ?? .accepted
    }

    // MARK: GET and DELETE

    func get(_ head: HTTPRequestHead) -> HTTPReply {
        guard server.options.usesSessions, server.era.hasLegacy else { return Self.methodNotAllowed("POST") }
        guard !server.options.refusesGet else { return Self.methodNotAllowed("POST, DELETE") }
        guard head.headers.acceptsMediaType("text/event-stream") else {
            return .problem(HTTPProblem(.notAcceptable, detail: "Accept must list text/event-stream"))
        }
        switch session(of: head) {
        case .failure(let refusal): return refusal.reply
        case .success((_, let session)):
            let stream: EventStream
            if let last = head.headers.first("Last-Event-ID"), server.options.hasResumableStreams {
                guard let resumed = session.resumeStream(after: last) else {
                    return .problem(HTTPProblem(.badRequest, detail: "Last-Event-ID \"\(last)\" is unknown"))
                }
                stream = resumed
            } else {
                stream = session.openStream()
            }
            let outbox = stream.outbox
            return .stream(outbox) { session.close(outbox, of: stream) }
        }
    }

    func delete(_ head: HTTPRequestHead) -> HTTPReply {
        guard server.options.usesSessions, server.era.hasLegacy else { return Self.methodNotAllowed("POST") }
        switch session(of: head) {
        case .failure(let refusal): return refusal.reply
        case .success((let id, let session)):
            sessions[id] = nil
            session.close()
            return .empty(HTTPResponseHead(.noContent))
        }
    }

    private struct Refusal: Error { let reply: HTTPReply }

    private func session(of head: HTTPRequestHead) -> Result<(String, HTTPSession), Refusal> {
        guard let id = head.headers.first("Mcp-Session-Id") else {
            let problem = HTTPProblem(.badRequest, detail: "Mcp-Session-Id is missing")
            return .failure(Refusal(reply: .problem(problem)))
        }
        guard let session = sessions[id] else { return .failure(Refusal(reply: Self.unknownSession)) }
        if let problem = problem(withRevisionOf: head.headers, session: session.core) {
            return .failure(Refusal(reply: .problem(problem)))
        }
        return .success((id, session))
    }

    private func forgetSessions() -> Int {
        let forgotten = sessions
        sessions = [:]
        for session in forgotten.values { session.close() }
        return forgotten.count
    }

    // MARK: Rules

    private static func problem(withPost headers: HTTPHeaders) -> HTTPProblem? {
        guard isJSON(headers.firstBytes("Content-Type")) else {
            return HTTPProblem(.unsupportedMediaType, detail: "Content-Type must be application/json")
        }
        // The literal names are what nearly every client sends, and the cheaper question.
        for type in ["application/json", "text/event-stream"] {
            guard headers.listsMediaType(type) || headers.acceptsMediaType(type) else {
                return HTTPProblem(.notAcceptable, detail: "Accept must list application/json and text/event-stream")
            }
        }
        return nil
    }

    private static func isJSON(_ contentType: ArraySlice<UInt8>?) -> Bool {
        guard let contentType else { return false }
        let type = contentType.prefix { $0 != UInt8(ascii: ";") && $0 != UInt8(ascii: " ") }
        // Upper case differs from lower case in one bit, which no other character of the name has to spare.
        return type.elementsEqual("application/json".utf8) { $0 | 0x20 == $1 | 0x20 }
    }

    /// What is wrong with `MCP-Protocol-Version`; a client that leaves it out speaks the negotiated revision.
    private func problem(withRevisionOf headers: HTTPHeaders, session: LegacySession) -> HTTPProblem? {
        guard let named = headers.first("MCP-Protocol-Version"), let revision = session.revision else { return nil }
        if named == revision.rawValue { return nil }
        guard supportedRevision(named) != nil else { return Self.unsupported(named) }
        return HTTPProblem(
            .badRequest, detail: "MCP-Protocol-Version is \(named), but \(revision.rawValue) was negotiated")
    }

    private func supportedRevision(_ text: String) -> ProtocolRevision? {
        guard let revision = ProtocolRevision.accepting(answered: text) else { return nil }
        return revision <= server.options.newestRevision ? revision : nil
    }

    private static func unsupported(_ revision: String) -> HTTPProblem {
        HTTPProblem(.badRequest, detail: "MCP-Protocol-Version \"\(revision)\" is not supported")
    }

    private static let unknownSession = HTTPReply.problem(
        HTTPProblem(.notFound, detail: "the session is unknown or has ended"))

    private static func refusal(_ error: OutgoingMessage) -> HTTPReply {
        .message(HTTPResponseHead(.badRequest, headers: ["Content-Type": "application/json"]), error)
    }

    nonisolated static func methodNotAllowed(_ allowed: String) -> HTTPReply {
        let problem = HTTPProblem(.methodNotAllowed, detail: "allowed: \(allowed)")
        var head = problem.head
        head.headers.set("Allow", allowed)
        return .message(head, OutgoingMessage(problem.body))
    }
}
