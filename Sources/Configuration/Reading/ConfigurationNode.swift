import MCPProtocol

/// A value of the file and its place.
package struct ConfigurationNode {
    package let path: ConfigurationPath
    package let value: RawJSON

    /// The last part of the path: a member's name.
    package let key: String

    /// Where the member's name begins, or the value if it has none.
    package let offset: Int

    package init(path: ConfigurationPath, value: RawJSON, key: String, offset: Int) {
        self.path = path
        self.value = value
        self.key = key
        self.offset = offset
    }

    package var kind: RawJSON.Kind { value.kind }

    /// The value's place.
    package var valueOffset: Int { value.bytes.startIndex }

    /// For messages: what stands here instead of what was expected.
    package var kindName: String {
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
