import MCPProtocol

/// How a tool is offered to a model: an entry of `tools`.
enum ToolDefinition {
    /// - Parameters:
    ///   - name: as the model is to call it.
    ///   - descriptionMax: in bytes; 0: no limit.
    static func encode(_ tool: GatewayTool, name: String, descriptionMax: Int) -> [UInt8] {
        var description = tool.description
        if description.isEmpty, let title = tool.title { description = title }
        if descriptionMax > 0 { description = description.cut(toBytes: descriptionMax) }
        if tool.isReadOnly {
            description += " (read-only)"
        } else if tool.isDestructive {
            description += " (destructive)"
        }
        return encode(name: name, description: description, parameters: parameters(tool.inputSchema))
    }

    static func encode(name: String, description: String, parameters: [UInt8]) -> [UInt8] {
        var writer = JSONWriter(capacity: 96 + description.utf8.count + parameters.count)
        writer.beginObject()
        writer.key("type")
        writer.string("function")
        writer.key("function")
        writer.beginObject()
        writer.key("name")
        writer.string(name)
        writer.key("description")
        writer.string(description)
        writer.key("parameters")
        writer.raw(parameters)
        writer.endObject()
        writer.endObject()
        return writer.finish()
    }

    /// The schema with what model servers insist on, and without what they trip over.
    static func parameters(_ schema: RawJSON) -> [UInt8] {
        var changes: [(name: String, value: [UInt8]?)] = []
        if schema.member("$schema") != nil { changes.append(("$schema", nil)) }
        if schema.member("type") == nil { changes.append(("type", Array(#""object""#.utf8))) }
        if schema.member("properties") == nil { changes.append(("properties", Array("{}".utf8))) }
        return schema.replacingMembers(changes)
    }
}

extension String {
    /// The longest beginning of whole characters that has at most `limit` bytes, with `…` when something is missing.
    func cut(toBytes limit: Int) -> String {
        guard utf8.count > limit else { return self }
        var kept = ""
        var count = 3  // The ellipsis.
        for character in self {
            count += character.utf8.count
            guard count <= limit else { break }
            kept.append(character)
        }
        return kept + "…"
    }
}
