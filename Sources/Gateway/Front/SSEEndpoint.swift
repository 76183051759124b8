import AsyncIO
import MCPProtocol
import Synchronization

/// HTTP+SSE of 2024-11-05: a stream for everything that goes to the client, and a path to POST its messages to
/// (MCP 2024-11-05, Transports, "HTTP with SSE").
struct SSEEndpoint: Sendable {
    let dispatcher: LegacyDispatcher
    private let clients = SSEClients()

    init(dispatcher: LegacyDispatcher) { self.dispatcher = dispatcher }

    // MARK: GET /sse

    func open(_ exchange: HTTPExchange) async {
        guard AcceptedAnswers(exchange.head.headers).events else {
            await exchange.respond(
                HTTPProblem(406, detail: "the answer is text/event-stream, which the Accept header does not allow"))
            return
        }
        let limits = dispatcher.limits
        let channel = EventChannel(
            HTTPEventStream(loop: exchange.loop, maxBacklogBytes: limits.maxStreamBacklogBytes))
        let id = SessionStore.makeID()
        let client = ChannelSession(dispatcher, channel: channel, id: id)
        guard clients.add(client, as: id, limit: limits.maxSessions) else {
            await exchange.respond(
                HTTPProblem(
                    503, title: "Too many sessions", detail: LegacyDispatcher.tooManySessions(limits).message))
            return
        }
        var first: [UInt8] = []
        SSEEncoder.encode(event: "endpoint", data: Array("/messages?sessionId=\(id)".utf8)[...], into: &first)
        let loop = exchange.loop
        exchange.detachStream(
            LegacyEndpoint.eventHead(), first: first[...], to: channel.events, keepAlive: limits.streamKeepAlive
        ) { [clients] _ in
            clients.remove(id)
            // The end of the stream is the end of the session.
            Task(executorPreference: loop) { await client.end(reason: "the client closed its stream") }
        }
    }

    // MARK: POST /messages

    func post(_ exchange: HTTPExchange) async {
        guard exchange.head.headers.hasContentType("application/json") else {
            await exchange.respond(
                HTTPProblem(415, detail: "a message must be sent with Content-Type: application/json"))
            return
        }
        guard let id = exchange.head.queryValue("sessionId") else {
            await exchange.respond(
                HTTPProblem(400, detail: "sessionId is missing; GET /sse names the URL to post messages to"))
            return
        }
        guard let client = clients.client(id) else {
            await exchange.respond(
                HTTPProblem(404, title: "No such session", detail: "the stream of this session is not open (any more)"))
            return
        }
        do {
            let body = try await exchange.readBody(upTo: dispatcher.limits.maxBodyBytes)
            // A copy: the buffer is the connection's, and the message may wait.
            let work = try client.take(Array(body)[...], on: exchange.loop)
            // The next message may come over another connection, and on another loop.
            await work?.value
            await exchange.respond(HTTPResponseHead(.accepted))
        } catch let error as JSONRPCParseError {
            await exchange.respond(HTTPProblem(400, title: "Not a message", detail: error.message))
        } catch let error as HTTPBodyError {
            await exchange.respond(HTTPProblem(error))
        } catch {
            await exchange.respond(HTTPProblem(500, detail: "\(error)"))
        }
    }

    /// Before the end: a stream over which no answer is on its way ends, others with their last answer.
    func closeUnused() { clients.closeUnused() }
}

/// The clients whose streams are open.
private final class SSEClients: Sendable {
    private let clients = Mutex<[String: ChannelSession]>([:])

    func add(_ client: ChannelSession, as id: String, limit: Int) -> Bool {
        clients.withLock { clients in
            guard clients.count < limit else { return false }
            clients[id] = client
            return true
        }
    }

    func client(_ id: String) -> ChannelSession? { clients.withLock { $0[id] } }
    func remove(_ id: String) { clients.withLock { $0[id] = nil } }

    func closeUnused() {
        for client in clients.withLock({ Array($0.values) }) { client.drain() }
    }
}
