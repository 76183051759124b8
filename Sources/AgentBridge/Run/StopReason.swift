/// Why a run of the agent ended, as `agent_bridge.stop_reason` says it.
package enum StopReason: String, Sendable, CaseIterable {
    /// The model answered without asking for a tool.
    case finalAnswer = "final_answer"
    /// The limit of model calls was reached.
    case maxTurns = "max_turns"
    /// A budget of tokens or cost was used up.
    case budget
    /// The model asked for tools that only the caller can run.
    case clientTools = "client_tools"
    /// The run waits for a person.
    case interruption
    /// The model's answer was cut at its length limit.
    case length
    /// The model's provider withheld the answer.
    case contentFilter = "content_filter"
}
