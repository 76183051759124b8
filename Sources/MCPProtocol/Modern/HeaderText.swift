/// Values of `Mcp-Name` and `Mcp-Param-*`, which can say more than a header can: MCP 2026-07-28, Transports, "Value
/// Encoding".
package enum HeaderText {
    private static let prefix = Array("=?base64?".utf8)
    private static let suffix = Array("?=".utf8)

    /// The text as a header value: itself where that is printable ASCII, else its Base64 between marks.
    package static func encode(_ text: String) -> String {
        let bytes = Array(text.utf8)
        // `=?base64?=` is not marked, for its marks overlap; but not every reader will see that.
        let isPlain =
            bytes.allSatisfy { 0x20...0x7E ~= $0 } && bytes.first != 0x20 && bytes.last != 0x20
            && !(bytes.starts(with: prefix) && bytes.suffix(suffix.count).elementsEqual(suffix))
        return isPlain ? text : "=?base64?\(Base64.encode(bytes))?="
    }

    /// The text a header value stands for; `nil` for a marked one that is no canonical Base64 of UTF-8.
    package static func decode(_ value: String) -> String? {
        let bytes = Array(value.utf8)
        guard isMarked(bytes) else { return value }
        let inner = bytes[prefix.count..<(bytes.count - suffix.count)]
        guard let decoded = Base64.decode(inner) else { return nil }
        return String(validating: decoded, as: UTF8.self)
    }

    /// Whether a header value stands for a text; `nil` for one that stands for none, see ``decode(_:)``.
    package static func isText(_ value: ArraySlice<UInt8>, _ text: String) -> Bool? {
        var text = text
        let isSame = text.withUTF8 { text in
            value.withUnsafeBufferPointer { $0.isSame(as: text) }
        }
        // The first byte of a mark tells that there may be one.
        guard value.first == prefix.first else { return isSame }
        return decode(String(decoding: value, as: UTF8.self)).map { $0.utf8.elementsEqual(text.utf8) }
    }

    /// Whether a header value is one that ``encode(_:)`` could have made: printable ASCII, and Base64 of UTF-8 where it
    /// says so.
    package static func isValid(_ value: String) -> Bool {
        value.utf8.allSatisfy { 0x20...0x7E ~= $0 } && decode(value) != nil
    }

    private static func isMarked(_ bytes: [UInt8]) -> Bool {
        bytes.count >= prefix.count + suffix.count && bytes.starts(with: prefix)
            && bytes.suffix(suffix.count).elementsEqual(suffix)
    }
}
