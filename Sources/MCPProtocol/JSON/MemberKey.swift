/// The name of an object's member, not decoded until asked for.
package struct MemberKey: Sendable {
    /// As written, between the quotes.
    package let rawBytes: ArraySlice<UInt8>

    /// Whether `rawBytes` has an escape in it.
    package let isEscaped: Bool

    /// The decoded name.
    package var string: String {
        guard isEscaped else { return String(decoding: rawBytes, as: UTF8.self) }
        return String(decoding: rawBytes.withUnsafeBufferPointer(JSONString.unescape), as: UTF8.self)
    }

    /// Compares the decoded name byte for byte, without making a `String`.
    @inline(__always)
    package static func == (key: MemberKey, name: StaticString) -> Bool {
        name.withUTF8Buffer { name in
            key.rawBytes.withUnsafeBufferPointer { $0.matches(name, isEscaped: key.isEscaped) }
        }
    }

    /// Compares the decoded name byte for byte. (`String`'s own `==` would take canonically equivalent names for equal.)
    package func matches(_ name: String) -> Bool {
        var name = name
        return name.withUTF8 { name in
            rawBytes.withUnsafeBufferPointer { $0.matches(name, isEscaped: isEscaped) }
        }
    }
}
