import Configuration
import MCPProtocol

/// The tools one agent offers to its model, fixed for a run so that the beginning of the prompt stays the same.
final class AgentTools: Sendable {
    struct Entry: Sendable {
        let tool: GatewayTool
        /// As the model calls it.
        let name: String
        /// An entry of the request's `tools`.
        let definition: [UInt8]
    }

    /// In the gateway's order.
    let entries: [Entry]
    let instructions: String?
    private let byName: [String: Int]
    /// Names of tools whose description was cut.
    let cutDescriptions: [String]

    init(_ catalogue: ToolCatalogue, filter: ToolFilter, descriptionMax: Int) {
        let tools = catalogue.tools.filter { filter.includes($0.name) }
        let names = LLMToolNames(tools: tools.map(\.name)).names
        var byName: [String: Int] = [:]
        var entries: [Entry] = []
        for (tool, name) in zip(tools, names) where byName[name] == nil {
            byName[name] = entries.count
            entries.append(
                Entry(
                    tool: tool, name: name,
                    definition: ToolDefinition.encode(tool, name: name, descriptionMax: descriptionMax)))
        }
        self.entries = entries
        self.byName = byName
        instructions = catalogue.instructions
        cutDescriptions =
            descriptionMax > 0
            ? entries.filter { $0.tool.description.utf8.count > descriptionMax }.map(\.tool.name) : []
    }

    /// The tool a model means; `nil` if it invented the name.
    func entry(named name: String) -> Entry? { byName[name].map { entries[$0] } }

    /// Whether any of these is called so, by either of its names.
    func claims(_ name: String) -> Bool { byName[name] != nil || entries.contains { $0.tool.name == name } }

    /// Known names that are near to an invented one, the nearest first.
    func similar(to name: String, limit: Int = 3) -> [String] {
        NameRanking.nearest(to: name, among: entries.map(\.name), limit: limit)
    }
}

/// Which of the gateway's tools an agent has. Patterns are of ``NamePattern``.
struct ToolFilter: Sendable, Equatable {
    var include = [NamePattern.everything]
    var exclude: [NamePattern] = []

    func includes(_ name: String) -> Bool {
        include.contains { $0.matches(name) } && !exclude.contains { $0.matches(name) }
    }
}

/// Near names, for a model that made one up.
enum NameRanking {
    static func nearest(to name: String, among names: [String], limit: Int) -> [String] {
        let wanted = Array(name.lowercased().utf8.prefix(128))
        let words = Set(words(of: name))
        let scored = names.map { candidate -> (String, Double) in
            let other = Array(candidate.lowercased().utf8.prefix(128))
            let longer = max(wanted.count, other.count, 1)
            let likeness = 1 - Double(NameSuggestion.distance(wanted, other)) / Double(longer)
            let shared = words.intersection(Self.words(of: candidate)).count
            return (candidate, likeness + 0.5 * Double(shared))
        }
        // A stable order for equal scores: the gateway's.
        return scored.enumerated()
            .filter { $0.element.1 > 0.4 }
            .sorted { ($1.element.1, $0.offset) < ($0.element.1, $1.offset) }
            .prefix(limit).map(\.element.0)
    }

    private static func words(of name: String) -> [String] {
        name.lowercased().split { !($0.isLetter || $0.isNumber) }.map(String.init)
    }
}
