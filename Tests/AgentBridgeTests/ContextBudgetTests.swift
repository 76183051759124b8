import MCPProtocol
import Testing

@testable import AgentBridge

@Suite("Fitting a conversation to its context")
struct ContextBudgetTests {
    private func message(_ role: ChatMessage.Role, _ text: String, _ origin: Int?) -> ChatMessage {
        var message = ChatMessage.text(role, text)
        message.origin = origin
        return message
    }

    private func turn(_ id: String, size: Int) -> [ChatMessage] {
        [
            .assistant(JSONText(), toolCalls: [ToolCall(id: id, name: "f", arguments: "{}")]),
            .tool(answering: id, String(repeating: "x", count: size)),
        ]
    }

    @Test("old tool results go first, the last three turns stay")
    func results() {
        var messages = [message(.system, "s", nil), message(.user, "q", 0)]
        for index in 0..<6 { messages += turn("c\(index)", size: 1000) }
        #expect(ContextBudget.shrink(&messages, by: 500).isEmpty)
        let removed = messages.filter { $0.raw.text.contains(ContextBudget.removedResult) }
        #expect(removed.compactMap(\.toolCallID) == ["c0", "c1"])
        #expect(messages.count == 14)
    }

    @Test("then exchanges go, never the system prompt, the first and the last question, nor half of a turn")
    func exchanges() {
        var messages = [message(.system, "s", nil)]
        for index in 0..<5 {
            messages.append(message(.user, String(repeating: "q", count: 500), index * 2))
            messages.append(message(.assistant, String(repeating: "a", count: 500), index * 2 + 1))
        }
        messages.append(message(.user, "last", 10))
        messages += turn("c", size: 2000)
        let dropped = ContextBudget.shrink(&messages, by: 100_000)
        #expect(dropped == [1, 2, 3, 4, 5, 6, 7, 8, 9])
        #expect(messages.map(\.role) == [.system, .user, .user, .assistant, .tool])
        #expect(messages[2].raw.text.contains("last"))
    }

    @Test("every call keeps its answer, whatever has to go", arguments: [10, 100, 1000, 10_000])
    func pairs(excess: Int) {
        var messages = [message(.user, "q", 0)]
        for index in 0..<8 { messages += turn("c\(index)", size: 300) }
        _ = ContextBudget.shrink(&messages, by: excess)
        var open: Set<String> = []
        for message in messages {
            if let id = message.toolCallID { #expect(open.remove(id) != nil) } else { #expect(open.isEmpty) }
            open.formUnion(message.toolCalls.map(\.id))
        }
        #expect(open.isEmpty)
    }

    @Test("a picture counts by what it shows, not by the length of its bytes")
    func pictures() {
        let data = String(repeating: "A", count: 1_000_000)
        let url = JSONWriter.quote("data:image/png;base64," + data)
        let message = ChatMessage.user(parts: [ContentPart.text("look"), ContentPart.image(url)])
        #expect(ContextBudget.tokens([message]) < 2000)
        #expect(ContextBudget.tokens([.user(parts: [ContentPart.text(data)])]) > 250_000)
    }
}
