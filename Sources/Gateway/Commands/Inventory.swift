import MCPProtocol

/// Which of the merged lists a command shows. The raw value is the command, and the end of the path of `/v1`.
enum Inventory: String, CaseIterable {
    case tools, resources, prompts

    /// The answer of `GET /v1/tools`, `/v1/resources` or `/v1/prompts` for people.
    func table(of answer: RawJSON) -> TextTable {
        var table = TextTable(
            columns: [.init(title: title), .init(title: "SERVER"), .init(title: "STATE")]
                + detailTitles.map { TextTable.Column(title: $0) } + [.init(title: "DESCRIPTION", yields: true)])
        for member in members {
            for item in answer.member(member)?.elements ?? [] {
                func text(_ name: String) -> String? { item.member(name)?.stringValue }
                let freshness = text("freshness") ?? ""
                let key = keyMembers.lazy.compactMap(text).first ?? ""
                table.rows.append(
                    [
                        .init(key), .init(text("server") ?? ""),
                        .init(freshness, tone: freshness == "live" ? .good : .doubtful),
                    ] + details(of: item).map { TextTable.Cell($0) } + [
                        .init(text("description") ?? "")
                    ])
            }
        }
        return table
    }

    private var title: String {
        switch self {
        case .tools: "TOOL"
        case .resources: "RESOURCE"
        case .prompts: "PROMPT"
        }
    }

    /// The members of the answer that hold lists.
    private var members: [String] {
        switch self {
        case .tools, .prompts: [rawValue]
        case .resources: [ListKind.resources.member, ListKind.resourceTemplates.member]
        }
    }

    /// The members of an entry that may hold what clients know it by.
    private var keyMembers: [String] {
        switch self {
        case .tools, .prompts: ["name"]
        case .resources: ["uri", "uriTemplate"]
        }
    }

    private var detailTitles: [String] {
        switch self {
        case .tools: []
        case .resources: ["NAME", "TYPE"]
        case .prompts: ["ARGUMENTS"]
        }
    }

    private func details(of item: RawJSON) -> [String] {
        switch self {
        case .tools: []
        case .resources: ["name", "mimeType"].map { item.member($0)?.stringValue ?? "-" }
        case .prompts: [Self.arguments(of: item)]
        }
    }

    /// The names of a prompt's arguments; those that may be left out in brackets.
    private static func arguments(of prompt: RawJSON) -> String {
        let names = prompt.member("arguments")?.elements.compactMap { argument -> String? in
            guard let name = argument.member("name")?.stringValue else { return nil }
            return argument.member("required")?.boolValue == true ? name : "[\(name)]"
        }
        return names.map { $0.isEmpty ? "-" : $0.joined(separator: " ") } ?? "-"
    }
}
