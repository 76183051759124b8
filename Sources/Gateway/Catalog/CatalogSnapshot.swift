import MCPProtocol

/// The merged catalogue at one moment. Immutable: whoever has one can read it without a lock, and a list that is read
/// page by page stays the list it was.
package final class CatalogSnapshot: Sendable {
    /// Increases with every snapshot of a process.
    package let generation: UInt64
    /// In the order of the configuration, then of each server's own list.
    package let tools: [CatalogTool]
    private let indexByName: [String: Int]
    /// Tools by the name their server gives them; of use where it is unambiguous.
    private let indexesByOriginalName: [String: [Int]]
    /// The answer to a list request that fits one page: the most common request of all, ready to send.
    package let wholeToolList: RawJSON?
    private let pageSize: Int

    init(generation: UInt64, tools: [CatalogTool], pageSize: Int) {
        self.generation = generation
        self.tools = tools
        self.pageSize = pageSize
        var byName: [String: Int] = [:]
        var byOriginal: [String: [Int]] = [:]
        for (index, tool) in tools.enumerated() {
            byName[tool.exposedName] = index
            byOriginal[tool.originalName, default: []].append(index)
        }
        indexByName = byName
        indexesByOriginalName = byOriginal
        wholeToolList = tools.count <= pageSize ? Self.listResult(tools[...], nextCursor: nil) : nil
    }

    /// The tool a client means: by its exposed name, else by its original name where only one server has such a tool
    /// (a UI resource of a server knows only the server's own names).
    package func tool(named name: String) -> CatalogTool? {
        if let index = indexByName[name] { return tools[index] }
        if let indexes = indexesByOriginalName[name], indexes.count == 1 { return tools[indexes[0]] }
        return nil
    }

    /// Names that a client may have meant, nearest first, at most five.
    package func namesLike(_ name: String) -> [String] {
        let wanted = name.lowercased()
        let scored = tools.compactMap { tool -> (name: String, distance: Int)? in
            let exposed = tool.exposedName.lowercased()
            let original = tool.originalName.lowercased()
            if original == wanted || exposed.contains(wanted) || wanted.contains(original) {
                return (tool.exposedName, 0)
            }
            let limit = max(2, wanted.count / 3)
            let distance = min(
                EditDistance.between(wanted, exposed, atMost: limit),
                EditDistance.between(wanted, original, atMost: limit))
            return distance <= limit ? (tool.exposedName, distance) : nil
        }
        return scored.sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }.prefix(5).map(\.name)
    }

    // MARK: Pages

    /// The page of `tools/list` that begins at `offset`; `nil` if there is no such page.
    package func toolPage(at offset: Int) -> (result: RawJSON, isLast: Bool)? {
        if offset == 0, let wholeToolList { return (wholeToolList, true) }
        guard offset >= 0, offset < tools.count, offset % pageSize == 0 else { return nil }
        let end = min(offset + pageSize, tools.count)
        let cursor = end < tools.count ? ListCursor(generation: generation, offset: end) : nil
        return (Self.listResult(tools[offset..<end], nextCursor: cursor?.encoded), cursor == nil)
    }

    private static func listResult(_ tools: ArraySlice<CatalogTool>, nextCursor: String?) -> RawJSON {
        var writer = JSONWriter(capacity: tools.reduce(64) { $0 + $1.definition.bytes.count + 1 })
        writer.beginObject()
        writer.key("tools")
        writer.beginArray()
        for tool in tools { writer.raw(tool.definition) }
        writer.endArray()
        if let nextCursor {
            writer.key("nextCursor")
            writer.string(nextCursor)
        }
        writer.endObject()
        return RawJSON(unchecked: writer.finish()[...])
    }
}
