import MCPProtocol

/// `sampling/createMessage` as a question to a model, and the model's answer as its result.
enum SamplingRequest {
    static let maxTokens = 4096

    /// - Throws: what is wrong with the params, for the server.
    static func call(_ params: RawJSON?, identity: RequestIdentity, maxTokens limit: Int) throws(JSONRPCError)
        -> LLMCall
    {
        guard let params, let list = params.member("messages"), list.kind == .array else {
            throw JSONRPCError(code: ErrorCode.invalidParams, message: "params.messages must be an array")
        }
        var messages: [ChatMessage] = []
        if let system = params.member("systemPrompt")?.stringValue { messages.append(.text(.system, system)) }
        for message in list.elements { try append(message, to: &messages) }
        var call = LLMCall(messages: messages)
        call.identity = identity
        let wanted = params.member("maxTokens")?.intValue ?? Int64(limit)
        call.parameters.append(("max_tokens", number(min(max(1, wanted), Int64(limit)))))
        if let temperature = params.member("temperature"), temperature.kind == .number {
            call.parameters.append(("temperature", temperature))
        }
        if let stop = params.member("stopSequences"), stop.kind == .array, stop.element(0) != nil {
            call.parameters.append(("stop", stop))
        }
        if let tools = params.member("tools"), tools.kind == .array, tools.element(0) != nil {
            var writer = JSONWriter()
            writer.beginArray()
            for tool in tools.elements {
                guard let name = tool.member("name")?.stringValue else { continue }
                writer.raw(ToolDefinition.encode(GatewayTool(name: name, item: tool), name: name, descriptionMax: 0))
            }
            writer.endArray()
            call.tools = RawJSON(unchecked: writer.finish()[...])
            switch params["toolChoice", "mode"]?.stringValue {
            case "required": call.toolChoice = RawJSON(unchecked: JSONWriter.quote("required")[...])
            case "none": call.toolChoice = RawJSON(unchecked: JSONWriter.quote("none")[...])
            default: break
            }
        }
        return call
    }

    private static func number(_ value: Int64) -> RawJSON { RawJSON(unchecked: Array("\(value)".utf8)[...]) }

    private static func append(_ message: RawJSON, to messages: inout [ChatMessage]) throws(JSONRPCError) {
        let (role, content) = message.members("role", "content")
        guard let role = role?.stringValue, role == "user" || role == "assistant", let content else {
            throw JSONRPCError(code: ErrorCode.invalidParams, message: "a message needs a role and content")
        }
        let blocks = content.kind == .array ? content.elements : [content]
        var parts: [[UInt8]] = []
        var texts: [String] = []
        var calls: [ToolCall] = []
        for block in blocks {
            switch block.member("type")?.stringValue {
            case "text":
                let text = block.member("text")?.stringValue ?? ""
                texts.append(text)
                parts.append(ContentPart.text(text))
            case "image":
                if let data = block.member("data") {
                    let type = block.member("mimeType")?.stringValue ?? "image/png"
                    parts.append(ContentPart.image(ContentPart.dataURL(.init(mimeType: type, data: data, title: ""))))
                }
            case "audio":
                if let data = block.member("data") {
                    let type = block.member("mimeType")?.stringValue ?? "audio/wav"
                    parts += ContentPart.audio(.init(mimeType: type, data: data, title: "audio"), of: "the server")
                        .dropFirst()
                }
            case "tool_use":
                calls.append(
                    ToolCall(
                        id: block.member("id")?.stringValue ?? ToolCall.makeID(),
                        name: block.member("name")?.stringValue ?? "", arguments: block.member("input")?.text ?? "{}"))
            case "tool_result":
                let result = ToolResult(block)
                messages.append(.tool(answering: block.member("toolUseId")?.stringValue ?? "", result.text))
            default: continue
            }
        }
        if role == "assistant" {
            messages.append(.assistant(JSONText(texts.joined(separator: "\n\n")), toolCalls: calls))
        } else if parts.count == texts.count {
            if !texts.isEmpty { messages.append(.text(.user, texts.joined(separator: "\n\n"))) }
        } else {
            messages.append(.user(parts: parts))
        }
    }

    /// - Parameter model: the name the server is told.
    static func result(_ reply: LLMReply, model: String) -> RawJSON {
        var writer = JSONWriter(capacity: reply.text.escaped.count + 128)
        writer.beginObject()
        writer.key("role")
        writer.string("assistant")
        writer.key("content")
        if reply.toolCalls.isEmpty {
            encodeText(reply.text, into: &writer)
        } else {
            writer.beginArray()
            if !reply.text.isEmpty { encodeText(reply.text, into: &writer) }
            for call in reply.toolCalls { encode(call, into: &writer) }
            writer.endArray()
        }
        writer.key("model")
        writer.string(model)
        writer.key("stopReason")
        writer.string(
            !reply.toolCalls.isEmpty ? "toolUse" : reply.finishReason == "length" ? "maxTokens" : "endTurn")
        writer.endObject()
        return RawJSON(unchecked: writer.finish()[...])
    }

    private static func encodeText(_ text: JSONText, into writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("type")
        writer.string("text")
        writer.key("text")
        writer.raw(text.raw)
        writer.endObject()
    }

    private static func encode(_ call: ToolCall, into writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("type")
        writer.string("tool_use")
        writer.key("id")
        writer.string(call.id)
        writer.key("name")
        writer.string(call.name)
        writer.key("input")
        do throws(JSONError) {
            let input = try RawJSON(validating: call.arguments)
            writer.raw(input.kind == .object ? input : .emptyObject)
        } catch {
            writer.raw(RawJSON.emptyObject)
        }
        writer.endObject()
    }
}
