import Configuration
import MCPProtocol

/// All parts in the order of the configuration, under names and URIs that are unique. The same parts give the same
/// result, in whatever order they came.
struct CatalogMerge {
    private(set) var tools: [CatalogTool] = []
    private(set) var prompts: [CatalogPrompt] = []
    private(set) var resources: [CatalogResource] = []
    private(set) var resourceTemplates: [CatalogResource] = []
    /// In the order of the configuration; those that have been listed.
    private(set) var servers: [CatalogServer] = []
    /// By exposed URI or template.
    private(set) var owners: [String: ResourceRoute] = [:]
    /// About entries that are left out, in words.
    private(set) var remarks: [String] = []
    /// What is not exposed under its first choice, because another server has it: lists whose own entries are the same
    /// are different when this is.
    private(set) var displaced: [ListKind: [String]] = [:]

    private let naming: ExposedName
    private let kept: KeptKeys

    /// - Parameter base: what everybody sees. Whatever is in it is known by the same name or URI here, so that what one
    ///   server shows to some clients only renames nothing for them.
    init(
        _ parts: [String: CatalogPart], configuration: GatewayConfiguration,
        keepingKeysOf base: CatalogSnapshot? = nil
    ) {
        naming = ExposedName(configuration)
        kept = base.map { KeptKeys(of: $0, in: parts) } ?? KeptKeys()
        owners = kept.owners
        var toolNames = Set(kept.tools.values)
        var promptNames = Set(kept.prompts.values)
        for server in configuration.servers {
            guard let part = parts[server.name] else { continue }
            if let facts = part.facts { servers.append(facts) }
            addResources(part.resources, of: server, to: \.resources, .resources)
            addResources(part.resourceTemplates, of: server, to: \.resourceTemplates, .resourceTemplates)
            for tool in part.tools {
                guard let name = name(for: tool, .tools, kept: kept.tools, in: &toolNames) else { continue }
                let rewritten = interfaceURIs(of: tool, server)
                for uri in rewritten.values.sorted() { displaced[.tools, default: []].append("\(name) \(uri)") }
                tools.append(tool.exposed(as: name) { rewritten[$0] ?? $0 })
            }
            for prompt in part.prompts {
                guard let name = name(for: prompt, .prompts, kept: kept.prompts, in: &promptNames) else { continue }
                prompts.append(prompt.exposed(as: name))
            }
        }
    }

    // MARK: Names

    private mutating func name(
        for item: some CatalogItem, _ kind: ListKind, kept: [KeptKeys.Key: String], in taken: inout Set<String>
    ) -> String? {
        if let name = kept[item.key] { return name }
        let first = item.exposedKey
        if taken.insert(first).inserted { return first }
        let name = naming.makeDistinct(first, server: item.server, name: item.originalKey)
        guard taken.insert(name).inserted else {
            leaveOut(item, kind, because: "the names \"\(first)\" and \"\(name)\" are taken")
            return nil
        }
        displaced[kind, default: []].append(name)
        return name
    }

    private mutating func leaveOut(_ item: some CatalogItem, _ kind: ListKind, because reason: String) {
        displaced[kind, default: []].append("\(item.server) \(item.originalKey)")
        remarks.append(
            "\(kind.method): \(kind.key) \"\(item.originalKey.shortened)\" of server \"\(item.server)\" is left out:"
                + " \(reason)")
    }

    // MARK: URIs

    private mutating func addResources(
        _ items: [CatalogResource], of server: ServerConfiguration,
        to list: WritableKeyPath<CatalogMerge, [CatalogResource]>, _ kind: ListKind
    ) {
        for item in items {
            guard let uri = claim(item.originalURI, for: server) else {
                let owner = owners[item.originalURI]?.server ?? ""
                leaveOut(item, kind, because: "server \"\(owner)\" has it, too")
                continue
            }
            if uri != item.originalURI { displaced[kind, default: []].append(uri) }
            self[keyPath: list].append(item.exposed(as: uri))
        }
    }

    /// The URI under which clients reach a server's `uri`: itself, unless an earlier server has it; `nil` if there is
    /// none.
    private mutating func claim(_ uri: String, for server: ServerConfiguration) -> String? {
        if let exposed = kept.uris[KeptKeys.Key(server: server.name, original: uri)] { return exposed }
        for exposed in [uri, RewrittenURI.expose(uri, prefix: server.uriPrefix)] {
            guard let exposed else { continue }
            guard let owner = owners[exposed] else {
                owners[exposed] = ResourceRoute(server: server.name, originalURI: uri, basis: .listed)
                return exposed
            }
            if owner.server == server.name, owner.originalURI == uri { return exposed }
        }
        return nil
    }

    /// Those URIs of a tool's interface that clients know under others. They need not be listed as resources.
    private mutating func interfaceURIs(of tool: CatalogTool, _ server: ServerConfiguration) -> [String: String] {
        var changed: [String: String] = [:]
        for uri in tool.interface?.uris ?? [] {
            if let exposed = claim(uri, for: server), exposed != uri { changed[uri] = exposed }
        }
        return changed
    }
}

extension ServerConfiguration {
    /// What a URI begins with that has to name this server. Where names have no prefix, URIs still need one.
    var uriPrefix: String { prefix.isEmpty ? Self.prefix(for: name) : prefix }
}
