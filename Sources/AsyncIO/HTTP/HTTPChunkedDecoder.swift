/// Takes a chunked body apart (RFC 9112, section 7.1), from bytes cut anywhere.
///
/// Chunk extensions and trailer fields are checked, bounded and thrown away.
package struct HTTPChunkedDecoder: Sendable {
    package enum Step: Sendable {
        /// All bytes are used up and the body has not ended.
        case needsMoreBytes
        /// Never empty. Shares the storage of the bytes given.
        case data(ArraySlice<UInt8>)
        /// The trailer has ended. What is left over belongs to the next message.
        case end
    }

    private enum State: Sendable {
        case size, sizeBlank, extensions, sizeLineFeed, data, dataCarriageReturn, dataLineFeed, trailer, finished
    }

    private var state = State.size
    private var digits = 0
    private var remaining = 0
    private var extensionBytes = 0
    private var trailerBytes = 0
    private var trailer: HTTPFieldScanner
    private let limits: HTTPParserLimits

    package init(limits: HTTPParserLimits = HTTPParserLimits()) {
        self.limits = limits
        trailer = HTTPFieldScanner(maxCount: limits.maxHeaderCount)
    }

    /// Takes bytes from the front of `input` up to the next step.
    ///
    /// - Throws: what is wrong; the decoder is unusable afterwards.
    package mutating func decode(_ input: inout ArraySlice<UInt8>) throws(HTTPParseError) -> Step {
        while state != .finished {
            guard !input.isEmpty else { return .needsMoreBytes }
            if state == .data {
                let data = input.prefix(remaining)
                input = input.dropFirst(data.count)
                remaining -= data.count
                if remaining == 0 { state = .dataCarriageReturn }
                return .data(data)
            }
            let used = state == .trailer ? try scanTrailer(input.span) : try scanFraming(input.span)
            input = input.dropFirst(used)
        }
        return .end
    }

    /// Everything between two pieces of data.
    private mutating func scanFraming(_ bytes: Span<UInt8>) throws(HTTPParseError) -> Int {
        var index = 0
        while index < bytes.count, state != .data, state != .trailer {
            let byte = bytes[index]
            switch state {
            case .size:
                if let value = byte.hexadecimalValue {
                    digits += 1
                    // 15 digits are 2^60 bytes, so the sum cannot overflow.
                    if digits > 15 { throw .invalidChunk }
                    remaining = remaining << 4 | Int(value)
                } else {
                    if digits == 0 { throw .invalidChunk }
                    try endSize(byte)
                }
            case .sizeBlank:
                if !byte.isBlank { try endSize(byte) } else { try countExtensionByte() }
            case .extensions:
                if byte == .carriageReturn {
                    state = .sizeLineFeed
                } else {
                    guard byte.isFieldValueByte else {
                        throw byte == .lineFeed ? .invalidLineEnd : .invalidChunk
                    }
                    try countExtensionByte()
                }
            case .sizeLineFeed:
                guard byte == .lineFeed else { throw .invalidLineEnd }
                state = remaining == 0 ? .trailer : .data
            case .dataCarriageReturn:
                guard byte == .carriageReturn else { throw .invalidChunk }
                state = .dataLineFeed
            case .dataLineFeed:
                guard byte == .lineFeed else { throw .invalidLineEnd }
                state = .size
                digits = 0
            case .data, .trailer, .finished:
                break
            }
            index += 1
        }
        return index
    }

    private mutating func endSize(_ byte: UInt8) throws(HTTPParseError) {
        switch byte {
        case .carriageReturn: state = .sizeLineFeed
        case UInt8(ascii: ";"):
            state = .extensions
            try countExtensionByte()
        case .space, .tab:
            state = .sizeBlank
            try countExtensionByte()
        case .lineFeed: throw .invalidLineEnd
        default: throw .invalidChunk
        }
    }

    private mutating func countExtensionByte() throws(HTTPParseError) {
        extensionBytes += 1
        if extensionBytes > limits.maxChunkExtensionBytes {
            throw .chunkExtensionsTooLong(limit: limits.maxChunkExtensionBytes)
        }
    }

    private mutating func scanTrailer(_ bytes: Span<UInt8>) throws(HTTPParseError) -> Int {
        // Two more for the empty line, which is always there.
        let allowed = min(bytes.count, limits.maxTrailerBytes + 2 - trailerBytes)
        var position = 0
        if try trailer.scan(bytes.extracting(first: allowed), &position, base: trailerBytes) { state = .finished }
        trailerBytes += position
        if state != .finished, trailerBytes >= limits.maxTrailerBytes + 2 {
            throw .trailerTooLarge(limit: limits.maxTrailerBytes)
        }
        return position
    }
}
