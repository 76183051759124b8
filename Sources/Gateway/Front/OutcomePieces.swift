import AsyncIO
import MCPClient
import MCPProtocol

/// Passes a large outcome on while it arrives, as the rest of one message.
struct OutcomePieces {
    private let outcome: any OutcomeStream

    /// A result whose reader takes nothing for this long is given up.
    private static let pieceTimeout = Duration.seconds(60)
    private static let eventStart = Array("event: message\ndata: ".utf8)

    init(_ outcome: any OutcomeStream) { self.outcome = outcome }

    /// Answers with one message alone.
    ///
    /// - Parameters:
    ///   - opening: the message up to the outcome.
    ///   - isEvent: as the one event of a stream, else as a JSON text.
    /// - Returns: what went wrong, if the answer broke off.
    func write(
        _ opening: [UInt8], isEvent: Bool, to exchange: HTTPExchange, _ head: HTTPResponseHead
    ) async -> String? {
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
    func push(_ opening: [UInt8], to events: HTTPEventStream) async -> String? {
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
