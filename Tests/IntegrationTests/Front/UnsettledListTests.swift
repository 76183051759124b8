import TestSupport
import Testing

/// How long a client of 2026-07-28 may keep a list, before and after the gateway has seen all servers.
struct UnsettledListTests {
    private static let body = """
        {"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{\
        "io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}
        """

    private static func list(_ gateway: GatewayFixture) async throws -> JSONTree {
        let answer = try await gateway.post(
            body, changing: ["MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/list"])
        return try #require(try answer.json()["result"], "\(answer)")
    }

    @Test("a list may be kept once it is whole")
    func settled() async throws {
        try await GatewayFixture.with(["mcpServers": ["good": try ReferenceServer.stdio()]]) { gateway in
            let list = try await Self.list(gateway)
            #expect(list["tools"]?.elements?.isEmpty == false)
            #expect((list["ttlMs"]?.int ?? 0) > 0, "\(list["ttlMs"] ?? .null)")
        }
    }

    @Test("a list that a server may still come to may not be kept")
    func unsettled() async throws {
        let servers: JSONTree = [
            "good": try ReferenceServer.stdio(), "silent": try ReferenceServer.stdio(["--silent"]),
        ]
        try await GatewayFixture.with(["mcpServers": servers], waitsUntilReady: false) { gateway in
            try await gateway.waitForServer("good")
            let list = try await Self.list(gateway)
            #expect(list["tools"]?.elements?.isEmpty == false)
            #expect(list["ttlMs"] == 0)
        }
    }
}
