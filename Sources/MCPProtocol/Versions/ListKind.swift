/// The four lists of a server.
package enum ListKind: String, CaseIterable, Hashable, Sendable {
    case tools, resources, resourceTemplates, prompts

    package var method: String {
        switch self {
        case .tools: "tools/list"
        case .resources: "resources/list"
        case .resourceTemplates: "resources/templates/list"
        case .prompts: "prompts/list"
        }
    }

    /// The list that a request asks for; `nil` for any other method.
    package init?(method: String) {
        guard let kind = Self.allCases.first(where: { $0.method == method }) else { return nil }
        self = kind
    }

    /// The member of the result that holds the items.
    package var member: String { rawValue }

    /// The member that tells one item from another.
    package var key: String {
        switch self {
        case .tools, .prompts: "name"
        case .resources: "uri"
        case .resourceTemplates: "uriTemplate"
        }
    }
}
