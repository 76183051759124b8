/// Writes compact JSON; commas are its business, balance is the caller's.
///
/// ```swift
/// var writer = JSONWriter()
/// writer.beginObject()
/// writer.key("id"); writer.integer(1)
/// writer.key("params"); writer.raw(params)
/// writer.endObject()
/// let text = writer.finish()
/// ```
package struct JSONWriter: Sendable {
    private var output: [UInt8] = []
    private var needsComma = false
    private var depth = 0

    /// - Parameter capacity: the expected size of the text, in bytes.
    package init(capacity: Int = 128) {
        output.reserveCapacity(max(0, capacity))
    }

    package mutating func beginObject() { begin(.openBrace) }
    package mutating func endObject() { end(.closeBrace) }
    package mutating func beginArray() { begin(.openBracket) }
    package mutating func endArray() { end(.closeBracket) }

    /// The name of the next member; its value has to follow.
    package mutating func key(_ name: String) {
        separate()
        Self.appendQuoted(name, to: &output)
        output.append(.colon)
        needsComma = false
    }

    package mutating func string(_ value: String) {
        separate()
        Self.appendQuoted(value, to: &output)
    }

    package mutating func integer(_ value: some BinaryInteger) {
        separate()
        if let small = Int64(exactly: value) {
            Self.append(small, to: &output)
        } else {
            output.append(contentsOf: String(value).utf8)
        }
    }

    /// A number as short as it can be read back exactly; `null` for infinities and NaN, which JSON does not have.
    package mutating func number(_ value: Double) {
        guard value.isFinite else { return null() }
        separate()
        output.append(contentsOf: value.description.utf8)
    }

    package mutating func bool(_ value: Bool) {
        separate()
        output.append(contentsOf: (value ? "true" : "false").utf8)
    }

    package mutating func null() {
        separate()
        output.append(contentsOf: "null".utf8)
    }

    /// A value that is JSON already, such as another writer's output.
    package mutating func raw(_ bytes: [UInt8]) {
        separate()
        output.append(contentsOf: bytes)
    }

    package mutating func raw(_ bytes: ArraySlice<UInt8>) {
        separate()
        output.append(contentsOf: bytes)
    }

    package mutating func raw(_ value: RawJSON) { raw(value.bytes) }

    /// The text written so far, which is complete when every `begin` has had its `end`.
    package consuming func finish() -> [UInt8] {
        assert(depth == 0, "a JSON text is finished with \(depth) containers open")
        return output
    }

    /// `string` as a JSON string, quotes included. Only what has to be escaped is.
    package static func quote(_ string: String) -> [UInt8] {
        var output: [UInt8] = []
        appendQuoted(string, to: &output)
        return output
    }

    private mutating func begin(_ bracket: UInt8) {
        separate()
        output.append(bracket)
        needsComma = false
        depth += 1
    }

    private mutating func end(_ bracket: UInt8) {
        output.append(bracket)
        needsComma = true
        depth -= 1
    }

    private mutating func separate() {
        if needsComma { output.append(.comma) }
        needsComma = true
    }
}

extension JSONWriter {
    static func appendQuoted(_ string: String, to output: inout [UInt8]) {
        var string = string
        output.append(.quote)
        string.withUTF8 { text in
            var start = 0
            for index in 0..<text.count {
                let byte = text[index]
                guard byte < 0x20 || byte == .quote || byte == .backslash else { continue }
                output.append(contentsOf: text[start..<index])
                appendEscape(of: byte, to: &output)
                start = index + 1
            }
            output.append(contentsOf: text[start..<text.count])
        }
        output.append(.quote)
    }

    private static func appendEscape(of byte: UInt8, to output: inout [UInt8]) {
        output.append(.backslash)
        switch byte {
        case .quote, .backslash: output.append(byte)
        case 0x08: output.append(UInt8(ascii: "b"))
        case 0x09: output.append(UInt8(ascii: "t"))
        case 0x0A: output.append(UInt8(ascii: "n"))
        case 0x0C: output.append(UInt8(ascii: "f"))
        case 0x0D: output.append(UInt8(ascii: "r"))
        default:
            let digits = Array("0123456789abcdef".utf8)
            output.append(contentsOf: "u00".utf8)
            output.append(digits[Int(byte >> 4)])
            output.append(digits[Int(byte & 15)])
        }
    }

    static func append(_ value: Int64, to output: inout [UInt8]) {
        if value < 0 { output.append(.minus) }
        var magnitude = value.magnitude
        let start = output.count
        repeat {
            output.append(.zero &+ UInt8(truncatingIfNeeded: magnitude % 10))
            magnitude /= 10
        } while magnitude > 0
        output[start...].reverse()
    }
}
