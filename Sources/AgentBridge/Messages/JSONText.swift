import MCPProtocol

/// A text kept as it stands between the quotes of a JSON string, so that what arrives escaped and leaves escaped is
/// never decoded on the way.
struct JSONText: Sendable, Equatable {
    /// Escaped, without quotes. Joining two of them joins the texts, surrogate pairs cut in the middle included.
    private(set) var escaped: [UInt8] = []

    init() {}

    init(_ text: String) { escaped = Array(JSONWriter.quote(text).dropFirst().dropLast()) }

    /// - Returns: `nil` if the value is no string.
    init?(_ value: RawJSON) {
        guard value.kind == .string else { return nil }
        escaped = Array(value.bytes.dropFirst().dropLast())
    }

    var isEmpty: Bool { escaped.isEmpty }

    mutating func append(_ other: JSONText) { escaped += other.escaped }

    /// - Parameter value: a JSON string; anything else adds nothing.
    mutating func append(_ value: RawJSON) {
        guard value.kind == .string else { return }
        escaped += value.bytes.dropFirst().dropLast()
    }

    /// As a JSON string.
    var raw: RawJSON {
        var quoted: [UInt8] = []
        quoted.reserveCapacity(escaped.count + 2)
        quoted.append(UInt8(ascii: "\""))
        quoted += escaped
        quoted.append(UInt8(ascii: "\""))
        return RawJSON(unchecked: quoted[...])
    }

    var string: String { raw.stringValue ?? "" }
}
