import AsyncIO
import MCPClient
import MCPProtocol

/// Passes a large outcome on while it arrives, as the rest of one message.
struct OutcomePieces {
    private let outcome: any OutcomeStream
    /// The message up to the outcome.
    private let opening: [UInt8]

    /// A result whose reader takes nothing for this long is given up.
    private static let pieceTimeout = Duration.seconds(60)
    private static let eventStart = Array("event: message\ndata: ".utf8)

    init(_ outcome: any OutcomeStream, answering id: RequestID) {
        self.outcome = outcome
        opening = Array(#"{"jsonrpc":"2.0","id":"#.utf8) + id.encode() + Array(",\"\(outcome.member)\":".utf8)
    }

    /// Answers with one message alone, in a form the client takes.
    ///
    /// - Returns: what went wrong, if the answer broke off.
    func write(to exchange: HTTPExchange, _ accepts: AcceptedAnswers) async -> String? {
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

    /// Appends one event to a stream that the client has already.
    ///
    /// - Returns: what went wrong, if the answer broke off: the event then has no end, so that a client does not take it
    ///   for a message.
    func push(to events: HTTPEventStream) async -> String? {
        events.push(Self.eventStart + opening)
        do {
            while let piece = try await outcome.next(until: .now + Self.pieceTimeout) {
                events.push(Array(Self.flattened(piece)))
                await events.room()
            }
        } catch {
            await outcome.cancel()
            return "\(error)"
        }
        events.push(Array("}\n\n".utf8), isLast: true)
        return nil
    }

    /// A line end between tokens would end the event's line.
    private static func flattened(_ piece: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        guard piece.contains(where: { $0 == 0x0A || $0 == 0x0D }) else { return piece }
        return ArraySlice(piece.map { $0 == 0x0A || $0 == 0x0D ? 0x20 : $0 })
    }
}
