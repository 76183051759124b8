import Configuration
import MCPProtocol

/// The tools a model is offered in a run. Only ever appended to, so that the beginning of the prompt stays the same.
struct OfferedTools {
    let tools: AgentTools
    /// `nil`: all tools are offered.
    let search: ToolSearch?
    private(set) var hasResultReader = false
    private(set) var hasFileReader = false
    private var shown: Set<String> = []
    private var entries: [ArraySlice<UInt8>] = []
    private var encoded: RawJSON?

    static func isBuiltIn(_ name: String) -> Bool {
        [ResultReader.name, FileReader.name, ToolSearch.name].contains(name)
    }

    init(_ tools: AgentTools, request: RunRequest) {
        self.tools = tools
        let bytes = tools.entries.reduce(0) { $0 + $1.definition.count }
        let window = request.models.first?.contextTokens ?? 0
        let isTooMuch =
            tools.entries.count > ToolSearch.maxShown
            || window > 0 && Double(ContextBudget.tokens(bytes: bytes)) > Double(window) * ToolSearch.maxContextShare
        let searches =
            switch request.agent.toolSearch {
            case .always: !tools.entries.isEmpty
            case .auto: isTooMuch && tools.entries.count > 10
            case .off: false
            }
        search = searches ? ToolSearch(tools) : nil
        let pinned = request.agent.pinnedTools
        for entry in tools.entries where !searches || pinned.contains(where: { $0.matches(entry.tool.name) }) {
            shown.insert(entry.name)
            entries.append(entry.definition[...])
        }
        if searches { entries.append(ToolSearch.definition[...]) }
        for tool in request.clientTools { entries.append(tool.definition.bytes) }
    }

    /// A JSON array; `nil` if there are none.
    var definitions: RawJSON? {
        mutating get {
            if let encoded { return encoded }
            guard !entries.isEmpty else { return nil }
            var writer = JSONWriter(capacity: entries.reduce(2) { $0 + $1.count + 1 })
            writer.beginArray()
            for entry in entries { writer.raw(entry) }
            writer.endArray()
            encoded = RawJSON(unchecked: writer.finish()[...])
            return encoded
        }
    }

    mutating func offerResultReader() {
        guard !hasResultReader else { return }
        hasResultReader = true
        append(ResultReader.definition)
    }

    mutating func offerFileReader() {
        guard !hasFileReader else { return }
        hasFileReader = true
        append(FileReader.definition)
    }

    /// Offers what a search has found.
    mutating func offer(_ names: [String]) {
        for name in names where shown.insert(name).inserted {
            if let entry = tools.entry(named: name) { append(entry.definition) }
        }
    }

    private mutating func append(_ definition: [UInt8]) {
        entries.append(definition[...])
        encoded = nil
    }
}
