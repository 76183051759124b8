import MCPProtocol

/// The tools, and the pages of `tools/list`, which are written once for each revision.
@LoopActor
final class ToolCatalogue {
    /// The cursor was not given out by this server.
    struct UnknownCursor: Error {}

    private struct PageKey: Hashable {
        let revision: ProtocolRevision
        let start: Int
    }

    private let builtIn: [Tool]
    private let byName: [String: Tool]
    private let pageSize: Int?
    private var pages: [PageKey: [UInt8]] = [:]
    private(set) var listsChangingTool = false

    init(generatedTools: Int, pageSize: Int?) {
        builtIn =
            Tool.text + Tool.content + Tool.notifications + Tool.misbehaviour + Tool.process + Tool.observation
            + Tool.generated(count: generatedTools)
        byName = Dictionary(uniqueKeysWithValues: (builtIn + [Tool.changing]).map { ($0.name, $0) })
        self.pageSize = pageSize
    }

    func toggleChangingTool() -> Bool {
        listsChangingTool.toggle()
        pages.removeAll()
        return listsChangingTool
    }

    /// The tool of this name, if a client of this revision can see it.
    func tool(named name: String, for revision: ProtocolRevision) -> Tool? {
        guard let tool = byName[name], tool.since <= revision else { return nil }
        return name == Tool.changing.name && !listsChangingTool ? nil : tool
    }

    /// The result of `tools/list`, as JSON. The cursor of a page is the number of tools before it.
    func page(at cursor: String?, for revision: ProtocolRevision) throws(UnknownCursor) -> [UInt8] {
        var start = 0
        if let cursor {
            guard let pageSize, let number = Int(cursor), number > 0, number % pageSize == 0 else {
                throw UnknownCursor()
            }
            start = number
        }
        let key = PageKey(revision: revision, start: start)
        if let page = pages[key] { return page }
        let listed = (builtIn + (listsChangingTool ? [Tool.changing] : [])).filter { $0.since <= revision }
        guard start < listed.count else { throw UnknownCursor() }
        let page = Self.write(listed[start...], limit: pageSize, revision: revision)
        pages[key] = page
        return page
    }

    private static func write(_ tools: ArraySlice<Tool>, limit: Int?, revision: ProtocolRevision) -> [UInt8] {
        let shown = tools.prefix(limit ?? .max)
        var writer = JSONWriter(capacity: shown.count * 400)
        writer.beginObject()
        writer.key("tools")
        writer.beginArray()
        for tool in shown { tool.write(to: &writer, for: revision) }
        writer.endArray()
        if shown.endIndex < tools.endIndex {
            writer.key("nextCursor")
            writer.string(String(shown.endIndex))
        }
        writer.endObject()
        return writer.finish()
    }
}
