import MCPProtocol

/// What a model answered to one call, whole.
struct LLMReply: Sendable, Equatable {
    var text = JSONText()
    /// In the model's order, each with an id of its own.
    var toolCalls: [ToolCall] = []
    /// `nil` if the server gave none.
    var finishReason: String?
    /// `nil` if the server did not count.
    var usage: LLMUsage?
    /// Attachments of a DIAL answer, as they came.
    var attachments: [RawJSON] = []
    /// The model that answered, by the name of the configuration.
    var model = ""
}

/// A piece of a model's answer that may be passed on at once. The values are JSON strings.
enum LLMPiece: Sendable, Equatable {
    case text(RawJSON)
    case reasoning(RawJSON)
}
