import MCPProtocol

/// A tool as the gateway lists it.
struct GatewayTool: Sendable {
    /// What `tools/call` names it by.
    let name: String
    let title: String?
    let description: String
    /// An object; `{}` when the gateway gives none.
    let inputSchema: RawJSON
    // Hints of the server: never a reason to trust a tool more.
    let isReadOnly: Bool
    let isDestructive: Bool
    let isIdempotent: Bool

    /// - Parameter item: an entry of `tools/list` with that name.
    init(name: String, item: RawJSON) {
        let (title, description, schema) = item.members("title", "description", "inputSchema")
        let annotations = item.member("annotations")
        self.name = name
        self.title = title?.stringValue ?? annotations?.member("title")?.stringValue
        self.description = description?.stringValue ?? ""
        inputSchema = schema.flatMap { $0.kind == .object ? $0.detached() : nil } ?? .emptyObject
        isReadOnly = annotations?.member("readOnlyHint")?.boolValue ?? false
        isDestructive = annotations?.member("destructiveHint")?.boolValue ?? false
        isIdempotent = annotations?.member("idempotentHint")?.boolValue ?? false
    }

    /// `web: search` for `web__search`.
    var shownName: String { Self.shown(name) }

    static func shown(_ name: String) -> String {
        guard let separator = name.firstRange(of: "__"), separator.lowerBound > name.startIndex,
            separator.upperBound < name.endIndex
        else { return name }
        return name[..<separator.lowerBound] + ": " + name[separator.upperBound...]
    }
}

/// All tools of the gateway at one moment.
final class ToolCatalogue: Sendable {
    let tools: [GatewayTool]
    /// What the gateway has to say to the model.
    let instructions: String?

    init(tools: [GatewayTool], instructions: String?) {
        self.tools = tools
        self.instructions = instructions
    }

    static let empty = ToolCatalogue(tools: [], instructions: nil)
}
