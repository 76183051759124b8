/// One request and its answer. Lives on the connection's loop and is of no use after the handler has returned.
package final class HTTPExchange {
    package let head: HTTPRequestHead
    /// The client's address; `nil` for a Unix socket.
    package let remoteAddress: SocketAddress?
    /// The address of the listener the connection came through.
    package let listenerAddress: SocketAddress
    package var loop: EventLoop { wire.server.loop }

    private enum Answer {
        case none
        case streaming(HTTPBodyWriter)
        case detached(HTTPEventStream)
        case complete
    }

    private let wire: HTTPWire
    private var answer = Answer.none
    private var awaitsContinue: Bool
    private var keepsConnection = false

    init(
        head: HTTPRequestHead, remoteAddress: SocketAddress?, listenerAddress: SocketAddress, wire: HTTPWire
    ) {
        self.head = head
        self.remoteAddress = remoteAddress
        self.listenerAddress = listenerAddress
        self.wire = wire
        awaitsContinue = head.expectation == .continue && !wire.isBodyComplete
    }

    /// Whether only this machine can reach the listener.
    package var isLoopbackListener: Bool { listenerAddress.isLoopback }

    /// Whether an answer, or the beginning of one, has been given.
    package var isAnswered: Bool {
        if case .none = answer { false } else { true }
    }

    // MARK: Reading

    /// Reads the whole body, or what is left of it. A client that waits for `100 Continue` gets it first.
    ///
    /// - Throws: ``HTTPBodyError/tooLarge(limit:)`` before anything is read if the client has announced more than
    ///   `maxBytes`. An answer can be given after every error but ``HTTPBodyError/closed``.
    package func readBody(upTo maxBytes: Int) async throws(HTTPBodyError) -> ArraySlice<UInt8> {
        if let rest = wire.declaredRest, !wire.isBodyComplete, rest > maxBytes { throw .tooLarge(limit: maxBytes) }
        guard let first = try await readBodyChunk() else { return [] }
        if first.count > maxBytes { throw .tooLarge(limit: maxBytes) }
        // Usually the body came with the head, and is where it was read to.
        if wire.isBodyComplete { return first }
        var body = Array(first)
        if let rest = wire.declaredRest { body.reserveCapacity(first.count + min(rest, 1 << 20)) }
        while let piece = try await readBodyChunk() {
            if piece.count > maxBytes - body.count { throw .tooLarge(limit: maxBytes) }
            body.append(contentsOf: piece)
        }
        return body[...]
    }

    /// Reads the next piece of the body; `nil` at its end.
    package func readBodyChunk() async throws(HTTPBodyError) -> ArraySlice<UInt8>? {
        if awaitsContinue, !isAnswered {
            awaitsContinue = false
            // A client that sends without waiting needs no invitation.
            if !wire.hasUnparsedInput {
                do throws(HTTPWriteError) {
                    try await wire.send([]) { $0.append(contentsOf: "HTTP/1.1 100 Continue\r\n\r\n".utf8) }
                } catch {
                    throw .closed
                }
            }
        }
        return try await wire.bodyPiece(until: wire.server.limits.bodyTimeout.map { .now + $0 })
    }

    // MARK: The client's presence

    /// Whether the client has closed or reset the connection, or at least sends nothing more.
    package var isDisconnected: Bool { wire.isDisconnected }

    /// Calls `body` on the loop, at most once, when the client closes, half-closes or resets the connection, or is cut,
    /// before the handler has returned; at once if that has happened already. Replaces an earlier `body`.
    ///
    /// Bytes of a next request are not a disconnect. A half-closed connection still carries the answer, but hardly any
    /// client that does so waits for one.
    package func onDisconnect(_ body: @escaping @Sendable () -> Void) { wire.watchDisconnect(body) }

    // MARK: Answering

    /// Answers with a body of known length. A `HEAD` request and a status that forbids a body get the head only.
    ///
    /// Returns when the kernel has taken all of it. A failure to send is not reported: nobody is there to care, and
    /// ``isDisconnected`` tells.
    package func respond(_ response: HTTPResponseHead, body: ArraySlice<UInt8>) async {
        guard begin() else { return }
        answer = .complete
        let forbidsBody = response.status.forbidsBody
        let framing = forbidsBody ? HTTPResponseHead.Framing.none : .length(body.count)
        let sent = forbidsBody || isHead ? [] : body
        do throws(HTTPWriteError) {
            try await wire.send(sent) { encode(response, framing, into: &$0) }
        } catch {
            // The connection is cut, which ends it after this request.
        }
    }

    package func respond(_ response: HTTPResponseHead, body: [UInt8] = []) async {
        await respond(response, body: body[...])
    }

    package func respond(_ problem: HTTPProblem) async {
        await respond(problem.head, body: problem.body[...])
    }

    /// Begins an answer whose length is not known yet, and sends its head at once, together with `first`.
    ///
    /// The body is chunked; for a client of HTTP/1.0 it ends with the connection. Finish the writer before the handler
    /// returns, or the connection is cut.
    package func startStream(_ response: HTTPResponseHead, first: ArraySlice<UInt8> = []) async -> HTTPBodyWriter {
        guard begin() else { return HTTPBodyWriter(wire: wire, framing: .nothing) }
        let framing = streamFraming(response)
        let writer = HTTPBodyWriter(wire: wire, framing: framing)
        answer = .streaming(writer)
        await writer.start(first: first) { encodeStreamed(response, into: &$0) }
        return writer
    }

    /// Begins an answer of unknown length that goes on after the handler has returned, fed through `stream` alone, and
    /// sends its head at once, together with `first` and what the stream holds already. No task waits meanwhile, so an
    /// open stream costs little.
    ///
    /// Ends the watch of ``onDisconnect(_:)``: the stream ends by itself when the client goes away or the server drains.
    ///
    /// - Parameters:
    ///   - stream: one of this connection's loop that no other exchange was given.
    ///   - keepAlive: after this long a silence a comment is sent (HTML Standard, "Server-sent events"), which also
    ///     finds out whether the client is still there; `nil` for none.
    ///   - endsWithClientsSide: whether a client that closes its side of the connection is taken for gone; `false` for an
    ///     answer that it may still be waiting for.
    ///   - onClose: called on the loop, once, when the stream has ended, with what cut the connection or `nil` if the
    ///     answer is whole. Possibly before this returns.
    package func detachStream(
        _ response: HTTPResponseHead, first: ArraySlice<UInt8> = [], to stream: HTTPEventStream,
        keepAlive: Duration? = nil, endsWithClientsSide: Bool = true,
        onClose: @escaping @Sendable (HTTPWriteError?) -> Void = { _ in }
    ) {
        guard begin() else { return onClose(.finished) }
        // Nobody would be there to skip the rest of the body.
        if !wire.isBodyComplete { keepsConnection = false }
        let framing = streamFraming(response)
        answer = .detached(stream)
        var bytes: [UInt8] = []
        encodeStreamed(response, into: &bytes)
        framing.append(first, to: &bytes)
        wire.watchDisconnect(nil)
        stream.begin(
            with: bytes, on: wire, framing: framing, conclusion: wholeConclusion, keepAlive: keepAlive,
            endsWithClientsSide: endsWithClientsSide, onClose: onClose)
    }

    private func streamFraming(_ response: HTTPResponseHead) -> HTTPBodyWriter.Framing {
        if isHead || response.status.forbidsBody { return .nothing }
        if head.version == .http1_1 { return .chunked }
        keepsConnection = false
        return .untilClose
    }

    private func encodeStreamed(_ response: HTTPResponseHead, into bytes: inout [UInt8]) {
        let isChunked = head.version == .http1_1 && !response.status.forbidsBody
        encode(response, isChunked ? .chunked : .none, into: &bytes)
    }

    private var isHead: Bool { head.method == "HEAD" }

    /// - Returns: `false` if there is an answer already, which is a mistake of the handler's.
    private func begin() -> Bool {
        guard !isAnswered else {
            assertionFailure("a request is answered once")
            return false
        }
        keepsConnection = head.keepsConnection && !wire.server.isDraining && canReachNextRequest
        return true
    }

    /// Whether what is left of the body is little enough to be read for nothing.
    private var canReachNextRequest: Bool {
        if wire.parseError != nil { return false }
        if wire.isBodyComplete { return true }
        return !awaitsContinue && (wire.declaredRest ?? 0) <= wire.server.limits.maxUnreadBodyBytes
    }

    private func encode(
        _ response: HTTPResponseHead, _ framing: HTTPResponseHead.Framing, into bytes: inout [UInt8]
    ) {
        let connection: HTTPResponseHead.Connection =
            if !keepsConnection { .close } else if head.version == .http1_0 { .keepAlive } else { .implied }
        response.encode(
            into: &bytes, framing: framing, connection: connection, date: wire.server.currentDate())
    }

    // MARK: After the handler

    enum Conclusion {
        /// The connection is ready for its next request.
        case next
        /// The answer is sent and the connection ends; the client may still be sending.
        case linger
        case close
        /// The answer goes on without the handler, and its end decides.
        case detached(HTTPEventStream)
    }

    /// Completes what the handler left open, and reads the body to its end if that is cheap.
    func conclude() async -> Conclusion {
        if case .detached(let stream) = answer { return .detached(stream) }
        wire.watchDisconnect(nil)
        switch answer {
        case .none:
            // A handler that gives up because the client is gone has nothing to answer.
            if wire.isDisconnected { return .close }
            await respond(HTTPProblem(.internalServerError, detail: "the request was not answered"))
        case .streaming(let writer):
            if !writer.isFinished { return .close }
        case .complete, .detached:
            break
        }
        if wire.isBroken { return .close }
        guard case .next = wholeConclusion else { return wholeConclusion }
        return await skipBody() ? .next : .linger
    }

    /// What follows an answer that was sent whole, if what is left of the request's body is skipped.
    private var wholeConclusion: Conclusion {
        if keepsConnection { return .next }
        let clientEndsIt = !head.keepsConnection && wire.isBodyComplete && !wire.hasUnparsedInput
        return clientEndsIt ? .close : .linger
    }

    private func skipBody() async -> Bool {
        let deadline = wire.server.limits.bodyTimeout.map { MonotonicInstant.now + $0 }
        var skipped = 0
        do throws(HTTPBodyError) {
            while let piece = try await wire.bodyPiece(until: deadline) {
                skipped += piece.count
                if skipped > wire.server.limits.maxUnreadBodyBytes { return false }
            }
            return true
        } catch {
            // The request is answered already; what is wrong with its body only costs the connection.
            return false
        }
    }
}
