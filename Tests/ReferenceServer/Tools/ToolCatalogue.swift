import MCPProtocol

/// The tools, and the pages of `tools/list`, which are written once for each revision.
@LoopActor
final class ToolCatalogue {
    private struct PageKey: Hashable {
        let revision: ProtocolRevision
        let start: Int
    }

    private let builtIn: [Tool]
    private let byName: [String: Tool]
    private let pages: PageCutter
    private let faults: [String]
    private let repeated: [Tool]
    private var written: [PageKey: [UInt8]] = [:]
    private(set) var listsChangingTool = false

    init(options: ServerOptions, pages: PageCutter) {
        builtIn = Tool.allBuiltIn + Tool.generated(count: options.generatedTools)
        byName = Dictionary(
            (builtIn + [Tool.changing]).map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        self.pages = pages
        faults =
            (options.listsInvalidTools ? Self.invalidTools : [])
            + (options.marksInvalidHeaders ? Self.invalidMarks : [])
        repeated = options.duplicatesTools ? Array(builtIn.prefix(1)) : []
    }

    func toggleChangingTool() -> Bool {
        listsChangingTool.toggle()
        written.removeAll()
        return listsChangingTool
    }

    /// The tool of this name, if a client of this revision can see it.
    func tool(named name: String, for revision: ProtocolRevision) -> Tool? {
        guard let tool = byName[name], tool.isVisible(in: revision) else { return nil }
        return name == Tool.changing.name && !listsChangingTool ? nil : tool
    }

    /// The result of `tools/list`, as JSON.
    func page(at cursor: String?, for revision: ProtocolRevision) throws(PageCutter.UnknownCursor) -> [UInt8] {
        let key = PageKey(revision: revision, start: cursor.flatMap { Int($0) } ?? 0)
        if cursor == nil, let page = written[key] { return page }
        let listed = (builtIn + repeated + (listsChangingTool ? [Tool.changing] : [])).filter {
            $0.isVisible(in: revision) && $0.isListed
        }
        let page = try pages.page(at: cursor, of: listed.count)
        if let page = written[key] { return page }
        // Before the good ones, so that a reader that stops at them loses everything.
        let faults = cursor == nil ? self.faults : []
        let json = ListWriter.write(
            .tools, faults.map(Row.fault) + listed[page.items].map(Row.tool), nextCursor: page.nextCursor
        ) { row, writer in
            switch row {
            case .tool(let tool): tool.write(to: &writer, for: revision)
            case .fault(let text): writer.raw(Array(text.utf8))
            }
        }
        // The empty pages behind the end have no end themselves.
        if !page.items.isEmpty { written[key] = json }
        return json
    }

    private enum Row {
        case tool(Tool)
        /// JSON.
        case fault(String)
    }

    /// Entries that the schema does not allow.
    private static let invalidTools = [
        #"{"description":"A tool without a name.","inputSchema":{"type":"object"}}"#,
        #"{"name":"","description":"A tool with an empty name.","inputSchema":{"type":"object"}}"#,
        #"{"name":"text_schema","description":"A tool that takes no object.","inputSchema":{"type":"string"}}"#,
        #"{"name":"no_schema","description":"A tool without a schema.","inputSchema":"object"}"#,
        #"{"name":42,"description":"A tool whose name is a number.","inputSchema":{"type":"object"}}"#,
        #""not a tool""#,
    ]

    /// Tools whose `x-mcp-header` breaks the rules (MCP 2026-07-28, Transports, "Custom Headers").
    private static let invalidMarks = [
        ("empty", #""a":{"type":"string","x-mcp-header":""}"#),
        ("space", #""a":{"type":"string","x-mcp-header":"My Region"}"#),
        ("colon", #""a":{"type":"string","x-mcp-header":"Region:Primary"}"#),
        ("control", #""a":{"type":"string","x-mcp-header":"Re\tgion"}"#),
        ("not_ascii", #""a":{"type":"string","x-mcp-header":"Région"}"#),
        ("object", #""a":{"type":"object","x-mcp-header":"Data"}"#),
        ("array", #""a":{"type":"array","x-mcp-header":"Items"}"#),
        ("number", #""a":{"type":"number","x-mcp-header":"Score"}"#),
        ("null", #""a":{"type":"null","x-mcp-header":"Nothing"}"#),
        (
            "twice",
            #""a":{"type":"string","x-mcp-header":"Region"},"b":{"type":"string","x-mcp-header":"REGION"}"#
        ),
        ("in_items", #""a":{"type":"array","items":{"type":"string","x-mcp-header":"Item"}}"#),
        ("in_choice", #""a":{"anyOf":[{"type":"string","x-mcp-header":"Choice"}]}"#),
    ].map { name, properties in
        #"{"name":"invalid_header_\#(name)","description":"Breaks the rules of x-mcp-header.","#
            + #""inputSchema":{"type":"object","properties":{\#(properties)}}}"#
    }
}
