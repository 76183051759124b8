import MCPProtocol

/// One message of a conversation, exactly as a model gets it.
///
/// The form is that of chat completions, which says all that the loop needs to say; another provider's dialect is made
/// from it where the request is written.
struct ChatMessage: Sendable, Equatable {
    enum Role: String, Sendable { case system, developer, user, assistant, tool }

    let role: Role
    /// The whole message, an object.
    let raw: RawJSON
    /// Of an assistant message.
    let toolCalls: [ToolCall]
    /// Of a tool message: the call it answers.
    let toolCallID: String?
    /// Its place among the request's messages; `nil` for one that the bridge put there.
    var origin: Int?
    /// DIAL's attachments of a user's message, which are not yet content of it.
    var attachments: [RawJSON] = []
    /// What it counts against a context window, in bytes of text; `nil`: as many as it has.
    var weight: Int?

    init(role: Role, raw: RawJSON, toolCalls: [ToolCall] = [], toolCallID: String? = nil) {
        self.role = role
        self.raw = raw
        self.toolCalls = toolCalls
        self.toolCallID = toolCallID
    }

    static func text(_ role: Role, _ text: JSONText) -> ChatMessage {
        var writer = JSONWriter(capacity: text.escaped.count + 48)
        writer.beginObject()
        writer.key("role")
        writer.string(role.rawValue)
        writer.key("content")
        writer.raw(text.raw)
        writer.endObject()
        return ChatMessage(role: role, raw: RawJSON(unchecked: writer.finish()[...]))
    }

    static func text(_ role: Role, _ text: String) -> ChatMessage { .text(role, JSONText(text)) }

    /// - Parameter text: what the model said beside its calls; empty becomes `null`, as models write it.
    static func assistant(_ text: JSONText, toolCalls: [ToolCall]) -> ChatMessage {
        guard !toolCalls.isEmpty else { return .text(.assistant, text) }
        var writer = JSONWriter(capacity: text.escaped.count + 256)
        writer.beginObject()
        writer.key("role")
        writer.string("assistant")
        writer.key("content")
        if text.isEmpty { writer.null() } else { writer.raw(text.raw) }
        writer.key("tool_calls")
        writer.beginArray()
        for call in toolCalls { call.encode(into: &writer) }
        writer.endArray()
        writer.endObject()
        return ChatMessage(
            role: .assistant, raw: RawJSON(unchecked: writer.finish()[...]), toolCalls: toolCalls)
    }

    static func tool(answering id: String, _ text: String) -> ChatMessage {
        var writer = JSONWriter(capacity: text.utf8.count + 96)
        writer.beginObject()
        writer.key("role")
        writer.string("tool")
        writer.key("tool_call_id")
        writer.string(id)
        writer.key("content")
        writer.string(text)
        writer.endObject()
        return ChatMessage(role: .tool, raw: RawJSON(unchecked: writer.finish()[...]), toolCallID: id)
    }

    /// - Parameter parts: content parts, each an object.
    static func user(parts: [[UInt8]]) -> ChatMessage {
        var writer = JSONWriter(capacity: parts.reduce(48) { $0 + $1.count + 1 })
        writer.beginObject()
        writer.key("role")
        writer.string("user")
        writer.key("content")
        writer.beginArray()
        for part in parts { writer.raw(part) }
        writer.endArray()
        writer.endObject()
        var message = ChatMessage(role: .user, raw: RawJSON(unchecked: writer.finish()[...]))
        message.weight = parts.reduce(48) { $0 + ContentPart.weight(of: $1) }
        return message
    }

    /// The size that counts against a context window.
    var byteCount: Int { weight ?? raw.bytes.count }
}
