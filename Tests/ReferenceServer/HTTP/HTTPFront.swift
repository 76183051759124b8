import AsyncIO

/// Carries requests to the endpoints and sends what they decide.
struct HTTPFront: HTTPHandler {
    private static let eventStream = HTTPResponseHead(
        .ok, headers: ["Content-Type": "text/event-stream", "Cache-Control": "no-cache"])
    private static let fillerChunk = [UInt8](repeating: OutgoingMessage.filler, count: 64 << 10)

    let streamable: HTTPEndpoint
    let sse: SSEEndpoint
    let servesSSEOnly: Bool

    nonisolated(nonsending) func handle(_ exchange: HTTPExchange) async {
        switch await reply(to: exchange) {
        case .empty(let head): await exchange.respond(head)
        case .problem(let problem): await exchange.respond(problem)
        case .message(let head, let message): await send(message, head, to: exchange)
        case .pending(let sink, let fields, let onDisconnect):
            if let onDisconnect { exchange.onDisconnect { LoopActor.start { onDisconnect() } } }
            await follow(sink, fields, exchange)
        case .stream(let outbox, let onEnd): await stream(outbox, exchange, onEnd)
        case .cut:
            // Left unfinished, which makes the server cut the connection.
            _ = await exchange.startStream(Self.eventStream, first: Array("data: {\"jso".utf8)[...])
        }
    }

    private nonisolated(nonsending) func reply(to exchange: HTTPExchange) async -> HTTPReply {
        let head = exchange.head
        if exchange.isLoopbackListener, let problem = RebindingGuard.problem(with: head) { return .problem(problem) }
        switch (head.rawPath, head.method) {
        case ("/mcp", _) where servesSSEOnly:
            return .problem(HTTPProblem(.notFound, detail: "the endpoints are /sse and /messages"))
        case ("/mcp", "POST"), ("/messages", "POST"):
            let body: ArraySlice<UInt8>
            do {
                body = try await exchange.readBody(upTo: LegacySession.maxMessageBytes)
            } catch {
                return .problem(HTTPProblem(error))
            }
            return head.rawPath == "/mcp" ? await streamable.post(head, body) : await sse.post(head, body)
        case ("/mcp", "GET"): return await streamable.get(head)
        case ("/mcp", "DELETE"): return await streamable.delete(head)
        case ("/mcp", _): return HTTPEndpoint.methodNotAllowed("GET, POST, DELETE")
        case ("/sse", _) where await !sse.isServed:
            return .problem(HTTPProblem(.notFound, detail: "the endpoint is /mcp"))
        case ("/sse", "GET"): return await sse.open(head)
        case ("/sse", _): return HTTPEndpoint.methodNotAllowed("GET")
        case ("/messages", _): return HTTPEndpoint.methodNotAllowed("POST")
        default: return .problem(HTTPProblem(.notFound, detail: "the endpoints are /mcp, /sse and /messages"))
        }
    }

    // MARK: Sending

    private nonisolated(nonsending) func send(
        _ message: OutgoingMessage, _ head: HTTPResponseHead, to exchange: HTTPExchange
    ) async {
        guard message.fillerBytes > 0 else { return await exchange.respond(head, body: message.head + message.tail) }
        let writer = await exchange.startStream(head, first: message.head[...])
        do {
            try await write(.filler(message.fillerBytes), to: writer)
            await writer.finish(message.tail[...])
        } catch {
            // The client is gone; its connection is cut.
        }
    }

    private nonisolated(nonsending) func write(
        _ piece: Outbox.Piece, to writer: HTTPBodyWriter
    ) async throws(HTTPWriteError) {
        switch piece {
        case .bytes(let bytes): try await writer.write(bytes)
        case .filler(var rest):
            while rest > 0 {
                let count = min(rest, Self.fillerChunk.count)
                try await writer.write(Self.fillerChunk[..<count])
                rest -= count
            }
        }
    }

    /// Sends a POST's answer as it comes.
    private nonisolated(nonsending) func follow(
        _ sink: PostSink, _ fields: HTTPHeaders, _ exchange: HTTPExchange
    ) async {
        switch await sink.beginning() {
        case .answer(let message):
            var head = HTTPResponseHead(
                HTTPStatus(rawValue: message.status), headers: ["Content-Type": "application/json"])
            for field in fields { head.headers.add(field.name, field.value) }
            await send(message, head, to: exchange)
        case .stream:
            await copy(await sink.stream.outbox, fields, exchange)
        case .nothing:
            // A stream without an event: there is nothing to say to a client that has taken its request back.
            await exchange.startStream(Self.eventStream).finish()
        }
    }

    private nonisolated(nonsending) func stream(
        _ outbox: Outbox, _ exchange: HTTPExchange, _ onEnd: @escaping @LoopActor @Sendable () -> Void
    ) async {
        exchange.onDisconnect { LoopActor.start { onEnd() } }
        await copy(outbox, HTTPHeaders(), exchange)
        await onEnd()
    }

    private nonisolated(nonsending) func copy(
        _ outbox: Outbox, _ fields: HTTPHeaders, _ exchange: HTTPExchange
    ) async {
        var head = Self.eventStream
        for field in fields { head.headers.add(field.name, field.value) }
        let writer = await exchange.startStream(head)
        while let pieces = await outbox.take() {
            do {
                for piece in pieces { try await write(piece, to: writer) }
            } catch {
                // The client is gone: whoever still fills the outbox must not wait for it.
                return await outbox.finish()
            }
        }
        await writer.finish()
    }
}
