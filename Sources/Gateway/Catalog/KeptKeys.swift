/// The names and URIs of what everybody sees, as far as it is in other parts, too.
struct KeptKeys {
    struct Key: Hashable {
        let server: String
        /// What the server calls it.
        let original: String
    }

    /// Exposed names by what they stand for.
    private(set) var tools: [Key: String] = [:]
    private(set) var prompts: [Key: String] = [:]
    /// Exposed URIs and templates by what they stand for.
    private(set) var uris: [Key: String] = [:]
    /// The same the other way round.
    private(set) var owners: [String: ResourceRoute] = [:]

    init() {}

    init(of base: CatalogSnapshot, in parts: [String: CatalogPart]) {
        var present = Present()
        for (server, part) in parts { present.add(part, of: server) }
        for tool in base.tools where present.tools.contains(tool.key) { tools[tool.key] = tool.exposedName }
        for prompt in base.prompts where present.prompts.contains(prompt.key) {
            prompts[prompt.key] = prompt.exposedName
        }
        for (exposed, route) in base.owners {
            let key = Key(server: route.server, original: route.originalURI)
            guard present.uris.contains(key) else { continue }
            uris[key] = exposed
            owners[exposed] = route
        }
    }

    private struct Present {
        var tools: Set<Key> = []
        var prompts: Set<Key> = []
        var uris: Set<Key> = []

        mutating func add(_ part: CatalogPart, of server: String) {
            for tool in part.tools {
                tools.insert(tool.key)
                for uri in tool.interface?.uris ?? [] { uris.insert(Key(server: server, original: uri)) }
            }
            for prompt in part.prompts { prompts.insert(prompt.key) }
            for resource in part.resources + part.resourceTemplates { uris.insert(resource.key) }
        }
    }
}

extension CatalogItem {
    var key: KeptKeys.Key { KeptKeys.Key(server: server, original: originalKey) }
}
