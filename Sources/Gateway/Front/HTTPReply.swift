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

    /// A result whose reader takes nothing for this long is given up.
    private static let pieceTimeout = Duration.seconds(60)

    init(_ exchange: HTTPExchange, id: RequestID, accepts: AcceptedAnswers, session: FrontSession) {
        self.exchange = exchange
        self.id = id
        self.accepts = accepts
        self.session = session
    }

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

    func send(_ message: [UInt8]) async {
        if let stream {
            stream.finish(message)
        } else if accepts.json {
            await exchange.respond(LegacyEndpoint.jsonHead(.ok), body: message)
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
        let first = isEvent ? Self.eventStart + opening : opening
        let writer = await exchange.startStream(head, first: first[...])
        do {
            while let piece = try await outcome.next(until: .now + Self.pieceTimeout) {
                try await writer.write(isEvent ? Self.flattened(piece) : piece)
            }
        } catch {
            await outcome.cancel()
            return "\(error)"
        }
        await writer.finish(Array((isEvent ? "}\n\n" : "}").utf8)[...])
        return nil
    }

    private static let eventStart = Array("event: message\ndata: ".utf8)

    /// A line end between tokens would end the event's line.
    private static func flattened(_ piece: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        guard piece.contains(where: { $0 == 0x0A || $0 == 0x0D }) else { return piece }
        return ArraySlice(piece.map { $0 == 0x0A || $0 == 0x0D ? 0x20 : $0 })
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
        events.push(Self.eventStart + opening)
        do {
            while let piece = try await outcome.next(until: .now + Self.pieceTimeout) {
                events.push(Array(Self.flattened(piece)))
                await events.room()
            }
        } catch {
            await outcome.cancel()
            // The event has no end, so a client does not take it for a message.
            stream.finish(nil)
            return "\(error)"
        }
        events.push(Array("}\n\n".utf8), isLast: true)
        stream.finish(nil)
        return nil
    }
}
