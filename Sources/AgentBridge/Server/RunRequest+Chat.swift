import AsyncIO
import MCPProtocol

extension RunRequest {
    /// What a chat completion asks an agent for.
    init(
        _ chat: ChatRequest, agent: AgentSettings, snapshot: AgentSnapshot, hub: AgentHub, identity: RequestIdentity
    ) throws(RunFailure) {
        var agent = agent
        var parameters = chat.parameters
        if let configuration = chat.configuration {
            try Self.apply(configuration, to: &agent, &parameters)
        }
        let strict = snapshot.configuration.state.isStrict
        var refusal: RunFailure?
        let history = History(
            pending: hub.runtime.services.pending,
            state: { message in
                let conversation = identity.conversationID
                guard let state = message.customContent?.member("state") else {
                    guard snapshot.configuration.state.isKeptByServer, let conversation,
                        let visible = message.message.raw.member("content")?.stringValue
                    else { return nil }
                    return hub.conversations.state(visible: visible, conversation: agent.name + "\u{0}" + conversation)
                }
                // It says where a question came from, and nothing of the past.
                if RunInterruption.id(inState: state) != nil { return nil }
                do throws(StateSealer.Refusal) {
                    return try hub.runtime.services.state?.open(state, agent: agent.name)
                } catch {
                    hub.log.warning(
                        "state refused", ["request_id": identity.requestID, "reason": error.reason])
                    if strict {
                        refusal = RunFailure(
                            400, "invalid_request_error", "invalid_state",
                            "The state of an assistant message is not valid: \(error.reason).", param: "messages")
                    }
                    return nil
                }
            }, ignoresSystem: agent.clientSystem == .ignore)
        let messages = try history.messages(of: chat)
        if let refusal { throw refusal }
        self.init(agent: agent, models: snapshot.configuration.models(for: agent), messages: messages)
        self.parameters = parameters
        logsContent = snapshot.configuration.logsContent
        files = snapshot.configuration.files
        samplingModels = snapshot.configuration.models
        clientTools = chat.tools
        toolChoice = chat.toolChoice
        maxPromptTokens = chat.maxPromptTokens
        self.identity = identity
        trace = RunTrace(hub.spans, identity)
        if let root = trace?.root { self.identity.traceparent = root.traceparent }
        deadline = .now + agent.limits.deadline
    }

    /// Settings of one request, as far as the operator lets a caller have them. Others are ignored.
    private static func apply(
        _ configuration: RawJSON, to agent: inout AgentSettings, _ parameters: inout [(name: String, value: RawJSON)]
    ) throws(RunFailure) {
        let path = "custom_fields.configuration."
        for (name, value) in configuration.members where agent.configurable.contains(name) {
            switch name {
            case "temperature":
                guard value.kind == .number else {
                    throw .invalidBody("\(path)\(name) must be a number.", param: path + name)
                }
                parameters.removeAll { $0.name == name }
                parameters.append((name, value))
            case "max_turns":
                guard let turns = value.intValue, 1...Int64(agent.limits.maxTurns) ~= turns else {
                    throw .invalidBody(
                        "\(path)\(name) must be a whole number from 1 to \(agent.limits.maxTurns).",
                        param: path + name)
                }
                agent.limits.maxTurns = Int(turns)
            case "stages":
                guard let stages = value.stringValue.flatMap(AgentSettings.Stages.init(rawValue:)) else {
                    throw .invalidBody("\(path)\(name) must be full, names or off.", param: path + name)
                }
                agent.stages = stages
            default: break
            }
        }
    }
}
