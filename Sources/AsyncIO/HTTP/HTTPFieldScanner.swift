/// Reads the field lines of a head or trailer, up to and including the empty line, from bytes cut anywhere.
///
/// It keeps places, not bytes: the caller keeps what it has scanned.
struct HTTPFieldScanner: Sendable {
    private enum State: Sendable { case lineStart, name, blank, value, valueLineFeed, finalLineFeed }

    private(set) var locations: [HTTPHeaders.Location] = []
    private var state = State.lineStart
    private var nameStart = 0
    private var nameEnd = 0
    private var valueStart = 0
    /// Behind the last byte of the value that is not white space.
    private var valueEnd = 0
    private let maxCount: Int

    init(maxCount: Int) { self.maxCount = maxCount }

    /// - Parameters:
    ///   - position: where to start in `bytes`; behind the last byte read on return.
    ///   - base: the place of `bytes[0]` in the whole head.
    /// - Returns: whether the empty line has been read.
    mutating func scan(_ bytes: Span<UInt8>, _ position: inout Int, base: Int) throws(HTTPParseError) -> Bool {
        var index = position
        defer { position = index }
        let count = bytes.count
        while index < count {
            switch state {
            case .lineStart:
                let byte = bytes[index]
                if byte == .carriageReturn {
                    state = .finalLineFeed
                    index += 1
                } else if byte.isTokenByte {
                    if locations.count >= maxCount { throw .tooManyFields(limit: maxCount) }
                    nameStart = base + index
                    state = .name
                } else {
                    if byte.isBlank { throw .foldedField }
                    throw byte == .lineFeed ? .invalidLineEnd : .invalidFieldName
                }
            case .name:
                while index < count, bytes[index].isTokenByte { index += 1 }
                guard index < count else { break }
                guard bytes[index] == UInt8(ascii: ":") else { throw .invalidFieldName }
                nameEnd = base + index
                index += 1
                state = .blank
            case .blank:
                while index < count, bytes[index].isBlank { index += 1 }
                guard index < count else { break }
                valueStart = base + index
                valueEnd = valueStart
                state = .value
            case .value:
                var last = -1
                while index < count {
                    let byte = bytes[index]
                    if byte > .space {
                        if byte == 0x7F { throw .invalidFieldValue }
                        last = index
                    } else if !byte.isBlank {
                        break
                    }
                    index += 1
                }
                if last >= 0 { valueEnd = base + last + 1 }
                guard index < count else { break }
                guard bytes[index] == .carriageReturn else {
                    throw bytes[index] == .lineFeed ? .invalidLineEnd : .invalidFieldValue
                }
                index += 1
                state = .valueLineFeed
            case .valueLineFeed:
                guard bytes[index] == .lineFeed else { throw .invalidLineEnd }
                index += 1
                if locations.isEmpty { locations.reserveCapacity(min(maxCount, 16)) }
                locations.append(
                    HTTPHeaders.Location(
                        nameStart: UInt32(nameStart), nameEnd: UInt32(nameEnd), valueStart: UInt32(valueStart),
                        valueEnd: UInt32(valueEnd)))
                state = .lineStart
            case .finalLineFeed:
                guard bytes[index] == .lineFeed else { throw .invalidLineEnd }
                index += 1
                return true
            }
        }
        return false
    }
}
