import TestSupport
import Testing

@Suite("The time a call may take after a question")
struct QuestionPatienceTests {
    @Test("a question that was answered before a call began takes nothing from the call's time")
    func laterCall() async throws {
        let configuration: JSONTree = [
            "mcpServers": ["only": try ReferenceServer.stdio(["--era", "legacy"])],
            "defaults": ["timeouts": ["call": "1s", "idle": "1s"]],
        ]
        try await GatewayFixture.with(configuration) { gateway in
            let client = try await LegacyClient.open("asked client", .v2025_11_25) {
                StreamableHTTPWire(port: gateway.port, receive: $0)
            }
            let asked = try await client.request("tools/call", ["name": "ask_roots", "arguments": [:]])
            #expect(asked.text == AnswerBook.roots.description)
            // Longer than the silence that is allowed: what matters is that this time has passed.
            try await Task.sleep(for: .milliseconds(1500))
            let later = try await client.request("tools/call", ["name": "delay", "arguments": ["ms": 50]])
            #expect(later.text == "waited 50 ms", "\(later)")
            try await client.close()
            let problems = await client.problems()
            #expect(problems == [])
        }
    }
}
