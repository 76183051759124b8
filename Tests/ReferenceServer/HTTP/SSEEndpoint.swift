import AsyncIO
import MCPProtocol

/// The two endpoints of HTTP+SSE (MCP 2024-11-05, Transports, "HTTP with SSE"): a stream that carries everything the
/// server says, and a place to post to.
@LoopActor
final class SSEEndpoint {
    /// Streams open at a time. One more is refused.
    private static let maxStreams = 10_000

    private let server: Server
    private var connections: [String: SSEConnection] = [:]

    init(server: Server) { self.server = server }

    var isServed: Bool { server.era.hasLegacy }

    func open(_ head: HTTPRequestHead) -> HTTPReply {
        guard connections.count < Self.maxStreams else {
            return .problem(HTTPProblem(.serviceUnavailable, detail: "\(Self.maxStreams) streams are open"))
        }
        var generator = SystemRandomNumberGenerator()
        let id = String(generator.next() as UInt64, radix: 16) + String(generator.next() as UInt64, radix: 16)
        let connection = SSEConnection(server: server, head: head, id: id)
        connections[id] = connection
        connection.outbox.appendRaw(Array("event: endpoint\ndata: /messages?session_id=\(id)\n\n".utf8))
        return .stream(connection.outbox) { [weak self] in
            self?.connections[id] = nil
            connection.close()
        }
    }

    func post(_ head: HTTPRequestHead, _ body: ArraySlice<UInt8>) -> HTTPReply {
        guard let connection = connections[head.queryValue("session_id") ?? ""] else {
            return .problem(HTTPProblem(.notFound, detail: "session_id is unknown or its stream has ended"))
        }
        let payload: JSONRPCPayload
        do {
            payload = try JSONRPCPayload(
                parsing: body, limits: JSONLimits(maxBytes: LegacySession.maxMessageBytes))
        } catch {
            return .problem(HTTPProblem(.badRequest, detail: error.message))
        }
        let isAnswered = connection.receive(payload, text: body)
        return .empty(HTTPResponseHead(isAnswered ? .accepted : HTTPEndpoint.accepted(server.options)))
    }
}

/// One client of HTTP+SSE.
@LoopActor
final class SSEConnection: MessageSink {
    let outbox = Outbox(framing: .events)
    private let session: LegacySession
    private let head: HTTPRequestHead

    init(server: Server, head: HTTPRequestHead, id: String) {
        self.head = head
        session = LegacySession(server: server, transport: .sse, label: id)
        session.sendUnsolicited = { [outbox] message in
            outbox.append(message)
            return true
        }
    }

    /// - Returns: whether there is or will be an answer on the stream.
    func receive(_ payload: JSONRPCPayload, text: ArraySlice<UInt8>) -> Bool {
        switch session.receive(payload, text: text, sink: self) {
        case .answer(let answer):
            outbox.append(answer)
            return true
        case .pending: return true
        case .accepted: return false
        }
    }

    func close() {
        session.close()
        outbox.finish()
    }

    // MARK: MessageSink

    var carriesMessages: Bool { true }

    func send(_ message: [UInt8]) async {
        outbox.append(OutgoingMessage(message))
        await outbox.waitForSpace()
    }

    func finish(_ answer: OutgoingMessage?) {
        if let answer { outbox.append(answer) }
    }

    func misbehave(_ how: Misbehaviour) -> Bool {
        switch how {
        case .garbage(let bytes, let fillerBytes):
            outbox.appendRaw(Array("data: ".utf8) + bytes, fillerBytes: fillerBytes)
            outbox.appendRaw(Array("\n\n".utf8))
            return true
        case .cut:
            outbox.finish()
            return true
        case .status, .disconnect: return false
        }
    }

    var transportFacts: JSONValue {
        let fields = head.headers.map { JSONValue.array([.string($0.name), .string($0.value)]) }
        return .object(["kind": .string("sse"), "target": .string(head.target), "headers": .array(fields)])
    }
}
