/// A JSON path such as `$.mcpServers.github.args[2]` or `$.mcpServers["my server"].url`.
package struct ConfigurationPath: Hashable, CustomStringConvertible {
    private var parts: [String]

    package static let root = ConfigurationPath(parts: ["$"])

    private init(parts: [String]) {
        self.parts = parts
    }

    package var description: String { parts.joined() }

    /// The path of the object or list this is in; the root's own is the root.
    package var parent: ConfigurationPath { parts.count > 1 ? ConfigurationPath(parts: parts.dropLast()) : self }

    package func member(_ name: String) -> ConfigurationPath {
        if Self.isPlain(name) { return ConfigurationPath(parts: parts + [".\(name)"]) }
        let quoted = name.shortened.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        return ConfigurationPath(parts: parts + ["[\"\(quoted)\"]"])
    }

    package func element(_ index: Int) -> ConfigurationPath {
        ConfigurationPath(parts: parts + ["[\(index)]"])
    }

    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", "_", "-", "$": true
        default: false
        }
    }

    /// Names that need no quotes: letters, digits, `_`, `-` and `$`.
    private static func isPlain(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= 80
            && name.unicodeScalars.allSatisfy { isPlain($0) }
    }
}
