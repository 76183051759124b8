import AsyncIO
import MCPClient
import MCPProtocol

/// Answers one request over Streamable HTTP: as one JSON text when nothing comes before the answer, else as a stream of
/// events.
final class CallResponder {
    private let exchange: HTTPExchange
    private let id: RequestID
    private let accepts: AcceptedAnswers
    private var events: HTTPBodyWriter?
    /// Writing failed: the client is gone. What comes now is dropped.
    private var isGone = false

    /// A result whose reader takes nothing for this long is given up.
    private static let pieceTimeout = Duration.seconds(60)

    init(_ exchange: HTTPExchange, id: RequestID, accepts: AcceptedAnswers) {
        self.exchange = exchange
        self.id = id
        self.accepts = accepts
    }

    /// Sends something that comes before the answer. Left out where the client takes no events.
    func note(_ message: [UInt8]) async {
        guard accepts.events else { return }
        await write(event: message)
    }

    /// Sends the answer.
    func send(_ message: [UInt8]) async {
        if events == nil, accepts.json {
            await exchange.respond(LegacyEndpoint.jsonHead(.ok), body: message)
        } else {
            await write(event: message)
            await events?.finish()
        }
    }

    /// Ends the exchange with nothing: the client has cancelled and wants no answer.
    func endWithoutAnswer() async {
        if events == nil { events = await exchange.startStream(LegacyEndpoint.eventHead()) }
        await events?.finish()
    }

    private func write(event message: [UInt8]) async {
        guard !isGone else { return }
        var bytes: [UInt8] = []
        SSEEncoder.encode(event: "message", data: message[...], into: &bytes)
        guard let events else {
            events = await exchange.startStream(LegacyEndpoint.eventHead(), first: bytes[...])
            return
        }
        do throws(HTTPWriteError) {
            try await events.write(bytes)
        } catch {
            isGone = true
        }
    }

    // MARK: Large answers

    /// Passes an answer on while it arrives; the client's pace becomes the server's.
    ///
    /// - Returns: what went wrong, if the answer broke off; the connection is then cut, so that the client cannot take
    ///   what it got for whole.
    func pass(_ stream: any OutcomeStream) async -> String? {
        var opening = Array(#"{"jsonrpc":"2.0","id":"#.utf8)
        opening += id.encode()
        opening += Array(",\"\(stream.member)\":".utf8)
        let writer: HTTPBodyWriter
        let isEvent = events != nil || !accepts.json
        if let events {
            writer = events
            do throws(HTTPWriteError) {
                try await writer.write(Array("event: message\ndata: ".utf8) + opening)
            } catch {
                await stream.cancel()
                return "\(error)"
            }
        } else if isEvent {
            let first = Array("event: message\ndata: ".utf8) + opening
            writer = await exchange.startStream(LegacyEndpoint.eventHead(), first: first[...])
        } else {
            writer = await exchange.startStream(LegacyEndpoint.jsonHead(.ok), first: opening[...])
        }
        do {
            while let piece = try await stream.next(until: .now + Self.pieceTimeout) {
                // A line end between tokens would end the event's line.
                let mustFlatten = isEvent && piece.contains { $0 == 0x0A || $0 == 0x0D }
                try await writer.write(
                    mustFlatten ? ArraySlice(piece.map { $0 == 0x0A || $0 == 0x0D ? 0x20 : $0 }) : piece)
            }
        } catch {
            await stream.cancel()
            return "\(error)"
        }
        await writer.finish(Array((isEvent ? "}\n\n" : "}").utf8)[...])
        return nil
    }
}

extension CallRun {
    /// Waits for the answer as one message, for callers that take nothing before it; `nil` if the run was cancelled.
    ///
    /// - Parameter revision: the client's.
    func whole(id: RequestID, for revision: ProtocolRevision) async -> [UInt8]? {
        switch await wholeOutcome() {
        case .result(let result): JSONRPC.response(id: id, result: result.toolResult(for: revision))
        case .error(let error): JSONRPC.error(id: id, error)
        case .failed(let failure): JSONRPC.response(id: id, result: failure.toolResult(tool: tool.exposedName))
        case .cancelled, .stream: nil
        }
    }

    /// Waits for the end of the run; never `.stream`.
    private func wholeOutcome() async -> RunOutcome {
        while true {
            guard case .finished(let outcome) = await next() else { continue }
            guard case .stream(let stream) = outcome else { return outcome }
            return await collect(stream)
        }
    }

    /// Puts a large outcome together, up to `limits.maxResultBytes`, which the stream keeps; never `.stream`.
    func collect(_ stream: any OutcomeStream) async -> RunOutcome {
        var bytes: [UInt8] = []
        do throws(MCPClientError) {
            while let piece = try await stream.next(until: .now + .seconds(60)) { bytes += piece }
        } catch {
            return .failed(UpstreamFailure(server: tool.server, error))
        }
        let value = RawJSON(unchecked: bytes[...])
        guard stream.member == "error" else { return .result(value) }
        return .error(JSONRPCError(value) ?? .internalError("the server's error has no code"))
    }
}
