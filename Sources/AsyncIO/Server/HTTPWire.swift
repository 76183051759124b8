/// The bytes of one connection: requests come out of it, answers go into it. Lives on the connection's loop.
final class HTTPWire {
    let stream: IOStream
    let server: HTTPServerLoop

    private var parser: HTTPRequestParser
    /// What was read and not parsed: later requests of a client that does not wait for answers.
    private var input: ArraySlice<UInt8> = []
    /// Whether the present request has been read to its end.
    private(set) var isBodyComplete = true
    /// Bytes of the body still to come, if the client said how many.
    private(set) var declaredRest: Int?
    private(set) var parseError: HTTPParseError?
    /// Nothing more can be written.
    private(set) var isBroken = false
    private var onDisconnect: (@Sendable () -> Void)?
    private var piecesInARow = 0

    /// Up to here a body is copied behind its head, so that both leave in one system call.
    private static let maxCopiedBytes = 32 << 10
    /// What a slow client must take within one write timeout.
    static let minProgressBytes = 16 << 10
    /// Pieces of a body read without a wait before other connections get their turn.
    private static let maxPiecesInARow = 16

    init(stream: IOStream, server: HTTPServerLoop) {
        self.stream = stream
        self.server = server
        parser = HTTPRequestParser(limits: server.limits.parser)
    }

    // MARK: Requests

    /// Whether the client has sent no byte of a next request.
    var isBetweenRequests: Bool { input.isEmpty && parser.isBetweenRequests }

    var hasUnparsedInput: Bool { !input.isEmpty }

    /// The next request if its head has arrived whole. The request before must have been read to its end.
    func parseHead() throws(HTTPParseError) -> HTTPRequestHead? {
        while !input.isEmpty {
            guard case .head(let head) = try parse() else { continue }
            isBodyComplete = false
            switch head.bodyFraming {
            case .none: try finishBody()
            case .length(let count): declaredRest = count
            case .chunked: declaredRest = nil
            }
            return head
        }
        return nil
    }

    private func parse() throws(HTTPParseError) -> HTTPRequestParser.Step {
        do throws(HTTPParseError) {
            return try parser.parse(&input)
        } catch {
            parseError = error
            throw error
        }
    }

    /// Takes the end of a request, which needs no byte of its own.
    private func finishBody() throws(HTTPParseError) {
        if case .end = try parse() { isBodyComplete = true }
    }

    /// Waits for bytes.
    ///
    /// - Returns: `false` at the end of the stream.
    func fill(until deadline: MonotonicInstant? = nil) async throws(IOStreamError) -> Bool {
        guard let bytes = try await stream.read(until: deadline, { Array($0) }) else { return false }
        input = bytes[...]
        return true
    }

    enum Arrival {
        case bytes
        case nothing
        case endOfStream
    }

    /// Takes bytes that are there, without waiting.
    func fillNow() throws(IOStreamError) -> Arrival {
        switch try stream.readNow({ Array($0) }) {
        case .value(let bytes):
            input = bytes[...]
            return .bytes
        case .wouldBlock: return .nothing
        case .endOfStream: return .endOfStream
        }
    }

    /// Lets go of the buffer whose bytes are all used: an empty slice would keep it.
    func releaseUsedInput() {
        if input.isEmpty { input = [] }
    }

    private enum BodyStep {
        case piece(ArraySlice<UInt8>)
        case needsMoreBytes
        case end
    }

    /// The next piece of the body; `nil` at its end.
    func bodyPiece(until deadline: MonotonicInstant?) async throws(HTTPBodyError) -> ArraySlice<UInt8>? {
        while true {
            switch try bodyStep() {
            case .piece(let piece): return piece
            case .end: return nil
            case .needsMoreBytes: try await fillBody(until: deadline)
            }
        }
    }

    // Not part of `bodyPiece`: what an async function keeps at its waits a connection keeps for ever.
    @inline(never)
    private func bodyStep() throws(HTTPBodyError) -> BodyStep {
        if isBodyComplete { return .end }
        do throws(HTTPParseError) {
            switch try parse() {
            case .body(let piece):
                if let rest = declaredRest {
                    declaredRest = rest - piece.count
                    if rest == piece.count { try finishBody() }
                }
                return .piece(piece)
            case .end:
                isBodyComplete = true
                return .end
            case .needsMoreBytes:
                return .needsMoreBytes
            case .head:
                preconditionFailure("a head cannot begin inside a body")
            }
        } catch {
            throw .malformed(error)
        }
    }

    private func fillBody(until deadline: MonotonicInstant?) async throws(HTTPBodyError) {
        piecesInARow += 1
        if piecesInARow % Self.maxPiecesInARow == 0 { await Task.yield() }
        do throws(IOStreamError) {
            if try await !fill(until: deadline) { throw IOStreamError.closed }
        } catch {
            throw error == .timedOut ? .timedOut : .closed
        }
    }

    // MARK: The client's presence

    var isDisconnected: Bool { isBroken || stream.isClosed || stream.hasPeerHungUp }

    /// `nil` ends the watch.
    func watchDisconnect(_ body: (@Sendable () -> Void)?) {
        onDisconnect = nil
        if isBroken || stream.isClosed {
            body?()
        } else if body != nil || stream.hasPeerHungUp == false {
            onDisconnect = stream.hasPeerHungUp ? nil : body
            stream.notifyHangUp(body)
        }
    }

    /// Gives the connection up: nothing more is written or read.
    func cut() {
        isBroken = true
        if let tell = onDisconnect {
            onDisconnect = nil
            // The stream has told already if it has seen the hang-up.
            if !stream.hasPeerHungUp { tell() }
        }
        stream.close()
    }

    // MARK: Answers

    /// Sends what `prefix` appends, then `body`, then `suffix`: in one system call if they are small.
    ///
    /// - Throws: what cut the connection.
    func send(
        _ body: ArraySlice<UInt8>, suffix: String = "", prefix: (inout [UInt8]) -> Void
    ) async throws(HTTPWriteError) {
        guard !isBroken else { throw .disconnected }
        var output = server.takeOutput()
        prefix(&output)
        let copied = body.count <= Self.maxCopiedBytes ? body.count : Self.minProgressBytes
        output.append(contentsOf: body.prefix(copied))
        let rest = body.dropFirst(copied)
        if rest.isEmpty { output.append(contentsOf: suffix.utf8) }
        let unsent: ArraySlice<UInt8>
        do throws(IOStreamError) {
            let written = try stream.writeNow(output[...])
            unsent = written < output.count ? ArraySlice(Array(output[written...])) : []
            server.returnOutput(output)
        } catch {
            server.returnOutput(output)
            throw failed(error)
        }
        if unsent.isEmpty, rest.isEmpty { return }
        try await sendSlowly(unsent)
        if !rest.isEmpty {
            try await sendSlowly(rest)
            try await sendSlowly(Array(suffix.utf8)[...])
        }
    }

    /// Writes what the kernel takes at once; 0 if it is full.
    ///
    /// - Throws: what cut the connection.
    func writeNow(_ bytes: ArraySlice<UInt8>) throws(HTTPWriteError) -> Int {
        guard !isBroken else { throw .disconnected }
        do throws(IOStreamError) { return try stream.writeNow(bytes) } catch { throw failed(error) }
    }

    /// Sends all of it, as fast as the client takes it.
    private func sendSlowly(_ bytes: ArraySlice<UInt8>) async throws(HTTPWriteError) {
        var rest = bytes
        do throws(IOStreamError) {
            while !rest.isEmpty {
                rest = rest.dropFirst(try stream.writeNow(rest))
                // The kernel is full. A deadline for all the rest would cut a client that reads a long answer slowly
                // but steadily, so each small part has its own.
                let part = rest.prefix(Self.minProgressBytes)
                try await stream.write(part, until: server.limits.writeTimeout.map { .now + $0 })
                rest = rest.dropFirst(part.count)
            }
        } catch {
            throw failed(error)
        }
    }

    private func failed(_ error: IOStreamError) -> HTTPWriteError {
        cut()
        switch error {
        case .timedOut: return .stalled(after: server.limits.writeTimeout ?? .zero)
        case .cancelled: return .cancelled
        case .closed, .failed: return .disconnected
        }
    }
}
