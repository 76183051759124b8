import MCPProtocol

/// A change of the answer, as chat completions stream it.
enum Delta: Sendable {
    case role
    /// JSON strings.
    case content(RawJSON)
    case reasoning(RawJSON)
    /// What is added to a stage.
    case stage(index: Int, name: String?, content: String?, status: String?)
    /// An object.
    case attachment(index: Int, RawJSON)
    case state(RawJSON)
    /// What a person is asked, an object.
    case formSchema(RawJSON)
    case toolCalls([ToolCall])

    /// As the `delta` of a chunk.
    func encode(into writer: inout JSONWriter) {
        writer.beginObject()
        switch self {
        case .role:
            writer.key("role")
            writer.string("assistant")
        case .content(let value):
            writer.key("content")
            writer.raw(value)
        case .reasoning(let value):
            writer.key("reasoning_content")
            writer.raw(value)
        case .stage(let index, let name, let content, let status):
            custom("stages", index, into: &writer) { writer in
                Self.encodeStage(name, content, status, into: &writer)
            }
        case .attachment(let index, let value):
            custom("attachments", index, into: &writer) { writer in
                for (name, member) in value.members {
                    writer.key(name)
                    writer.raw(member)
                }
            }
        case .state(let value):
            writer.key("custom_content")
            writer.beginObject()
            writer.key("state")
            writer.raw(value)
            writer.endObject()
        case .formSchema(let value):
            writer.key("custom_content")
            writer.beginObject()
            writer.key("form_schema")
            writer.raw(value)
            writer.endObject()
        case .toolCalls(let calls):
            writer.key("tool_calls")
            writer.beginArray()
            for (index, call) in calls.enumerated() {
                var entry = JSONWriter()
                call.encode(into: &entry)
                let bytes = entry.finish()
                var indexed = Array("{\"index\":\(index),".utf8)
                indexed += bytes.dropFirst()
                writer.raw(indexed)
            }
            writer.endArray()
        }
        writer.endObject()
    }

    private func custom(
        _ member: String, _ index: Int, into writer: inout JSONWriter, _ body: (inout JSONWriter) -> Void
    ) {
        writer.key("custom_content")
        writer.beginObject()
        writer.key(member)
        writer.beginArray()
        writer.beginObject()
        writer.key("index")
        writer.integer(index)
        body(&writer)
        writer.endObject()
        writer.endArray()
        writer.endObject()
    }

    private static func encodeStage(
        _ name: String?, _ content: String?, _ status: String?, into writer: inout JSONWriter
    ) {
        if let name {
            writer.key("name")
            writer.string(name)
        }
        if let content {
            writer.key("content")
            writer.string(content)
        }
        writer.key("status")
        if let status { writer.string(status) } else { writer.null() }
    }
}
