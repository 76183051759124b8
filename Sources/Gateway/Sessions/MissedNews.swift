import MCPProtocol

/// What a client missed while no stream was there to tell it: only that something changed, not how often.
struct MissedNews {
    /// Resources remembered as changed; beyond, the client is told that the list has changed, which makes it look.
    static let maxResources = 256

    private var lists: Set<ListKind> = []
    private var resources: [String] = []

    mutating func noteChange(of kinds: Set<ListKind>) { lists.formUnion(kinds) }

    mutating func noteUpdate(of uri: String) {
        guard !resources.contains(uri) else { return }
        if resources.count < Self.maxResources { resources.append(uri) } else { lists.insert(.resources) }
    }

    /// Removes everything, as messages to send.
    mutating func take() -> [[UInt8]] {
        defer { self = MissedNews() }
        return Self.announcements(of: lists) + resources.map(Self.update)
    }

    /// One notification for each list; templates have none of their own.
    static func announcements(of kinds: Set<ListKind>) -> [[UInt8]] {
        var methods: [String] = []
        if kinds.contains(.tools) { methods.append("notifications/tools/list_changed") }
        if kinds.contains(.prompts) { methods.append("notifications/prompts/list_changed") }
        if kinds.contains(.resources) || kinds.contains(.resourceTemplates) {
            methods.append("notifications/resources/list_changed")
        }
        return methods.map { JSONRPC.notification(method: $0) }
    }

    static func update(of uri: String) -> [UInt8] {
        var params = JSONWriter()
        params.beginObject()
        params.key("uri")
        params.string(uri)
        params.endObject()
        return JSONRPC.notification(method: "notifications/resources/updated", params: params.finish())
    }
}
