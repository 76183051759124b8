import MCPProtocol

/// A value of the file and its place.
struct ConfigurationNode {
    let path: ConfigurationPath
    let value: RawJSON

    /// The last part of the path: a member's name.
    let key: String

    /// Where the member's name begins, or the value if it has none.
    let offset: Int

    var kind: RawJSON.Kind { value.kind }

    /// The value's place.
    var valueOffset: Int { value.bytes.startIndex }

    /// For messages: what stands here instead of what was expected.
    var kindName: String {
        switch value.kind {
        case .object: "an object"
        case .array: "a list"
        case .string: "a string"
        case .number: "a number"
        case .bool: "true or false"
        case .null: "null"
        }
    }
}
