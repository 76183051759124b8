import MCPProtocol

/// A model without a mind, for trying the agent without a key: a line `call TOOL {"json":…}` in the question becomes a
/// call of that tool, several lines several calls at once; results are read back, everything else is echoed.
enum Demo {
    static func step(for request: RawJSON) -> Script.Step {
        var step = Script.Step()
        var messages = request.member("messages")?.elements ?? []
        // Pictures that tools have shown come behind their results.
        if messages.last?.member("content")?.kind == .array, messages.dropLast().last?.member("tool_call_id") != nil {
            messages.removeLast()
        }
        let last = messages.last
        if last?.member("role")?.stringValue == "tool" {
            let results = messages.reversed().prefix { $0.member("role")?.stringValue == "tool" }.reversed()
            let lines = results.map { "- " + ($0.member("content")?.stringValue ?? "") }
            step.actions = Script.ordinary(["text": .string("The tools say:\n" + lines.joined(separator: "\n"))])
            return step
        }
        let question = text(of: last)
        let calls = question.split(separator: "\n").compactMap { call(in: $0) }
        if calls.isEmpty {
            step.actions = Script.ordinary(["text": .string("You said: \(question)")])
        } else {
            step.actions = Script.ordinary(["toolCalls": .array(calls)])
        }
        return step
    }

    private static func text(of message: RawJSON?) -> String {
        guard let content = message?.member("content") else { return "" }
        if let text = content.stringValue { return text }
        return content.elements.compactMap { $0.member("text")?.stringValue }.joined(separator: "\n")
    }

    private static func call(in line: Substring) -> JSONValue? {
        let words = line.split(separator: " ", maxSplits: 2)
        guard words.count >= 2, words[0].lowercased() == "call" else { return nil }
        return ["name": .string(String(words[1])), "arguments": .string(words.count > 2 ? String(words[2]) : "{}")]
    }
}
