/// Why a text is not acceptable JSON, and where.
package struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Kind: Hashable, Sendable {
        /// A byte that cannot stand here.
        case unexpectedByte(UInt8)
        /// The text stops in the middle of a value, or is empty.
        case unexpectedEnd
        /// Arrays and objects are nested deeper than `limit`.
        case tooDeep(limit: Int)
        /// The text is longer than `limit` bytes.
        case tooLarge(limit: Int)
        /// A number with a leading zero, or without a digit where one is needed.
        case invalidNumber
        /// A backslash in a string followed by something that is not an escape.
        case invalidEscape
        /// Bytes that are not UTF-8.
        case invalidUTF8
        /// More bytes after the end of the value.
        case trailingBytes
        /// A byte below 0x20 in a string: it has to be escaped.
        case controlCharacterInString(UInt8)
        /// A `/*` without its `*/`.
        case unterminatedComment
        /// The text is valid so far, but its value is not an object where only an object will do.
        case notAnObject
        /// One member that has to be held in memory is longer than `limit` bytes.
        case memberTooLarge(limit: Int)
    }

    package let kind: Kind

    /// Offset of the first byte that is wrong, counted from the start of the text.
    package let offset: Int

    package init(_ kind: Kind, offset: Int) {
        self.kind = kind
        self.offset = offset
    }

    package var description: String {
        switch kind {
        case .unexpectedByte(let byte): "unexpected byte \(Self.name(of: byte)) at offset \(offset)"
        case .unexpectedEnd: "the text ends early, at offset \(offset)"
        case .tooDeep(let limit): "nested deeper than \(limit) levels at offset \(offset)"
        case .tooLarge(let limit): "longer than \(limit) bytes"
        case .invalidNumber: "invalid number at offset \(offset)"
        case .invalidEscape: "invalid escape in a string at offset \(offset)"
        case .invalidUTF8: "invalid UTF-8 at offset \(offset)"
        case .trailingBytes: "unexpected bytes after the value at offset \(offset)"
        case .controlCharacterInString(let byte):
            "unescaped control character \(Self.name(of: byte)) in a string at offset \(offset)"
        case .unterminatedComment: "comment without an end, begun at offset \(offset)"
        case .notAnObject: "not an object at offset \(offset)"
        case .memberTooLarge(let limit): "member longer than \(limit) bytes, ending after offset \(offset)"
        }
    }

    private static func name(of byte: UInt8) -> String {
        let hexadecimal = String(byte, radix: 16, uppercase: true)
        return byte < 0x10 ? "0x0\(hexadecimal)" : "0x\(hexadecimal)"
    }
}
