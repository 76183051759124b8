import AsyncIO
import MCPProtocol

/// Everything a run needs to know, fixed at its start: a reload does not change it.
struct RunRequest: Sendable {
    var runID = "run_" + RandomToken.hexadecimal(24)
    var agent: AgentSettings
    /// The agent's model, and those to try when it fails.
    var models: [LLMSettings]
    /// Those that servers' hints may lead to.
    var samplingModels: [LLMSettings] = []
    /// The conversation, without the agent's own system prompt.
    var messages: [ChatMessage]
    /// Members for the model's request, as the caller gave them.
    var parameters: [(name: String, value: RawJSON)] = []
    /// The caller's own functions.
    var clientTools: [ClientTool] = []
    /// Of the first call to the model.
    var toolChoice: RawJSON?
    /// Trim the history to so many tokens.
    var maxPromptTokens: Int?
    var identity = RequestIdentity()
    var deadline = MonotonicInstant.distantFuture
    /// Whether what is said may be logged.
    var logsContent = false
    /// `nil`: no spans are wanted.
    var trace: RunTrace?
    /// Who is asked by answers of this run; `nil`: whoever the process has.
    var person: RemotePerson?
    /// Whether the caller understands DIAL's `custom_content`: keeps the hidden part of the conversation, shows
    /// attachments.
    var wantsCustomContent = false
    /// Where files are stored, and from where they may be fetched.
    var files = FileSettings()
    /// Whose large results these are: a conversation, or this run alone.
    var resultOwner: String { identity.conversationID ?? runID }
}

/// A function of the caller, which only the caller can run.
struct ClientTool: Sendable {
    let name: String
    /// An entry of `tools`.
    let definition: RawJSON
}

/// What runs share.
struct RunServices: Sendable {
    let clients: HTTPClientGroup
    let llm: LLMClient
    let results: ResultStore
    let pending: PendingCalls
    let metrics: AgentMetrics
    let log: Log
    let approver: any CallApprover
    let answerer: any QuestionAnswerer
    /// `nil`: nothing travels with the caller.
    var state: StateSealer?
}

/// Asks a person whether a call may be made.
protocol CallApprover: Sendable {
    func approves(_ tool: GatewayTool, _ arguments: RawJSON) async -> Bool
}

/// Nobody is there to be asked.
struct NobodyApproves: CallApprover {
    func approves(_ tool: GatewayTool, _ arguments: RawJSON) async -> Bool { false }
}
