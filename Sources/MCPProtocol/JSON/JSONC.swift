/// JSON with comments, as people write configuration: `//` and `/* */` comments, a comma after the last member or
/// element, a UTF-8 byte order mark.
package enum JSONC {
    /// Strict JSON of the same length: what is not JSON is blanked with spaces, line breaks stay, so that offsets and
    /// line numbers of errors found later are true. Does not validate anything else.
    ///
    /// - Throws: ``JSONError/Kind/unterminatedComment``.
    package static func strict(_ text: [UInt8]) throws(JSONError) -> [UInt8] {
        var output = text
        var index = 0
        if text.starts(with: [0xEF, 0xBB, 0xBF]) {
            blank(0..<3, in: &output)
            index = 3
        }
        // A comma that follows a value and so may turn out to be the last one of its container.
        var pendingComma: Int?
        var previous: UInt8?
        while index < text.count {
            let byte = text[index]
            if byte == .quote {
                index = endOfString(text, index)
            } else if byte == UInt8(ascii: "/"), let end = try endOfComment(text, index) {
                blank(index..<end, in: &output)
                index = end
                continue
            } else if byte.isJSONWhiteSpace {
                index += 1
                continue
            } else {
                if byte == .closeBrace || byte == .closeBracket, let comma = pendingComma {
                    output[comma] = .space
                }
                index += 1
            }
            pendingComma = byte == .comma && endsValue(previous) ? index - 1 : nil
            previous = byte
        }
        return output
    }

    /// Whether a comma behind `byte` follows a value; `[,]` and `{,}` stay the errors they are.
    private static func endsValue(_ byte: UInt8?) -> Bool {
        switch byte {
        case nil, .openBrace, .openBracket, .comma, .colon: false
        default: true
        }
    }

    private static func endOfString(_ text: [UInt8], _ start: Int) -> Int {
        var index = start + 1
        while index < text.count, text[index] != .quote { index += text[index] == .backslash ? 2 : 1 }
        return min(index + 1, text.count)
    }

    /// Where the comment that starts at `start` ends, the line break not included; `nil` if none starts there.
    private static func endOfComment(_ text: [UInt8], _ start: Int) throws(JSONError) -> Int? {
        guard start + 1 < text.count else { return nil }
        if text[start + 1] == UInt8(ascii: "/") {
            return text[start...].firstIndex { $0 == .newline || $0 == .carriageReturn } ?? text.count
        }
        guard text[start + 1] == UInt8(ascii: "*") else { return nil }
        var index = start + 2
        while index + 1 < text.count {
            if text[index] == UInt8(ascii: "*"), text[index + 1] == UInt8(ascii: "/") { return index + 2 }
            index += 1
        }
        throw JSONError(.unterminatedComment, offset: start)
    }

    private static func blank(_ range: Range<Int>, in output: inout [UInt8]) {
        for index in range where output[index] != .newline && output[index] != .carriageReturn {
            output[index] = .space
        }
    }
}
