import Configuration
import MCPProtocol

/// The section `tools` of a server.
extension ConfigurationReader {
    mutating func readTools(_ node: ConfigurationNode, into tools: inout ToolFilterConfiguration) {
        // Some tools write the list of allowed names alone.
        if node.kind == .array {
            if let patterns = patterns(node) { tools.allow = patterns }
            return
        }
        guard let members = members(of: node) else { return }
        for member in members {
            switch member.key {
            case "allow":
                if let patterns = patterns(member) { tools.allow = patterns }
            case "deny":
                if let patterns = patterns(member) { tools.deny += patterns }
            case "overrides": readOverrides(member, into: &tools)
            default:
                let isOverride = member.kind == .object && !["allows", "denies", "override"].contains(member.key)
                warnUnknown(
                    member, known: ["allow", "deny", "overrides"],
                    hint: isOverride ? "write what is changed of a tool inside \"overrides\"" : nil)
            }
        }
    }

    private mutating func patterns(_ node: ConfigurationNode) -> [NamePattern]? {
        guard node.kind == .array else {
            wrongKind(node, expected: "a list of tool names or patterns, such as [\"delete_*\"]")
            return nil
        }
        return elements(of: node).compactMap { element in
            guard let text = string(element) else { return nil }
            // A tool name has 128 characters at most (MCP 2025-11-25, Tools).
            guard (1...256).contains(text.utf8.count) else {
                error(element, text.isEmpty ? "is empty" : "is longer than 256 bytes, the limit of a pattern")
                return nil
            }
            return NamePattern(text)
        }
    }

    private mutating func readOverrides(_ node: ConfigurationNode, into tools: inout ToolFilterConfiguration) {
        guard let members = members(of: node) else { return }
        var renamed: [String: String] = [:]
        for member in members {
            guard let override = override(from: member) else { continue }
            tools.overrides[member.key] = override
            guard let name = override.name else { continue }
            if let other = renamed.updateValue(member.key, forKey: name) {
                error(member, "gets the name \"\(name)\", which \"\(other.shortened)\" gets as well")
            }
        }
    }

    private mutating func override(from node: ConfigurationNode) -> ToolOverride? {
        guard let members = members(of: node) else { return nil }
        var override = ToolOverride()
        for member in members {
            switch member.key {
            case "name":
                guard let name = string(member) else { continue }
                let isAllowed = name.unicodeScalars.allSatisfy {
                    ServerConfiguration.isAllowedInPrefix($0) || $0 == "."
                }
                if (1...128).contains(name.utf8.count), isAllowed {
                    override.name = name
                } else {
                    error(member, "\"\(name.shortened)\" is not 1 to 128 characters out of A-Z a-z 0-9 _ - .")
                }
            case "description":
                if let text = string(member) { override.description = text }
            case "timeout":
                if let timeout = foreignTimeout(member, in: TimeoutConfiguration.range) { override.timeout = timeout }
            default: warnUnknown(member, known: ["name", "description", "timeout"])
            }
        }
        return override
    }
}
