import MCPProtocol

/// A request for a chat completion, checked and taken apart. What it has beyond what is known is ignored.
struct ChatRequest: Sendable {
    enum Progress: String, Sendable { case stages, reasoning, off }

    struct Message: Sendable {
        /// As the model gets it.
        var message: ChatMessage
        /// DIAL's `custom_content`.
        var customContent: RawJSON?
    }

    static let maxMessages = 10_000

    /// Members of the request that go to the model as they are.
    static let forwarded: Set<String> = [
        "temperature", "top_p", "max_tokens", "max_completion_tokens", "stop", "presence_penalty", "frequency_penalty",
        "logit_bias", "seed", "user", "reasoning_effort", "response_format", "parallel_tool_calls", "prompt_cache_key",
        "service_tier",
    ]

    private(set) var model: String?
    private(set) var messages: [Message] = []
    private(set) var parameters: [(name: String, value: RawJSON)] = []
    private(set) var tools: [ClientTool] = []
    private(set) var toolChoice: RawJSON?
    private(set) var isStreaming = false
    private(set) var includesUsage = false
    private(set) var maxPromptTokens: Int?
    /// DIAL's `custom_fields.configuration`, an object.
    private(set) var configuration: RawJSON?
    private(set) var progress: Progress?
    private(set) var isInteractive = false
    private(set) var resume: RawJSON?

    init(_ body: RawJSON) throws(RunFailure) {
        guard body.kind == .object else { throw .invalidBody("The body must be a JSON object.") }
        for (name, value) in body.members where !value.isNull {
            if Self.forwarded.contains(name) {
                parameters.removeAll { $0.name == name }
                parameters.append((name, value))
                continue
            }
            switch name {
            case "model": model = try Self.string(value, name)
            case "messages": messages = try Self.messages(value)
            case "n":
                guard value.intValue == 1 else {
                    throw RunFailure(
                        400, dial: 422, "invalid_request_error", "unsupported_n",
                        "Only one choice can be asked for.", param: "n")
                }
            case "stream": isStreaming = try Self.bool(value, name)
            case "stream_options":
                includesUsage =
                    try value.member("include_usage").map { value throws(RunFailure) in
                        try Self.bool(value, "stream_options.include_usage")
                    } ?? false
            case "tools": tools = try Self.tools(value)
            case "tool_choice": toolChoice = value
            case "max_prompt_tokens":
                if value.isString("infinity") { continue }
                guard let count = value.intValue, count > 0 else {
                    throw .invalidBody(
                        "max_prompt_tokens must be a whole number above zero, or \"infinity\".", param: name)
                }
                maxPromptTokens = Int(clamping: count)
            case "custom_fields":
                configuration = value.member("configuration").flatMap { $0.kind == .object ? $0 : nil }
            case "agent_bridge": try readExtension(value)
            default: break
            }
        }
        guard !messages.isEmpty else {
            throw .invalidBody("messages must be a list with at least one message.", param: "messages")
        }
    }

    private mutating func readExtension(_ value: RawJSON) throws(RunFailure) {
        if let text = value.member("progress")?.stringValue {
            guard let progress = Progress(rawValue: text) else {
                throw .invalidBody(
                    "agent_bridge.progress must be stages, reasoning or off.", param: "agent_bridge.progress")
            }
            self.progress = progress
        }
        isInteractive = value.member("interactive")?.boolValue ?? false
        resume = value.member("resume").flatMap { $0.kind == .object ? $0 : nil }
    }

    private static func string(_ value: RawJSON, _ path: String) throws(RunFailure) -> String {
        guard let text = value.stringValue else { throw .invalidBody("\(path) must be a string.", param: path) }
        return text
    }

    private static func bool(_ value: RawJSON, _ path: String) throws(RunFailure) -> Bool {
        guard let value = value.boolValue else { throw .invalidBody("\(path) must be true or false.", param: path) }
        return value
    }

    // MARK: Messages

    private static let parts: Set<String> = ["text", "image_url", "input_audio", "file", "refusal"]

    private static func messages(_ list: RawJSON) throws(RunFailure) -> [Message] {
        guard list.kind == .array else { throw .invalidBody("messages must be a list.", param: "messages") }
        var messages: [Message] = []
        var index = 0
        for element in list.elements {
            guard index < maxMessages else {
                throw .invalidBody("messages has more than \(maxMessages) entries.", param: "messages")
            }
            messages.append(try message(element, path: "messages[\(index)]", index: index))
            index += 1
        }
        return messages
    }

    private static func message(_ value: RawJSON, path: String, index: Int) throws(RunFailure) -> Message {
        guard value.kind == .object else { throw .invalidBody("\(path) must be an object.", param: path) }
        let (roleValue, content, calls) = value.members("role", "content", "tool_calls")
        guard let name = roleValue?.stringValue, let role = ChatMessage.Role(rawValue: name) else {
            throw .invalidBody(
                "\(path).role must be system, developer, user, assistant or tool.", param: path + ".role")
        }
        try check(content, path: path + ".content")
        var toolCalls: [ToolCall] = []
        if let calls, !calls.isNull {
            guard calls.kind == .array else {
                throw .invalidBody("\(path).tool_calls must be a list.", param: path + ".tool_calls")
            }
            for element in calls.elements {
                guard let call = ToolCall(element) else {
                    throw .invalidBody(
                        "\(path).tool_calls has an entry without id or function.name.", param: path + ".tool_calls")
                }
                toolCalls.append(call)
            }
        }
        let callID = value.member("tool_call_id")?.stringValue
        if role == .tool, callID == nil {
            throw .invalidBody("\(path).tool_call_id must be a string.", param: path + ".tool_call_id")
        }
        let customContent = value.member("custom_content").flatMap { $0.kind == .object ? $0 : nil }
        var changes: [(name: String, value: [UInt8]?)] = [("custom_content", nil)]
        // An empty list is refused by several servers.
        if calls != nil, toolCalls.isEmpty { changes.append(("tool_calls", nil)) }
        let raw = RawJSON(unchecked: value.replacingMembers(changes)[...])
        var message = ChatMessage(
            role: role, raw: raw, toolCalls: role == .assistant ? toolCalls : [],
            toolCallID: role == .tool ? callID : nil)
        message.origin = index
        return Message(message: message, customContent: customContent)
    }

    private static func check(_ content: RawJSON?, path: String) throws(RunFailure) {
        guard let content, !content.isNull, content.kind != .string else { return }
        guard content.kind == .array else {
            throw .invalidBody("\(path) must be a string, null or a list of parts.", param: path)
        }
        var index = 0
        for part in content.elements {
            guard let type = part.member("type")?.stringValue, parts.contains(type) else {
                throw .invalidBody(
                    "\(path)[\(index)].type must be text, image_url, input_audio, file or refusal.",
                    param: "\(path)[\(index)].type")
            }
            index += 1
        }
    }

    private static func tools(_ list: RawJSON) throws(RunFailure) -> [ClientTool] {
        guard list.kind == .array else { throw .invalidBody("tools must be a list.", param: "tools") }
        var tools: [ClientTool] = []
        var index = 0
        for element in list.elements {
            let path = "tools[\(index)]"
            index += 1
            guard let name = element.member("function")?.member("name")?.stringValue, !name.isEmpty else {
                throw .invalidBody("\(path).function.name must be a string.", param: path + ".function.name")
            }
            tools.append(ClientTool(name: name, definition: element))
        }
        return tools
    }
}
