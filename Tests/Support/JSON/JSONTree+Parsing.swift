extension JSONTree {
    /// Why bytes are not one JSON text.
    package struct SyntaxError: Error, CustomStringConvertible {
        package let offset: Int
        package let reason: String
        package var description: String { "not JSON at byte \(offset): \(reason)" }
    }

    /// Parses exactly one JSON text (RFC 8259), with nothing but white space around it.
    ///
    /// Stricter than the RFC asks in one point: an object with the same name twice is an error, since no peer agrees
    /// with another on what it means.
    package init(parsing bytes: [UInt8]) throws(SyntaxError) {
        var parser = Parser(bytes: bytes)
        self = try parser.parseText()
    }

    package init(parsing text: String) throws(SyntaxError) {
        try self.init(parsing: Array(text.utf8))
    }
}

private struct Parser {
    let bytes: [UInt8]
    var position = 0
    var depth = 0

    /// Deep enough for any message of ours, shallow enough for the stack of a debug build.
    static let depthLimit = 256

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func parseText() throws(JSONTree.SyntaxError) -> JSONTree {
        let value = try parseValue()
        skipSpace()
        if position < bytes.count { throw failure("something follows the value") }
        return value
    }

    private func failure(_ reason: String) -> JSONTree.SyntaxError {
        JSONTree.SyntaxError(offset: position, reason: reason)
    }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func parseValue() throws(JSONTree.SyntaxError) -> JSONTree {
        skipSpace()
        switch next {
        case nil: throw failure("the text ends where a value should be")
        case UInt8(ascii: "{"): return try nested { (parser) throws(JSONTree.SyntaxError) in try parser.parseObject() }
        case UInt8(ascii: "["): return try nested { (parser) throws(JSONTree.SyntaxError) in try parser.parseArray() }
        case UInt8(ascii: "\""): return .string(try parseString())
        case UInt8(ascii: "t"): return try parseWord("true", .bool(true))
        case UInt8(ascii: "f"): return try parseWord("false", .bool(false))
        case UInt8(ascii: "n"): return try parseWord("null", .null)
        default: return try parseNumber()
        }
    }

    private mutating func nested(
        _ parse: (inout Parser) throws(JSONTree.SyntaxError) -> JSONTree
    ) throws(JSONTree.SyntaxError) -> JSONTree {
        depth += 1
        if depth > Self.depthLimit { throw failure("nested deeper than \(Self.depthLimit)") }
        let value = try parse(&self)
        depth -= 1
        return value
    }

    private mutating func parseWord(_ word: String, _ value: JSONTree) throws(JSONTree.SyntaxError) -> JSONTree {
        guard bytes[position...].starts(with: word.utf8) else { throw failure("no such word") }
        position += word.utf8.count
        return value
    }

    private mutating func parseObject() throws(JSONTree.SyntaxError) -> JSONTree {
        position += 1
        var members: [JSONTree.Member] = []
        var names: Set<String> = []
        skipSpace()
        if take("}") { return .object([]) }
        while true {
            skipSpace()
            guard next == UInt8(ascii: "\"") else { throw failure("a member's name should be here") }
            let name = try parseString()
            guard names.insert(name).inserted else { throw failure("the name \"\(name)\" stands twice in one object") }
            skipSpace()
            guard take(":") else { throw failure("a colon should follow the name \"\(name)\"") }
            members.append(JSONTree.Member(name, try parseValue()))
            skipSpace()
            if take("}") { return .object(members) }
            guard take(",") else { throw failure("a comma or } should follow the value of \"\(name)\"") }
        }
    }

    private mutating func parseArray() throws(JSONTree.SyntaxError) -> JSONTree {
        position += 1
        var elements: [JSONTree] = []
        skipSpace()
        if take("]") { return .array([]) }
        while true {
            elements.append(try parseValue())
            skipSpace()
            if take("]") { return .array(elements) }
            guard take(",") else { throw failure("a comma or ] should follow element \(elements.count - 1)") }
        }
    }

    private mutating func parseNumber() throws(JSONTree.SyntaxError) -> JSONTree {
        let start = position
        _ = take("-")
        if !take("0") { try parseDigits() }
        if take(".") { try parseDigits() }
        if take("e") || take("E") {
            if !take("+") { _ = take("-") }
            try parseDigits()
        }
        return .number(String(decoding: bytes[start..<position], as: UTF8.self))
    }

    private mutating func parseDigits() throws(JSONTree.SyntaxError) {
        let start = position
        while let byte = next, byte >= 0x30, byte <= 0x39 { position += 1 }
        if position == start { throw failure("a digit should be here") }
    }

    private mutating func parseString() throws(JSONTree.SyntaxError) -> String {
        position += 1
        var content: [UInt8] = []
        var copied = position
        while true {
            guard let byte = next else { throw failure("the text ends inside a string") }
            if byte == UInt8(ascii: "\"") { break }
            if byte < 0x20 { throw failure("a control character stands bare in a string") }
            position += 1
            guard byte == UInt8(ascii: "\\") else { continue }
            content += bytes[copied..<position - 1]
            content += try parseEscape()
            copied = position
        }
        content += bytes[copied..<position]
        guard let string = String(validating: content, as: UTF8.self) else { throw failure("a string is not UTF-8") }
        position += 1
        return string
    }

    private mutating func parseEscape() throws(JSONTree.SyntaxError) -> [UInt8] {
        guard let byte = next else { throw failure("the text ends inside an escape") }
        position += 1
        switch Unicode.Scalar(byte) {
        case "\"", "\\", "/": return [byte]
        case "b": return [0x08]
        case "f": return [0x0C]
        case "n": return [0x0A]
        case "r": return [0x0D]
        case "t": return [0x09]
        case "u": return Array(String(Character(try parseUnicodeEscape())).utf8)
        default: throw failure("no such escape")
        }
    }

    private mutating func parseUnicodeEscape() throws(JSONTree.SyntaxError) -> Unicode.Scalar {
        let first = try parseFourHexDigits()
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard first < 0xDC00, take("\\"), take("u") else { throw failure("half a surrogate pair") }
        let second = try parseFourHexDigits()
        guard (0xDC00...0xDFFF).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
        else { throw failure("half a surrogate pair") }
        return scalar
    }

    private mutating func parseFourHexDigits() throws(JSONTree.SyntaxError) -> UInt32 {
        guard position + 4 <= bytes.count,
            bytes[position..<position + 4].allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
            let value = UInt32(String(decoding: bytes[position..<position + 4], as: UTF8.self), radix: 16)
        else { throw failure("four hexadecimal digits should be here") }
        position += 4
        return value
    }
}
