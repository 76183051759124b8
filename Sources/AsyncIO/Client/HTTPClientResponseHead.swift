/// The head of a response, put together from its lines. Interim (1xx) heads are passed over.
struct HTTPClientResponseHead {
    private(set) var status = 0
    private(set) var version = HTTPClientResponse.Version.http1_1
    /// The final head's empty line has arrived.
    private(set) var isComplete = false
    private var bytes: [UInt8] = []
    private var locations: [HTTPHeaders.Location] = []

    var headers: HTTPHeaders { HTTPHeaders(bytes: bytes, locations: locations) }

    /// `Content-Length`, where it is there and a number.
    var contentLength: Int? {
        guard let digits = headers.firstBytes("Content-Length") else { return nil }
        return Self.number(digits)
    }

    /// A number of bytes in digits; `nil` if it is none, or beyond any body.
    static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        // 18 digits cannot overflow.
        guard 1...18 ~= digits.count else { return nil }
        var count = 0
        for byte in digits {
            guard byte.isDigit else { return nil }
            count = count * 10 + Int(byte - UInt8(ascii: "0"))
        }
        return count
    }

    /// Takes a line that libcurl has looked at already. What it let pass that is no field is left out.
    ///
    /// - Parameter line: with its line ending.
    /// - Returns: `false` if it is a status line that cannot be read.
    mutating func add(line: UnsafeRawBufferPointer) -> Bool {
        let content = Self.content(of: line)
        if content.isEmpty {
            end()
            return true
        }
        if content.starts(with: "HTTP/".utf8) { return addStatusLine(content) }
        if content[0].isBlank {
            extendLast(with: content)
        } else if let colon = content.firstIndex(of: UInt8(ascii: ":")), colon > 0 {
            addField(content, colon: colon)
        }
        return true
    }

    /// A line without its line ending.
    static func content(of line: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        var end = line.count
        while end > 0, line[end - 1] == .lineFeed || line[end - 1] == .carriageReturn { end -= 1 }
        return UnsafeRawBufferPointer(rebasing: line[..<end])
    }

    /// The empty line.
    mutating func end() { isComplete = status >= 200 }

    /// Begins anew.
    ///
    /// - Returns: whether the line could be read.
    mutating func addStatusLine(_ line: UnsafeRawBufferPointer) -> Bool {
        guard let space = line.firstIndex(of: .space), space > 5, line.count >= space + 4 else { return false }
        switch (line[5], space == 8 && line[6] == UInt8(ascii: ".") ? line[7] : nil) {
        case (UInt8(ascii: "1"), UInt8(ascii: "1")): version = .http1_1
        case (UInt8(ascii: "1"), UInt8(ascii: "0")): version = .http1_0
        case (UInt8(ascii: "2"), UInt8(ascii: "0")): version = .http2
        case (UInt8(ascii: "3"), UInt8(ascii: "0")): version = .http3
        case (UInt8(ascii: "2"), nil) where space == 6: version = .http2
        case (UInt8(ascii: "3"), nil) where space == 6: version = .http3
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

    /// Adds the line of a field, whose name ends before the colon.
    mutating func addField(_ line: UnsafeRawBufferPointer, colon: Int) {
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
    ///
    /// - Returns: `false` if there is no field before.
    @discardableResult
    mutating func extendLast(with line: UnsafeRawBufferPointer) -> Bool {
        guard let last = locations.indices.last else { return false }
        bytes.removeLast(bytes.count - Int(locations[last].valueEnd))
        bytes.append(.space)
        locations[last].valueEnd = UInt32(truncatingIfNeeded: appendValue(line).upperBound)
        return true
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
