/// The head of a response, put together from the lines libcurl hands over. Interim (1xx) heads are passed over.
struct CurlResponseHead {
    private(set) var status = 0
    private(set) var version = HTTPClientResponse.Version.http1_1
    /// The final head's empty line has arrived.
    private(set) var isComplete = false
    private var bytes: [UInt8] = []
    private var locations: [HTTPHeaders.Location] = []

    var headers: HTTPHeaders { HTTPHeaders(bytes: bytes, locations: locations) }

    /// `Content-Length`, where it is there and a number.
    var contentLength: Int? {
        guard let digits = headers.firstBytes("Content-Length"), digits.allSatisfy(\.isDigit) else { return nil }
        return Int(String(decoding: digits, as: UTF8.self))
    }

    /// - Parameter line: with its line ending.
    /// - Returns: `false` if it is a status line that cannot be read.
    mutating func add(line: UnsafeRawBufferPointer) -> Bool {
        var end = line.count
        while end > 0, line[end - 1] == .lineFeed || line[end - 1] == .carriageReturn { end -= 1 }
        if end == 0 {
            isComplete = status >= 200
            return true
        }
        let content = UnsafeRawBufferPointer(rebasing: line[..<end])
        if content.starts(with: "HTTP/".utf8) { return readStatusLine(content) }
        if content[0].isBlank { extendLast(with: content) } else { addField(content) }
        return true
    }

    private mutating func readStatusLine(_ line: UnsafeRawBufferPointer) -> Bool {
        guard let space = line.firstIndex(of: .space), line.count >= space + 4 else { return false }
        switch String(decoding: line[5..<space], as: UTF8.self) {
        case "1.0": version = .http1_0
        case "1.1": version = .http1_1
        case "2", "2.0": version = .http2
        case "3", "3.0": version = .http3
        default: return false
        }
        var code = 0
        for byte in line[(space + 1)...(space + 3)] {
            guard byte.isDigit else { return false }
            code = code * 10 + Int(byte - UInt8(ascii: "0"))
        }
        status = code
        bytes.removeAll(keepingCapacity: true)
        locations.removeAll(keepingCapacity: true)
        return true
    }

    /// A line without a colon or with an empty name is no field, and left out.
    private mutating func addField(_ line: UnsafeRawBufferPointer) {
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > 0 else { return }
        if bytes.isEmpty {
            bytes.reserveCapacity(512)
            locations.reserveCapacity(12)
        }
        let nameStart = bytes.count
        bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: line[..<colon]))
        let nameEnd = bytes.count
        let value = appendValue(UnsafeRawBufferPointer(rebasing: line[(colon + 1)...]))
        // The head's limit keeps every place within 32 bits.
        locations.append(
            HTTPHeaders.Location(
                nameStart: UInt32(truncatingIfNeeded: nameStart), nameEnd: UInt32(truncatingIfNeeded: nameEnd),
                valueStart: UInt32(truncatingIfNeeded: value.lowerBound),
                valueEnd: UInt32(truncatingIfNeeded: value.upperBound)))
    }

    /// A folded value (RFC 9112, section 5.2): the line break counts as a space.
    private mutating func extendLast(with line: UnsafeRawBufferPointer) {
        guard let last = locations.indices.last else { return }
        bytes.removeLast(bytes.count - Int(locations[last].valueEnd))
        bytes.append(.space)
        locations[last].valueEnd = UInt32(truncatingIfNeeded: appendValue(line).upperBound)
    }

    /// Appends without the white space around; control characters become spaces, so that a value can be sent on.
    private mutating func appendValue(_ value: UnsafeRawBufferPointer) -> Range<Int> {
        func isPadding(_ byte: UInt8) -> Bool { byte.isBlank || !byte.isFieldValueByte }
        var start = 0
        var end = value.count
        while start < end, isPadding(value[start]) { start += 1 }
        while end > start, isPadding(value[end - 1]) { end -= 1 }
        let first = bytes.count
        bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: value[start..<end]))
        for index in first..<bytes.count where !bytes[index].isFieldValueByte { bytes[index] = .space }
        return first..<bytes.count
    }
}
