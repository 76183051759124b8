/// Takes requests apart as RFC 9112 says, strictly, from bytes cut anywhere.
///
/// Whatever two readers of the same bytes could understand differently is refused, because a proxy in front of this one
/// may be the other reader: line ends without CR, folded lines, white space before a colon, more than one
/// Content-Length, Content-Length beside Transfer-Encoding.
package struct HTTPRequestParser: Sendable {
    package enum Step: Sendable {
        /// All bytes are used up.
        case needsMoreBytes
        case head(HTTPRequestHead)
        /// A piece of the body. Never empty. Shares the storage of the bytes given.
        case body(ArraySlice<UInt8>)
        /// The request has ended. What is left over belongs to the next one.
        case end
    }

    private enum State: Sendable {
        case start, skippedCarriageReturn, method, target, version, lineFeed, fields, body, chunkedBody
    }

    private var state = State.start
    /// The head's bytes before those given now.
    private var head: [UInt8] = []
    private var methodEnd = 0
    private var targetEnd = 0
    private var versionBytes = 0
    private var version = HTTPVersion.http1_1
    private var hasSkippedEmptyLine = false
    private var fields: HTTPFieldScanner
    private var remainingBody = 0
    private var chunks: HTTPChunkedDecoder?
    private var failure: HTTPParseError?
    private let limits: HTTPParserLimits

    private static let maxMethodBytes = 32

    package init(limits: HTTPParserLimits = HTTPParserLimits()) {
        self.limits = limits
        fields = HTTPFieldScanner(maxCount: limits.maxHeaderCount)
    }

    /// Whether the last request has ended and no byte of another has been seen.
    package var isBetweenRequests: Bool { state == .start && !hasSkippedEmptyLine }

    /// Takes bytes from the front of `input` up to the next step. Call again until it needs more bytes: a step may
    /// come without any.
    ///
    /// - Throws: what is wrong, now and on every later call.
    package mutating func parse(_ input: inout ArraySlice<UInt8>) throws(HTTPParseError) -> Step {
        if let failure { throw failure }
        do throws(HTTPParseError) {
            switch state {
            case .body: return takeBody(&input)
            case .chunkedBody: return try takeChunks(&input)
            default: return try takeHead(&input)
            }
        } catch {
            failure = error
            throw error
        }
    }

    // MARK: Body

    private mutating func takeBody(_ input: inout ArraySlice<UInt8>) -> Step {
        if remainingBody == 0 {
            reset()
            return .end
        }
        let data = input.prefix(remainingBody)
        if data.isEmpty { return .needsMoreBytes }
        input = input.dropFirst(data.count)
        remainingBody -= data.count
        return .body(data)
    }

    private mutating func takeChunks(_ input: inout ArraySlice<UInt8>) throws(HTTPParseError) -> Step {
        // The state says there is a decoder; without one the body is over.
        switch try chunks?.decode(&input) {
        case .needsMoreBytes: return .needsMoreBytes
        case .data(let data): return .body(data)
        case .end, nil:
            reset()
            return .end
        }
    }

    private mutating func reset() {
        state = .start
        hasSkippedEmptyLine = false
        versionBytes = 0
        chunks = nil
        fields = HTTPFieldScanner(maxCount: limits.maxHeaderCount)
    }

    // MARK: Head

    private mutating func takeHead(_ input: inout ArraySlice<UInt8>) throws(HTTPParseError) -> Step {
        if state == .start || state == .skippedCarriageReturn {
            try skipEmptyLine(&input)
        }
        guard !input.isEmpty else { return .needsMoreBytes }
        let allowed = min(input.count, limits.maxHeaderBytes - head.count)
        let part = input.prefix(allowed)
        var used = 0
        let isComplete = try scan(part.span, &used)
        input = input.dropFirst(used)
        // Usually the head comes in one piece, and this is its only copy.
        if head.isEmpty { head = Array(part.prefix(used)) } else { head.append(contentsOf: part.prefix(used)) }
        guard isComplete else {
            if head.count >= limits.maxHeaderBytes { throw .headTooLarge(limit: limits.maxHeaderBytes) }
            return .needsMoreBytes
        }
        return .head(try finishHead())
    }

    /// One empty line before a request is tolerated (RFC 9112, section 2.2).
    private mutating func skipEmptyLine(_ input: inout ArraySlice<UInt8>) throws(HTTPParseError) {
        while let byte = input.first {
            if state == .skippedCarriageReturn {
                guard byte == .lineFeed else { throw .invalidLineEnd }
                state = .start
            } else if byte == .carriageReturn, !hasSkippedEmptyLine {
                hasSkippedEmptyLine = true
                state = .skippedCarriageReturn
            } else {
                state = .method
                return
            }
            input = input.dropFirst()
        }
    }

    private mutating func scan(_ bytes: Span<UInt8>, _ index: inout Int) throws(HTTPParseError) -> Bool {
        let base = head.count
        let count = bytes.count
        while index < count {
            switch state {
            case .method:
                while index < count, bytes[index].isTokenByte { index += 1 }
                if base + index > Self.maxMethodBytes { throw .invalidRequestLine }
                guard index < count else { break }
                guard bytes[index] == .space, base + index > 0 else { throw .invalidRequestLine }
                methodEnd = base + index
                index += 1
                state = .target
            case .target:
                // Visible ASCII; which of it may stand where is looked at once the target is whole.
                while index < count, bytes[index] &- 0x21 < 0x5E { index += 1 }
                if base + index - methodEnd - 1 > limits.maxTargetBytes {
                    throw .targetTooLong(limit: limits.maxTargetBytes)
                }
                guard index < count else { break }
                guard bytes[index] == .space else {
                    let isLineEnd = bytes[index] == .carriageReturn || bytes[index] == .lineFeed
                    throw isLineEnd ? .invalidRequestLine : .invalidTarget
                }
                targetEnd = base + index
                index += 1
                state = .version
            case .version:
                try scanVersion(bytes[index])
                index += 1
            case .lineFeed:
                guard bytes[index] == .lineFeed else { throw .invalidLineEnd }
                index += 1
                state = .fields
            case .fields:
                return try fields.scan(bytes, &index, base: base)
            case .start, .skippedCarriageReturn, .body, .chunkedBody:
                return false
            }
        }
        return false
    }

    private mutating func scanVersion(_ byte: UInt8) throws(HTTPParseError) {
        let isExpected =
            switch versionBytes {
            case 0: byte == UInt8(ascii: "H")
            case 1, 2: byte == UInt8(ascii: "T")
            case 3: byte == UInt8(ascii: "P")
            case 4: byte == UInt8(ascii: "/")
            case 5, 7: byte.isDigit
            case 6: byte == UInt8(ascii: ".")
            default: byte == .carriageReturn
            }
        guard isExpected else { throw byte == .lineFeed ? .invalidLineEnd : .invalidRequestLine }
        if versionBytes == 5, byte != UInt8(ascii: "1") { throw .unsupportedVersion }
        if versionBytes == 7 { version = byte == UInt8(ascii: "0") ? .http1_0 : .http1_1 }
        if versionBytes == 8 { state = .lineFeed }
        versionBytes += 1
    }

    // MARK: The whole head

    private mutating func finishHead() throws(HTTPParseError) -> HTTPRequestHead {
        let headers = HTTPHeaders(bytes: head, locations: fields.locations)
        head = []
        let target = methodEnd + 1..<targetEnd
        if headers.equalsIgnoringCase(0..<methodEnd, "CONNECT") { throw .connectRefused }
        let (path, query) = try Self.takeApart(target: target, of: headers.bytes)
        let facts = try HTTPMessageFacts(request: headers, version: version)
        switch facts.framing {
        case .none:
            remainingBody = 0
            state = .body
        case .length(let count):
            remainingBody = count
            state = .body
        case .chunked:
            chunks = HTTPChunkedDecoder(limits: limits)
            state = .chunkedBody
        }
        return HTTPRequestHead(
            headers: headers, version: version, bodyFraming: facts.framing, expectation: facts.expectation,
            keepsConnection: facts.keepsConnection, methodRange: 0..<methodEnd, targetRange: target, pathRange: path,
            queryRange: query)
    }

    private static func takeApart(
        target: Range<Int>, of bytes: [UInt8]
    ) throws(HTTPParseError) -> (path: Range<Int>, query: Range<Int>?) {
        guard !target.isEmpty else { throw .invalidTarget }
        var pathStart = target.lowerBound
        if bytes[pathStart] == UInt8(ascii: "*"), target.count == 1 { return (target, nil) }
        if bytes[pathStart] != UInt8(ascii: "/") {
            guard let authority = HTTPRequestHead.authority(bytes, target: target),
                bytes[authority].allSatisfy(HTTPMessageFacts.isAuthorityByte)
            else { throw .invalidTarget }
            pathStart = authority.upperBound
        }
        var pathEnd = target.upperBound
        var hasPercent = false
        for index in pathStart..<target.upperBound {
            let byte = bytes[index]
            if byte == UInt8(ascii: "#") { throw .invalidTarget }
            if byte == UInt8(ascii: "?"), index < pathEnd { pathEnd = index }
            if byte == UInt8(ascii: "%"), index < pathEnd { hasPercent = true }
        }
        if hasPercent {
            guard let decoded = PercentEncoding.decodeStrictly(bytes[pathStart..<pathEnd]), !decoded.contains(0),
                String(validating: decoded, as: UTF8.self) != nil
            else { throw .invalidTarget }
        }
        return (pathStart..<pathEnd, pathEnd < target.upperBound ? pathEnd + 1..<target.upperBound : nil)
    }
}
