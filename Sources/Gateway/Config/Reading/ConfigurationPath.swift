/// A JSON path such as `$.mcpServers.github.args[2]` or `$.mcpServers["my server"].url`.
struct ConfigurationPath: Hashable, CustomStringConvertible {
    private var parts: [String]

    static let root = ConfigurationPath(parts: ["$"])

    private init(parts: [String]) {
        self.parts = parts
    }

    var description: String { parts.joined() }

    /// The path of the object or list this is in; the root's own is the root.
    var parent: ConfigurationPath { parts.count > 1 ? ConfigurationPath(parts: parts.dropLast()) : self }

    func member(_ name: String) -> ConfigurationPath {
        if Self.isPlain(name) { return ConfigurationPath(parts: parts + [".\(name)"]) }
        let quoted = name.shortened.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        return ConfigurationPath(parts: parts + ["[\"\(quoted)\"]"])
    }

    func element(_ index: Int) -> ConfigurationPath {
        ConfigurationPath(parts: parts + ["[\(index)]"])
    }

    /// Names that need no quotes: letters, digits, `_`, `-` and `$`.
    private static func isPlain(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= 80
            && name.unicodeScalars.allSatisfy { ServerConfiguration.isAllowedInPrefix($0) || $0 == "$" }
    }
}
