import Glibc

/// Takes one response apart (RFC 9112), from bytes cut anywhere.
///
/// As forgiving as libcurl where only one reading is possible (line ends without CR, folded fields), strict where two
/// readers could see different bodies.
struct HTTP1ResponseReader {
    private enum Phase {
        case statusLine, fields
        case counted(Int)
        case chunked
        case untilClose
        case ended
    }

    private var phase = Phase.statusLine
    /// A line whose end has not arrived.
    private var partial: [UInt8] = []
    private(set) var headBytes = 0
    private var chunks: HTTPChunkedDecoder?
    private let maxHeadBytes: Int
    private let answersHEAD: Bool

    /// Whether the connection may be used again once the response has ended. Before that, meaningless.
    private(set) var keepsConnection = false
    /// How long the server says it keeps an idle connection; `nil` if it does not say.
    private(set) var keepAliveSeconds: Int?

    init(maxHeadBytes: Int, answersHEAD: Bool) {
        self.maxHeadBytes = maxHeadBytes
        self.answersHEAD = answersHEAD
    }

    var hasEnded: Bool { if case .ended = phase { true } else { false } }

    /// Whether the end of the connection is the regular end of the response.
    var endsWithConnection: Bool { if case .untilClose = phase { true } else { false } }

    /// Whether what has arrived cannot become a response any more.
    var isForeign: Bool {
        if case .statusLine = phase { !Self.mayBeStatusLine(partial) } else { false }
    }

    /// - Parameter body: what belongs to the body is appended to it.
    /// - Returns: how many bytes were used: all, unless the response has ended.
    mutating func read(
        _ bytes: UnsafeRawBufferPointer, head: inout HTTPClientResponseHead, body: inout [UInt8]
    ) throws(HTTPClientError) -> Int {
        var start = 0
        while start < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[start...])
            switch phase {
            case .statusLine, .fields:
                start += try readLine(rest, &head)
            case .counted(let remaining):
                let count = min(remaining, rest.count)
                body.append(contentsOf: UnsafeRawBufferPointer(rebasing: rest[..<count]))
                start += count
                phase = count < remaining ? .counted(remaining - count) : .ended
            case .untilClose:
                body.append(contentsOf: rest)
                start = bytes.count
            case .chunked:
                start += try readChunks(rest, &body)
            case .ended:
                return start
            }
        }
        return start
    }

    // MARK: Body

    private mutating func readChunks(
        _ bytes: UnsafeRawBufferPointer, _ body: inout [UInt8]
    ) throws(HTTPClientError) -> Int {
        var rest = Array(bytes)[...]
        do throws(HTTPParseError) {
            while true {
                switch try chunks?.decode(&rest) {
                case .data(let data): body.append(contentsOf: data)
                case .needsMoreBytes: return bytes.count
                case .end, nil:
                    phase = .ended
                    return bytes.count - rest.count
                }
            }
        } catch {
            throw .protocolError(detail: error.description)
        }
    }

    // MARK: Head

    /// Reads up to the end of a line, or keeps what there is of it.
    private mutating func readLine(
        _ bytes: UnsafeRawBufferPointer, _ head: inout HTTPClientResponseHead
    ) throws(HTTPClientError) -> Int {
        guard let base = bytes.baseAddress else { return 0 }
        let lineFeed = memchr(base, Int32(UInt8.lineFeed), bytes.count)
        let count = lineFeed.map { base.distance(to: UnsafeRawPointer($0)) + 1 } ?? bytes.count
        headBytes += count
        guard headBytes <= maxHeadBytes else {
            throw .protocolError(detail: "the head is longer than \(maxHeadBytes) bytes")
        }
        let piece = UnsafeRawBufferPointer(rebasing: bytes[..<count])
        if lineFeed == nil {
            partial.append(contentsOf: piece)
            if isForeign { throw .protocolError(detail: "what the server sends is not HTTP") }
        } else if partial.isEmpty {
            try take(line: piece, &head)
        } else {
            let line = partial + piece
            partial = []
            try line.span.bytes.withUnsafeBytes { (bytes) throws(HTTPClientError) in try take(line: bytes, &head) }
        }
        return count
    }

    private mutating func take(
        line: UnsafeRawBufferPointer, _ head: inout HTTPClientResponseHead
    ) throws(HTTPClientError) {
        let content = HTTPClientResponseHead.content(of: line)
        if case .statusLine = phase {
            guard Self.mayBeStatusLine(content), content.count > 5 else {
                throw .protocolError(detail: "what the server sends is not HTTP")
            }
            guard head.addStatusLine(content), head.version == .http1_1 || head.version == .http1_0, head.status >= 100
            else { throw .protocolError(detail: "the status line is malformed") }
            phase = .fields
        } else if content.isEmpty {
            head.end()
            try endHead(head)
        } else if content[0].isBlank {
            guard head.extendLast(with: content) else {
                throw .protocolError(detail: "the first header field begins with white space")
            }
        } else {
            var colon = 0
            while colon < content.count, content[colon].isTokenByte { colon += 1 }
            guard colon > 0, colon < content.count, content[colon] == UInt8(ascii: ":") else {
                throw .protocolError(detail: "a header field name is malformed")
            }
            head.addField(content, colon: colon)
        }
    }

    private static func mayBeStatusLine(_ bytes: some Collection<UInt8>) -> Bool {
        zip(bytes, "HTTP/".utf8).allSatisfy { $0 == $1 }
    }

    private mutating func endHead(_ head: HTTPClientResponseHead) throws(HTTPClientError) {
        guard head.isComplete else {
            // Nothing was asked for that could be answered with 101.
            if head.status == 101 { throw .protocolError(detail: "the server switches to another protocol unasked") }
            phase = .statusLine
            return
        }
        let facts = try HTTP1ResponseFacts(head.headers, version: head.version)
        keepsConnection = facts.keepsConnection
        keepAliveSeconds = facts.keepAliveSeconds
        if answersHEAD || head.status == 204 || head.status == 304 {
            phase = .ended
        } else if facts.isChunked {
            chunks = HTTPChunkedDecoder()
            phase = .chunked
        } else if let length = facts.contentLength {
            phase = length > 0 ? .counted(length) : .ended
        } else {
            keepsConnection = false
            phase = .untilClose
        }
    }
}
