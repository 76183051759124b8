import Configuration
import MCPProtocol

/// What one server contributes to the catalogue, under the names and URIs of first choice.
struct CatalogPart: Sendable {
    /// What it was made from; `nil` until the server has been listed.
    private(set) var source: ServerLists?
    private(set) var tools: [CatalogTool] = []
    private(set) var prompts: [CatalogPrompt] = []
    private(set) var resources: [CatalogResource] = []
    private(set) var resourceTemplates: [CatalogResource] = []
    private(set) var facts: CatalogServer?
    /// Whether all lists have been fetched at least once.
    var isListed = false
    /// Whether the server has been listed, or has failed, at least once: nobody waits for it any more.
    var isSettled = false

    /// What ``replace(with:of:naming:)`` came to.
    struct Change {
        /// The lists that are different now.
        var kinds: Set<ListKind> = []
        /// What else is different: capabilities, instructions.
        var hasNewFacts = false
        /// About entries that are left out, in words.
        var remarks: [String] = []

        var isEmpty: Bool { kinds.isEmpty && !hasNewFacts }
    }

    /// Takes over new lists. A list that came as it was before costs a comparison and nothing else, and gives no
    /// remarks a second time.
    mutating func replace(with lists: ServerLists, of server: ServerConfiguration, naming: ExposedName) -> Change {
        var change = Change()
        let isOther = source.map { $0.makesTasks != lists.makesTasks } ?? true
        for kind in ListKind.allCases where source.map({ $0[kind] != lists[kind] }) ?? true || kind == .tools && isOther
        {
            var remarks: [String] = []
            let items = Self.distinct(lists[kind], kind, server, &remarks)
            let isDifferent: Bool
            switch kind {
            case .tools:
                isDifferent = Self.set(
                    &tools, Self.tools(items, of: server, areTasks: lists.makesTasks, naming, &remarks))
            case .prompts: isDifferent = Self.set(&prompts, Self.prompts(items, of: server, naming))
            case .resources: isDifferent = Self.set(&resources, Self.resources(items, of: server, areTemplates: false))
            case .resourceTemplates:
                isDifferent = Self.set(&resourceTemplates, Self.resources(items, of: server, areTemplates: true))
            }
            if isDifferent { change.kinds.insert(kind) }
            change.remarks += remarks
        }
        source = lists
        let facts = CatalogServer(
            name: server.name, capabilities: lists.capabilities, revision: lists.revision,
            instructions: lists.instructions,
            counts: Dictionary(uniqueKeysWithValues: ListKind.allCases.map { ($0, lists[$0].count) }))
        change.hasNewFacts = Self.set(&self.facts, facts)
        return change
    }

    /// The lists that are not those of another part.
    func differences(from other: CatalogPart) -> Set<ListKind> {
        var kinds: Set<ListKind> = []
        if tools != other.tools { kinds.insert(.tools) }
        if prompts != other.prompts { kinds.insert(.prompts) }
        if resources != other.resources { kinds.insert(.resources) }
        if resourceTemplates != other.resourceTemplates { kinds.insert(.resourceTemplates) }
        return kinds
    }

    /// Whether clients can see no difference between the parts.
    func lists(the other: CatalogPart) -> Bool { facts == other.facts && differences(from: other).isEmpty }

    private static func set<Value: Equatable>(_ old: inout Value, _ new: Value) -> Bool {
        guard old != new else { return false }
        old = new
        return true
    }

    /// Of entries with one key the first counts; one whose key is empty can be asked for by nobody.
    private static func distinct(
        _ items: [ListPage.Item], _ kind: ListKind, _ server: ServerConfiguration, _ remarks: inout [String]
    ) -> [ListPage.Item] {
        var seen: Set<String> = []
        return items.filter { item in
            if item.key.isEmpty {
                remarks.append("an entry of \(kind.method) is left out: its \(kind.key) is empty")
                return false
            }
            if !seen.insert(item.key).inserted {
                remarks.append("\(kind.method): \(kind.key) \"\(item.key.shortened)\" is listed more than once")
                return false
            }
            return true
        }
    }

    private static func tools(
        _ items: [ListPage.Item], of server: ServerConfiguration, areTasks: Bool, _ naming: ExposedName,
        _ remarks: inout [String]
    ) -> [CatalogTool] {
        var tools: [CatalogTool] = []
        tools.reserveCapacity(items.count)
        for item in items where server.tools.exposes(item.key) {
            guard item.raw.member("inputSchema")?.kind == .object else {
                remarks.append("tool \"\(item.key.shortened)\" is left out: its inputSchema is no object")
                continue
            }
            // Strict clients refuse the whole list, all servers' tools, for one schema that takes no object.
            if let type = item.raw["inputSchema", "type"], !type.isString("object") {
                remarks.append(
                    "tool \"\(item.key.shortened)\" is left out: its inputSchema.type is not \"object\"")
                continue
            }
            let override = server.tools.overrides[item.key]
            let name = override?.name ?? item.key
            let exposedName = naming.make(prefix: server.prefix, name: name)
            var definition = item.raw.renamed(
                exposedName, from: item.key, key: ListKind.tools.key, description: override?.description)
            if areTasks { definition = definition.supportingTasks }
            tools.append(
                CatalogTool(
                    exposedName: exposedName, server: server.name, originalName: item.key, definition: definition,
                    timeout: override?.timeout, interface: ToolInterface(of: item.raw)))
        }
        return tools
    }

    private static func prompts(
        _ items: [ListPage.Item], of server: ServerConfiguration, _ naming: ExposedName
    ) -> [CatalogPrompt] {
        items.map { item in
            let exposedName = naming.make(prefix: server.prefix, name: item.key)
            return CatalogPrompt(
                exposedName: exposedName, server: server.name, originalName: item.key,
                definition: item.raw.renamed(exposedName, from: item.key, key: ListKind.prompts.key))
        }
    }

    private static func resources(
        _ items: [ListPage.Item], of server: ServerConfiguration, areTemplates: Bool
    ) -> [CatalogResource] {
        items.map { item in
            CatalogResource(
                exposedURI: item.key, server: server.name, originalURI: item.key, isTemplate: areTemplates,
                definition: item.raw)
        }
    }
}

extension RawJSON {
    /// A list's entry under the name clients see, with the operator's description where there is one.
    fileprivate func renamed(
        _ name: String, from original: String, key: String, description: String? = nil
    ) -> RawJSON {
        var changes: [(name: String, value: [UInt8]?)] = []
        if name != original { changes.append((key, JSONWriter.quote(name))) }
        if let description { changes.append(("description", JSONWriter.quote(description))) }
        return changes.isEmpty ? self : RawJSON(unchecked: replacingMembers(changes)[...])
    }
}
