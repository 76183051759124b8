import TestSupport

/// What a client answers to what it is asked: always the same to the same question, so that a test can tell from a
/// tool's result whether question and answer went through unharmed.
enum AnswerBook {
    /// Everything a client of this revision can declare.
    static func capabilities(of revision: Revision) -> JSONTree {
        let roots: JSONTree = ["listChanged": true]
        switch revision {
        case .v2024_11_05, .v2025_03_26: return ["roots": roots, "sampling": [:]]
        case .v2025_06_18: return ["roots": roots, "sampling": [:], "elicitation": [:]]
        case .v2025_11_25:
            return [
                "roots": roots, "sampling": ["tools": [:], "context": [:]], "elicitation": ["form": [:], "url": [:]],
            ]
        case .v2026_07_28:
            return [
                "roots": [:], "sampling": ["tools": [:], "context": [:]], "elicitation": ["form": [:], "url": [:]],
            ]
        }
    }

    static let roots: JSONTree = [["uri": "file:///matrix", "name": "matrix"]]

    /// The response to a question that came as a request.
    static func answer(to question: JSONTree, revision: Revision) -> JSONTree {
        let id = question["id"] ?? .null
        if question["method"] == "ping" { return ["jsonrpc": "2.0", "id": id, "result": [:]] }
        guard let result = result(for: question, revision: revision) else {
            return [
                "jsonrpc": "2.0", "id": id, "error": ["code": -32601, "message": "this is not asked of clients"],
            ]
        }
        return ["jsonrpc": "2.0", "id": id, "result": result]
    }

    /// The answer to a question that came in a result.
    static func result(answering question: JSONTree, revision: Revision) -> JSONTree {
        result(for: question, revision: revision) ?? .null
    }

    private static func result(for question: JSONTree, revision: Revision) -> JSONTree? {
        let params = question["params"] ?? [:]
        switch question["method"]?.string {
        case "roots/list": return ["roots": roots]
        case "sampling/createMessage": return sampled(params, revision: revision)
        case "elicitation/create":
            if params["mode"] == "url" { return ["action": "accept"] }
            return ["action": "accept", "content": content(for: params["requestedSchema"] ?? [:])]
        default: return nil
        }
    }

    /// What the answer to a prompt says.
    static func words(for prompt: String) -> String { "sampled \(prompt)" }

    static let toolUse: JSONTree = [
        "type": "tool_use", "id": "use-1", "name": "weather", "input": ["city": "Oslo"],
    ]

    private static func sampled(_ params: JSONTree, revision: Revision) -> JSONTree {
        let prompt = params["messages"]?[0]?["content"]?["text"]?.string ?? "something else than a text"
        let text: JSONTree = ["type": "text", "text": .string(words(for: prompt))]
        let content: JSONTree
        var reason: JSONTree = "endTurn"
        if params["tools"] != nil {
            (content, reason) = ([toolUse], "toolUse")
        } else {
            // A list of one where the revision has lists: a server of an older one has to get the one.
            content = revision >= .v2025_11_25 ? [text] : text
        }
        return ["role": "assistant", "content": content, "model": "matrix-model", "stopReason": reason]
    }

    /// Fills a form in: defaults where there are any, of single choices the last option, of multiple ones all.
    private static func content(for schema: JSONTree) -> JSONTree {
        .object(
            (schema["properties"]?.members ?? []).map { .init($0.name, value(for: $0.value)) })
    }

    private static func value(for property: JSONTree) -> JSONTree {
        if let preset = property["default"] {
            // The published schemas let answers have whole numbers only, whatever forms ask for.
            return preset.double.map { .number(String(Int($0))) } ?? preset
        }
        if let options = property["enum"]?.elements { return options.last ?? .null }
        if let options = property["oneOf"]?.elements { return options.last?["const"] ?? .null }
        switch property["type"]?.string {
        case "boolean": return true
        case "integer", "number": return 7
        case "array":
            if let options = property["items"]?["enum"] { return options }
            return .array((property["items"]?["anyOf"]?.elements ?? []).compactMap { $0["const"] })
        default: return property["format"] == "email" ? "a@example.com" : "answer"
        }
    }
}
