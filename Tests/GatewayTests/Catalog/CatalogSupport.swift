import Configuration
import MCPProtocol
import Synchronization

@testable import Gateway

/// Makes servers and what they list.
enum Listed {
    static func server(
        _ name: String, prefix: String? = nil, deny: [String] = [], overrides: [String: ToolOverride] = [:],
        isDisabled: Bool = false
    ) -> ServerConfiguration {
        ServerConfiguration(
            name: name, prefix: prefix,
            transport: .stdio(command: "x", arguments: [], environment: [], workingDirectory: nil),
            tools: ToolFilterConfiguration(deny: deny.map { NamePattern($0) }, overrides: overrides),
            isDisabled: isDisabled)
    }

    /// The items of a list whose entries are these JSON texts.
    static func items(_ kind: ListKind, _ entries: [String]) throws -> [ListPage.Item] {
        let result = try RawJSON(validating: #"{"\#(kind.member)":[\#(entries.joined(separator: ","))]}"#)
        return try ListPage(kind, result: result).items
    }

    static func tools(_ names: String...) throws -> [ListPage.Item] { try tools(names) }

    static func tools(_ names: [String]) throws -> [ListPage.Item] {
        try items(
            .tools, names.map { #"{"name":"\#($0)","description":"d","inputSchema":{"type":"object"},"x":1.0}"# })
    }

    static func prompts(_ names: String...) throws -> [ListPage.Item] {
        try items(.prompts, names.map { #"{"name":"\#($0)","arguments":[]}"# })
    }

    static func resources(_ uris: String...) throws -> [ListPage.Item] {
        try items(.resources, uris.map { #"{"uri":"\#($0)","name":"n"}"# })
    }

    static func templates(_ uris: String...) throws -> [ListPage.Item] {
        try items(.resourceTemplates, uris.map { #"{"uriTemplate":"\#($0)","name":"n"}"# })
    }

    static func capabilities(_ text: String) throws -> RawJSON { try RawJSON(validating: text) }

    static let everything = #"{"tools":{},"resources":{},"prompts":{}}"#
}

extension Catalog {
    func publish(tools: [ListPage.Item], of server: ServerConfiguration, announced: Bool) -> [String] {
        publish(ServerLists(tools: tools), of: server, announced: announced ? [.tools] : [])
    }

    /// Publishes resources and templates of a server that has the capability.
    @discardableResult
    func publish(
        resources: [ListPage.Item] = [], templates: [ListPage.Item] = [], tools: [ListPage.Item] = [],
        of server: ServerConfiguration
    ) throws -> [String] {
        publish(
            ServerLists(
                tools: tools, resources: resources, resourceTemplates: templates,
                capabilities: try Listed.capabilities(Listed.everything)),
            of: server, announced: [])
    }

    var exposedTools: [String] { snapshot.tools.map(\.exposedName) }
    var exposedResources: [String] { snapshot.resources.map(\.exposedURI) }
    var exposedTemplates: [String] { snapshot.resourceTemplates.map(\.exposedURI) }
}

/// What an observer heard.
final class Heard: Sendable {
    private let kinds = Mutex<[Set<ListKind>]>([])

    init(_ catalog: Catalog) {
        catalog.observe { change in self.kinds.withLock { $0.append(change.kinds) } }
    }

    var all: [Set<ListKind>] { kinds.withLock { $0 } }

    /// What was heard since the last time.
    func take() -> [Set<ListKind>] {
        kinds.withLock { kinds in
            defer { kinds = [] }
            return kinds
        }
    }
}
