/// Sends the body of an answer piece by piece. Lives on the connection's loop.
package final class HTTPBodyWriter {
    enum Framing {
        case chunked
        case untilClose
        /// There is no body: what is written is dropped.
        case nothing

        /// Appends a piece of the body as it goes over the wire.
        func append(_ piece: ArraySlice<UInt8>, to output: inout [UInt8]) {
            if piece.isEmpty { return }
            switch self {
            case .chunked:
                Self.appendChunkStart(piece.count, to: &output)
                output.append(contentsOf: piece)
                output.append(contentsOf: "\r\n".utf8)
            case .untilClose: output.append(contentsOf: piece)
            case .nothing: break
            }
        }

        /// What stands behind the last piece.
        var end: String { self == .chunked ? "0\r\n\r\n" : "" }

        fileprivate static func appendChunkStart(_ count: Int, to output: inout [UInt8]) {
            output.append(contentsOf: String(count, radix: 16).utf8)
            output.append(contentsOf: "\r\n".utf8)
        }
    }

    private let wire: HTTPWire
    private let framing: Framing
    private(set) var isFinished = false

    init(wire: HTTPWire, framing: Framing) {
        self.wire = wire
        self.framing = framing
    }

    /// Sends the head, and the first piece with it.
    func start(first: ArraySlice<UInt8>, head: (inout [UInt8]) -> Void) async {
        let body = framing == .nothing ? [] : first
        do throws(HTTPWriteError) {
            try await wire.send(body, suffix: suffix(body)) {
                head(&$0)
                prefix(body, into: &$0)
            }
        } catch {
            // The first write finds the connection cut.
        }
    }

    /// Sends a piece. Suspends while the client does not keep up, so a slow client slows its source down.
    ///
    /// One piece at a time: wait for a write to return before the next. An empty piece sends nothing.
    package func write(_ bytes: ArraySlice<UInt8>) async throws(HTTPWriteError) {
        if isFinished { throw .finished }
        if bytes.isEmpty || framing == .nothing { return }
        try await wire.send(bytes, suffix: suffix(bytes)) { prefix(bytes, into: &$0) }
    }

    package func write(_ bytes: [UInt8]) async throws(HTTPWriteError) { try await write(bytes[...]) }

    /// Ends the body, after one last piece if there is one. Later calls do nothing.
    package func finish(_ last: ArraySlice<UInt8> = []) async {
        if isFinished { return }
        isFinished = true
        let body = framing == .nothing ? [] : last
        let end = framing.end
        if body.isEmpty, end.isEmpty { return }
        do throws(HTTPWriteError) {
            try await wire.send(body, suffix: suffix(body) + end) { prefix(body, into: &$0) }
        } catch {
            // The connection is cut, and so the client sees an unfinished answer, which it is.
        }
    }

    private func suffix(_ bytes: ArraySlice<UInt8>) -> String {
        framing == .chunked && !bytes.isEmpty ? "\r\n" : ""
    }

    private func prefix(_ bytes: ArraySlice<UInt8>, into output: inout [UInt8]) {
        guard framing == .chunked, !bytes.isEmpty else { return }
        Framing.appendChunkStart(bytes.count, to: &output)
    }
}
