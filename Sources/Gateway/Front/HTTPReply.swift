import AsyncIO
import MCPClient
import MCPProtocol

/// Answers one request over Streamable HTTP: as one JSON text when nothing comes before the answer, else as a stream of
/// events.
// Unchecked: used on the loop of its exchange only; a call's run, which is told about it, is on the same.
final class HTTPReply: Reply, @unchecked Sendable {
    private let exchange: HTTPExchange
    private let id: RequestID
    private let accepts: AcceptedAnswers
    private let session: FrontSession
    private var stream: FrontStream?

    init(_ exchange: HTTPExchange, id: RequestID, accepts: AcceptedAnswers, session: FrontSession) {
        self.exchange = exchange
        self.id = id
        self.accepts = accepts
        self.session = session
    }

    var loop: EventLoop? { exchange.loop }
    var takesMessages: Bool { accepts.events }
    var channel: any FrontChannel { openStream() }

    /// The stream of events, begun if it has not been.
    private func openStream() -> FrontStream {
        if let stream { return stream }
        let stream = session.openAnswer(to: id)
        self.stream = stream
        let events = HTTPEventStream(loop: exchange.loop, maxBacklogBytes: session.limits.maxStreamBacklogBytes)
        stream.attach(events)
        exchange.detachStream(
            LegacyEndpoint.eventHead(), first: stream.opening(for: session.revision)[...], to: events,
            keepAlive: session.limits.streamKeepAlive, endsWithClientsSide: false
        ) { [session] _ in session.carrierEnded(events, of: stream) }
        if session.revision.hasPollingStreams, let limit = session.limits.pollAfter {
            let retry = session.limits.pollRetry
            _ = exchange.loop.schedule(at: .now + limit) { [weak stream] in stream?.letPoll(after: retry) }
        }
        return stream
    }

    func push(_ message: [UInt8]) {
        guard accepts.events else { return }
        openStream().push(message)
    }

    func room() async { await stream?.room() }

    func waitLong() {
        if accepts.events { _ = openStream() }
    }

    func send(_ message: [UInt8], as status: HTTPStatus) async {
        if let stream {
            stream.finish(message)
        } else if accepts.json {
            await exchange.respond(LegacyEndpoint.jsonHead(status), body: message)
        } else {
            // The one event there is; nothing to come back for.
            var event: [UInt8] = []
            SSEEncoder.encode(event: "message", data: message[...], into: &event)
            await exchange.respond(LegacyEndpoint.eventHead(), body: event)
        }
    }

    func endWithoutAnswer() async {
        if let stream { stream.finish(nil) } else { await exchange.respond(LegacyEndpoint.eventHead()) }
    }

    // MARK: Large answers

    func pass(_ outcome: any OutcomeStream) async -> String? {
        var opening = Array(#"{"jsonrpc":"2.0","id":"#.utf8)
        opening += id.encode()
        opening += Array(",\"\(outcome.member)\":".utf8)
        if let stream { return await pass(outcome, opening, behind: stream) }
        let isEvent = !accepts.json
        let head = isEvent ? LegacyEndpoint.eventHead() : LegacyEndpoint.jsonHead(.ok)
        return await OutcomePieces(outcome).write(opening, isEvent: isEvent, to: exchange, head)
    }

    /// The client has a stream already, so the outcome goes there, in pieces; it cannot be had again.
    private func pass(
        _ outcome: any OutcomeStream, _ opening: [UInt8], behind stream: FrontStream
    ) async -> String? {
        guard let events = stream.passLast() else {
            await outcome.cancel()
            stream.finish(nil)
            return "the client is gone"
        }
        let problem = await OutcomePieces(outcome).push(opening, to: events)
        stream.finish(nil)
        return problem
    }
}
