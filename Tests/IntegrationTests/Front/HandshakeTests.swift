import TestSupport
import Testing

@Suite(
    "initialize and sessions", .serialized,
    .gateway { ["mcpServers": ["one": try ReferenceServer.stdio(), "two": try ReferenceServer.stdio()]] })
struct HandshakeTests {
    @Test(
        "a revision of the handshake era is answered with itself, any other with the newest of them",
        arguments: [
            ("2024-11-05", "2024-11-05"), ("2025-03-26", "2025-03-26"), ("2025-06-18", "2025-06-18"),
            ("2025-11-25", "2025-11-25"), ("2026-07-28", "2025-11-25"), ("2099-01-01", "2025-11-25"),
            ("1.0", "2025-11-25"), ("", "2025-11-25"),
        ])
    func negotiation(asked: String, answered: String) async throws {
        try await SessionClient.with(try .shared(), revision: asked) { client in
            #expect(client.revision == answered)
            #expect(client.initializeResult["capabilities"]?["tools"]?["listChanged"] == true)
            #expect(client.initializeResult["serverInfo"]?["name"]?.string == "mcp-gateway")
            let answer = try await client.call("one__echo", ["message": "hello"])
            #expect(answer.text == "hello")
            #expect(!answer.isEventStream)
            #expect(try await client.request("tools/list").result?["tools"]?.elements?.isEmpty == false)
            #expect(try await client.request("ping").result == [:])
        }
    }
}
