import MCPProtocol

/// What a run tells while it goes on, in the words of nobody's wire.
enum RunEvent: Sendable {
    /// A piece of the answer: a JSON string.
    case text(RawJSON)
    /// A piece of the model's thinking: a JSON string.
    case reasoning(RawJSON)
    case toolStarted(ToolStart)
    case toolProgress(index: Int, text: String)
    case toolEnded(ToolEnd)
    /// An object without its index, for the user.
    case attachment(RawJSON)
    /// Tokens of one call to the model.
    case usage(model: String, LLMUsage)
    /// The run waits for a person: the answer ends here, and another one goes on. The summary has the question.
    case interrupted(RunSummary)
    /// The end. Nothing comes after it.
    case finished(RunSummary)
    /// The end. Nothing comes after it.
    case failed(RunFailure)
}

struct ToolStart: Sendable {
    /// Counts the calls of a run, from 0.
    let index: Int
    /// The call's id, as the model gave it.
    let id: String
    /// The gateway's name, or what the model made up.
    let name: String
    let arguments: String
}

struct ToolEnd: Sendable {
    let index: Int
    let name: String
    let duration: Duration
    let byteCount: Int
    let isError: Bool
    /// `timed out` and the like, for a line of progress.
    let note: String?
    /// What the model reads.
    let text: String
}

/// How a run ended well.
struct RunSummary: Sendable {
    var stopReason = StopReason.finalAnswer
    /// As the caller is told it: `stop`, `length`, `content_filter`, `tool_calls`.
    var finishReason = "stop"
    var turns = 0
    var toolCalls = 0
    /// The calls of the caller's own tools, for the caller to run.
    var clientToolCalls: [ToolCall] = []
    /// By the configured name of the model, in the order of first use.
    var usagePerModel: [(model: String, usage: LLMUsage)] = []
    /// Messages of the request that were left out to fit the context.
    var discardedMessages: [Int] = []
    /// What the next request has to bring back; an object.
    var state: RawJSON?
    /// The same, for whoever keeps it in memory.
    var stored: StoredState?
    /// All of the text the caller saw.
    var visibleText = JSONText()
    /// What a person is asked.
    var interruption: RunInterruption?

    var usage: LLMUsage {
        usagePerModel.reduce(into: LLMUsage()) { $0 += $1.usage }
    }

    /// The same, without the tokens that another answer has told of.
    func since(_ earlier: RunSummary) -> RunSummary {
        var rest = self
        for known in earlier.usagePerModel {
            guard let index = rest.usagePerModel.firstIndex(where: { $0.model == known.model }) else { continue }
            rest.usagePerModel[index].usage -= known.usage
        }
        return rest
    }

    mutating func add(_ usage: LLMUsage, of model: String) {
        if let index = usagePerModel.firstIndex(where: { $0.model == model }) {
            usagePerModel[index].usage += usage
        } else {
            usagePerModel.append((model, usage))
        }
    }
}
