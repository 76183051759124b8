import TestSupport
import Testing

/// The extension for tasks between a published client and a published server.
@Suite(.serialized)
struct PublishedTaskTests {
    @Test(
        "tasks pass between FastMCP and FastMCP; a client without them waits for what becomes of its calls",
        arguments: ["auto", "legacy"])
    func tasks(mode: String) async throws {
        try await RunningProcess.with(.peer(.tasks, "tasks_fastmcp.py", [])) { server in
            let line = try await server.line("port", within: .seconds(60)) { $0.contains("\"port\"") }
            let port = try #require(try JSONTree(parsing: line)["port"]?.int)
            try await MessageTap.with(serverPort: port) { behind in
                let entry: JSONTree = ["url": .string("http://127.0.0.1:\(behind.port)/mcp")]
                try await GatewayFixture.with(["mcpServers": ["one": entry]]) { gateway in
                    try await MessageTap.with(serverPort: gateway.port) { inFront in
                        try await Self.runClient("http://127.0.0.1:\(inFront.port)/mcp", mode)
                        let said = try await TappedSessions(inFront.exchanges(), checking: .server)
                        #expect(said.problems == [])
                        #expect(said.revisions == [mode == "auto" ? "2026-07-28" : "2025-11-25"])
                    }
                    try await gateway.waitUntilIdle()
                }
                let said = try await TappedSessions(behind.exchanges(), checking: .client)
                #expect(said.problems == [])
                #expect(said.methods.isSuperset(of: ["tools/call", "tasks/get"]), "\(said.methods.sorted())")
            }
        }
    }

    private static func runClient(_ url: String, _ mode: String) async throws {
        try await RunningProcess.with(.peer(.tasks, "client_tasks.py", [url, "--mode", mode])) { client in
            let exit = try await client.exit(within: .seconds(180))
            #expect(exit == .code(0), Comment(rawValue: client.transcript))
            #expect(client.standardOutput.lines.last == #"{"step": "done"}"#)
        }
    }
}
