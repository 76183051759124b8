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
        } else {
            // The one message there is; nothing to come back for.
            await exchange.answer(message, as: status, accepts)
        }
    }

    func endWithoutAnswer() async {
        if let stream { stream.finish(nil) } else { await exchange.respond(LegacyEndpoint.eventHead()) }
    }

    // MARK: Large answers

    func pass(_ outcome: any OutcomeStream) async -> String? {
        let pieces = OutcomePieces(outcome, answering: id)
        guard let stream else { return await pieces.write(to: exchange, accepts) }
        // The client has a stream already, so the outcome goes there, in pieces; it cannot be had again.
        guard let events = stream.passLast() else {
            await outcome.cancel()
            stream.finish(nil)
            return "the client is gone"
        }
        let problem = await pieces.push(to: events)
        stream.finish(nil)
        return problem
    }
}
