import MCPProtocol

/// Everything one server said of itself and of what it has.
package struct ServerLists: Sendable, Equatable {
    /// Each in the server's order.
    package var tools: [ListPage.Item]
    package var resources: [ListPage.Item]
    package var resourceTemplates: [ListPage.Item]
    package var prompts: [ListPage.Item]
    /// An object, as the server declared it.
    package var capabilities: RawJSON
    /// What is spoken with the server.
    package var revision: ProtocolRevision
    /// The server's words to the model.
    package var instructions: String?

    package init(
        tools: [ListPage.Item] = [], resources: [ListPage.Item] = [], resourceTemplates: [ListPage.Item] = [],
        prompts: [ListPage.Item] = [], capabilities: RawJSON = RawJSON(unchecked: Array("{}".utf8)[...]),
        revision: ProtocolRevision = .latestLegacy, instructions: String? = nil
    ) {
        self.tools = tools
        self.resources = resources
        self.resourceTemplates = resourceTemplates
        self.prompts = prompts
        self.capabilities = capabilities
        self.revision = revision
        self.instructions = instructions
    }

    /// Whether the server may make a task of any call, which a client of 2025-11-25 is told of each tool.
    var makesTasks: Bool { revision.isModern && TasksExtension.isDeclared(in: capabilities) }

    package subscript(kind: ListKind) -> [ListPage.Item] {
        get {
            switch kind {
            case .tools: tools
            case .resources: resources
            case .resourceTemplates: resourceTemplates
            case .prompts: prompts
            }
        }
        set {
            switch kind {
            case .tools: tools = newValue
            case .resources: resources = newValue
            case .resourceTemplates: resourceTemplates = newValue
            case .prompts: prompts = newValue
            }
        }
    }
}

extension ListKind {
    /// The capability a server declares to have this list.
    package var capability: String {
        switch self {
        case .tools: "tools"
        case .resources, .resourceTemplates: "resources"
        case .prompts: "prompts"
        }
    }

    /// The kind whose `list_changed` notification speaks of this list: resources and their templates have one together
    /// (MCP 2025-11-25, Resources, "List Changed Notification").
    package var announced: ListKind { self == .resourceTemplates ? .resources : self }
}
