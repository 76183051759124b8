import MCPProtocol

/// Proposals for an argument (MCP 2025-11-25, Completion).
enum Completion {
    /// The most values in one answer.
    static let maxValues = 100

    /// - Parameters:
    ///   - prefix: what has been typed.
    ///   - known: arguments that are settled already; a revision without `context` has none.
    /// - Returns: nothing for an argument that has no proposals.
    static func values(ofPrompt prompt: String, argument: String, prefix: String, known: RawJSON?) -> [String] {
        guard prompt == "test_prompt_with_arguments" else { return [] }
        let all: [String]
        switch argument {
        case "arg1": all = ["alpha", "beta", "paris", "park", "party"]
        case "arg2":
            let start = known?.member("arg1")?.stringValue.map { $0 + "-" } ?? ""
            all = ["one", "three", "two"].map { start + $0 }
        default: all = []
        }
        return all.filter { $0.hasPrefix(prefix) }
    }

    /// Ids for the resource template: enough of them that not all fit into one answer.
    static func templateIDs(prefix: String) -> [String] {
        (1...250).map { String($0) }.filter { $0.hasPrefix(prefix) }
    }

    static func result(_ values: [String]) -> JSONValue {
        [
            "completion": [
                "values": .array(values.prefix(maxValues).map(JSONValue.string)), "total": JSONValue(values.count),
                "hasMore": .bool(values.count > maxValues),
            ]
        ]
    }
}
