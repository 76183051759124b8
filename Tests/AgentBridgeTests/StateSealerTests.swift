import MCPProtocol
import Testing

@testable import AgentBridge

@Suite("State that travels with the caller")
struct StateSealerTests {
    private static let history: [ChatMessage] = [
        .assistant(JSONText("I look"), toolCalls: [ToolCall(id: "a", name: "f", arguments: #"{"x":"ü"}"#)]),
        .tool(answering: "a", "result"),
    ]

    private func sealer(_ settings: StateSettings = StateSettings(secret: "a secret of ours")) throws -> StateSealer {
        try StateSealer(settings)
    }

    @Test("comes back as it went")
    func roundTrip() throws {
        let state = try #require(
            try sealer().seal(Self.history, final: JSONText("done \u{1F600}"), agent: "x", now: 100))
        let stored = try sealer().open(state, agent: "x", now: 200)
        #expect(stored.final.string == "done \u{1F600}")
        #expect(stored.history.map(\.role) == [.assistant, .tool])
        #expect(stored.history[0].toolCalls.first?.arguments == #"{"x":"ü"}"#)
    }

    @Test("survives being stored and written anew in another order")
    func reordered() throws {
        let state = try #require(try sealer().seal(Self.history, final: JSONText("ü"), agent: "x", now: 100))
        var tree = JSONValue(state)
        func reversed(_ value: JSONValue) -> JSONValue {
            switch value {
            case .object(let object):
                .object(
                    JSONObject(
                        members: object.members.reversed().map { .init(name: $0.name, value: reversed($0.value)) }))
            case .array(let elements): .array(elements.map(reversed))
            default: value
            }
        }
        tree = reversed(tree)
        #expect(try sealer().open(tree.raw, agent: "x", now: 200).final.string == "ü")
    }

    @Test("any changed byte, another agent, another key and the end of its time are refused")
    func refused() throws {
        let state = try #require(try sealer().seal(Self.history, final: JSONText("done"), agent: "x", now: 100))
        #expect(throws: StateSealer.Refusal.self) { try sealer().open(state, agent: "y", now: 200) }
        #expect(throws: StateSealer.Refusal.self) { try sealer().open(state, agent: "x", now: 100 + 86_400) }
        #expect(throws: StateSealer.Refusal.self) {
            try sealer(StateSettings(secret: "another")).open(state, agent: "x", now: 200)
        }
        let bytes = Array(state.bytes)
        for index in bytes.indices where bytes[index] >= UInt8(ascii: "0") && bytes[index] != UInt8(ascii: "\\") {
            var changed = bytes
            changed[index] = changed[index] == UInt8(ascii: "7") ? UInt8(ascii: "8") : UInt8(ascii: "7")
            guard let value = try? RawJSON(validating: changed), JSONValue(value) != JSONValue(state) else { continue }
            #expect(throws: StateSealer.Refusal.self) { try sealer().open(value, agent: "x", now: 200) }
        }
    }

    @Test("old results give way when it grows too long")
    func size() throws {
        var settings = StateSettings(secret: "x")
        settings.maxBytes = 2000
        let history =
            Self.history + [
                .assistant(JSONText(), toolCalls: [ToolCall(id: "b", name: "f", arguments: "{}")]),
                .tool(answering: "b", String(repeating: "y", count: 1400)),
            ]
        let long = [
            ChatMessage.assistant(JSONText(), toolCalls: [ToolCall(id: "c", name: "f", arguments: "{}")]),
            .tool(answering: "c", String(repeating: "z", count: 3000)),
        ]
        let sealer = try sealer(settings)
        let state = try #require(sealer.seal(long + history, final: JSONText("d"), agent: "x", now: 0))
        #expect(state.bytes.count <= 2200)
        let stored = try sealer.open(state, agent: "x", now: 1)
        #expect(stored.history[1].raw.text.contains(StateSealer.omitted))
    }
}
