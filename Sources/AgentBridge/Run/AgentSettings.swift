import Configuration
import MCPProtocol

/// One agent: its model, its tools, its limits.
struct AgentSettings: Sendable {
    enum ClientSystem: String, Sendable, CaseIterable { case append, ignore }
    enum OnLimit: String, Sendable, CaseIterable { case finalize, error }
    enum Stages: String, Sendable, CaseIterable { case full, names, off }
    enum IntermediateText: String, Sendable, CaseIterable { case content, reasoning, drop }
    enum ToolSearchMode: String, Sendable, CaseIterable { case auto, always, off }

    struct Limits: Sendable, Equatable {
        var maxTurns = 15
        var onLimit = OnLimit.finalize
        var maxToolCalls = 100
        var maxParallelTools = 32
        var deadline = Duration.seconds(600)
        /// `nil`: no budget.
        var maxTotalTokens: Int?
        var maxCost: Double?
    }

    /// What tools' servers may ask of the agent's model.
    struct Sampling: Sendable, Equatable {
        var isEnabled = true
        var policy = ApprovalPolicy.allow
        /// In one run.
        var maxRequests = 10
        /// Of one answer.
        var maxTokens = SamplingRequest.maxTokens
        /// Which model answers a server that hints at one.
        var models: [ModelHint] = []
    }

    struct ModelHint: Sendable, Equatable {
        var pattern: NamePattern
        /// The name of a model.
        var model: String
    }

    struct ToolTimeout: Sendable, Equatable {
        var pattern: NamePattern
        var timeout: Duration
    }

    var name = "agent"
    var description = ""
    /// The name of a model.
    var model = "main"
    var systemPrompt: String?
    var clientSystem = ClientSystem.append
    var lockedParameters: Set<String> = []
    /// Keys of `custom_fields.configuration` that a request may set.
    var configurable: Set<String> = ["temperature", "max_turns", "stages"]
    var tools = ToolFilter()
    /// Offered even where tools have to be searched for.
    var pinnedTools: [NamePattern] = []
    var descriptionMax = 1024
    var toolSearch = ToolSearchMode.auto
    var usesInstructions = false
    var limits = Limits()
    var toolTimeout = Duration.seconds(30)
    var toolTimeouts: [ToolTimeout] = []
    /// Longer results are cut for the model.
    var resultMax = 40_000
    var approval: [ApprovalRule] = []
    var destructive = ApprovalPolicy.allow
    var sampling = Sampling()
    var stages = Stages.full
    var intermediateText = IntermediateText.content

    func timeout(of tool: String) -> Duration {
        toolTimeouts.first { $0.pattern.matches(tool) }?.timeout ?? toolTimeout
    }

    func approvalPolicy(for tool: GatewayTool) -> ApprovalPolicy {
        if let rule = approval.first(where: { $0.pattern.matches(tool.name) }) { return rule.policy }
        return tool.isDestructive ? destructive : .allow
    }
}

/// Whether a person is asked before a call.
enum ApprovalPolicy: String, Sendable, CaseIterable { case allow, ask, deny }

struct ApprovalRule: Sendable, Equatable {
    var pattern: NamePattern
    var policy: ApprovalPolicy
}
