/// A JSON path such as `$.mcpServers.github.args[2]` or `$.mcpServers["my server"].url`.
struct ConfigurationPath: Hashable, CustomStringConvertible {
    private(set) var description: String

    static let root = ConfigurationPath(description: "$")

    private init(description: String) {
        self.description = description
    }

    func member(_ name: String) -> ConfigurationPath {
        if Self.isPlain(name) { return ConfigurationPath(description: "\(description).\(name)") }
        let quoted = name.shortened.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        return ConfigurationPath(description: "\(description)[\"\(quoted)\"]")
    }

    func element(_ index: Int) -> ConfigurationPath {
        ConfigurationPath(description: "\(description)[\(index)]")
    }

    /// Names that need no quotes: letters, digits, `_`, `-` and `$`.
    private static func isPlain(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= 80
            && name.unicodeScalars.allSatisfy { ServerConfiguration.isAllowedInPrefix($0) || $0 == "$" }
    }
}
