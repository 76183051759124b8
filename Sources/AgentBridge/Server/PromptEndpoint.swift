import AsyncIO
import MCPProtocol

/// DIAL's questions about prompts: how many tokens one has, and what would be left out of it. Both by the same estimate
/// that keeps a run within its context.
struct PromptEndpoint: Sendable {
    enum Question: String { case tokenize, truncate = "truncate_prompt" }

    private static let maxInputs = 1000

    let agent: AgentSettings
    /// `nil`: the agent asks a model that is not configured.
    let model: LLMSettings?

    /// - Parameter body: `{"inputs":[…]}`
    /// - Returns: `{"outputs":[…]}`, as many; an input that makes no sense is an error in its place.
    func answer(_ question: Question, _ body: RawJSON) throws(RunFailure) -> [UInt8] {
        guard let inputs = body.member("inputs"), inputs.kind == .array else {
            throw .invalidBody("inputs must be a list.", param: "inputs")
        }
        var outputs: [JSONValue] = []
        for input in inputs.elements {
            guard outputs.count < Self.maxInputs else {
                throw .invalidBody("inputs has more than \(Self.maxInputs) entries.", param: "inputs")
            }
            do throws(RunFailure) {
                switch question {
                case .tokenize:
                    outputs.append(["status": "success", "token_count": JSONValue(try tokens(input))])
                case .truncate:
                    let discarded = try discarded(ChatRequest(input)).map { JSONValue($0) }
                    outputs.append(["status": "success", "discarded_messages": .array(discarded)])
                }
            } catch {
                outputs.append(["status": "error", "error": .string(error.message)])
            }
        }
        let answer: JSONValue = ["outputs": .array(outputs)]
        return answer.serialized()
    }

    private func tokens(_ input: RawJSON) throws(RunFailure) -> Int {
        guard let value = input.member("value") else { throw .invalidBody("value is missing.", param: "inputs") }
        switch input.member("type")?.stringValue {
        case "string":
            guard let text = value.stringValue else { throw .invalidBody("value must be a string.", param: "inputs") }
            return ContextBudget.tokens(bytes: text.utf8.count)
        case "request":
            let chat = try ChatRequest(value)
            let tools = chat.tools.reduce(0) { $0 + $1.definition.bytes.count }
            return ContextBudget.tokens(messages(of: chat)) + ContextBudget.tokens(bytes: tools)
        default: throw .invalidBody("type must be string or request.", param: "inputs")
        }
    }

    /// The agent's own prompt first, as in a run.
    private func messages(of chat: ChatRequest) -> [ChatMessage] {
        let own = agent.systemPrompt.map { [ChatMessage.text(.system, $0)] } ?? []
        return own + chat.messages.map(\.message)
    }

    private func discarded(_ chat: ChatRequest) throws(RunFailure) -> [Int] {
        var messages = messages(of: chat)
        let limit = chat.maxPromptTokens ?? model?.contextTokens ?? .max
        let excess = ContextBudget.tokens(messages) - limit
        guard excess > 0 else { return [] }
        let discarded = ContextBudget.shrink(&messages, by: excess)
        let left = ContextBudget.tokens(messages)
        guard left <= limit else {
            throw .invalidBody(
                "What has to stay has about \(left) tokens; the limit is \(limit).", param: "max_prompt_tokens")
        }
        return discarded
    }
}
