import MCPProtocol

/// One question to a model.
struct LLMCall: Sendable {
    var messages: [ChatMessage]
    /// A JSON array of function definitions; `nil`: no tools are offered.
    var tools: RawJSON?
    /// As JSON: `"none"`, `"auto"`, an object.
    var toolChoice: RawJSON?
    /// Members of the request, which win over the model's own parameters.
    var parameters: [(name: String, value: RawJSON)] = []
    /// Names among ``parameters`` that the model's own win over.
    var lockedParameters: Set<String> = []
    var cacheKey: String?
    var identity = RequestIdentity()

    /// The request's body for one model.
    func body(for model: LLMSettings) -> [UInt8] {
        var writer = JSONWriter(
            capacity: messages.reduce(512 + (tools?.bytes.count ?? 0)) { $0 + $1.raw.bytes.count + 1 })
        writer.beginObject()
        if model.style == .openai {
            writer.key("model")
            writer.string(model.model)
        }
        writer.key("messages")
        writer.beginArray()
        for message in messages { writer.raw(message.raw) }
        writer.endArray()
        writer.key("stream")
        writer.bool(true)
        writer.key("stream_options")
        writer.raw(Self.streamOptions)
        if let tools {
            writer.key("tools")
            writer.raw(tools)
            if let toolChoice {
                writer.key("tool_choice")
                writer.raw(toolChoice)
            }
        }
        for (name, value) in effectiveParameters(of: model) where tools != nil || name != "parallel_tool_calls" {
            writer.key(name)
            writer.raw(value)
        }
        if model.usesCacheKey, let cacheKey, !parameters.contains(where: { $0.name == "prompt_cache_key" }) {
            writer.key("prompt_cache_key")
            writer.string(cacheKey)
        }
        writer.endObject()
        return writer.finish()
    }

    private func effectiveParameters(of model: LLMSettings) -> [(name: String, value: RawJSON)] {
        let own = model.parameters.filter { parameter in
            lockedParameters.contains(parameter.name) || !parameters.contains { $0.name == parameter.name }
        }
        let callers = parameters.filter { parameter in
            !lockedParameters.contains(parameter.name)
        }
        return own + callers
    }

    private static let streamOptions = RawJSON(unchecked: Array(#"{"include_usage":true}"#.utf8)[...])
}

/// What ties the requests of one run together, from the caller to model and tools.
struct RequestIdentity: Sendable {
    var requestID = ""
    /// W3C trace context, as received or made.
    var traceparent: String?
    var tracestate: String?
    /// The caller's span, of a trace that it has begun.
    var parentSpan: String?
    var conversationID: String?
    var jobTitle: String?
    /// For models with `auth: "passthrough"`, and for the file storage.
    var credentials = CallerCredentials()
}
