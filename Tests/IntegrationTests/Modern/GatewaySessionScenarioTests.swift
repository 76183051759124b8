import TestSupport
import Testing

/// The server scenarios of the conformance suite for the revisions with a handshake, against the gateway in front of a
/// server of either era whose names it does not prefix.
@Suite("Conformance scenarios of sessions through the gateway", .serialized)
struct GatewaySessionScenarioTests {
    private func with(
        _ era: GatewayScenarioTests.ServerEra, _ revision: Revision,
        body: (LegacyClient, GatewayFixture) async throws -> Void
    ) async throws {
        let server = try ReferenceServer.stdio(["--era", era.rawValue], [.init("prefix", "")])
        let configuration: JSONTree = ["mcpServers": ["reference": server], "catalog": ["listWait": "20s"]]
        try await GatewayFixture.with(configuration) { gateway in
            let client = try await LegacyClient.open("client \(revision.rawValue)", revision) {
                StreamableHTTPWire(port: gateway.port, receive: $0)
            }
            do {
                try await body(client, gateway)
                try await client.close()
            } catch {
                do { try await client.close() } catch { Issue.record("the client could not be closed: \(error)") }
                throw error
            }
            let problems = await client.problems()
            #expect(problems == [])
        }
    }

    private static let eras = GatewayScenarioTests.ServerEra.allCases
    private static let revisions = [Revision.v2025_06_18, .v2025_11_25]

    @Test("what a session begins with, and what clients ask for", arguments: eras, revisions)
    func requests(era: GatewayScenarioTests.ServerEra, revision: Revision) async throws {
        try await with(era, revision) { client, _ in
            #expect(client.initializeResult["protocolVersion"]?.string == revision.rawValue)
            #expect(try await client.request("ping").result == [:])
            try await client.setLogLevel("debug")
            for tool in try await client.list("tools/list", "tools") {
                let name = tool["name"]?.string ?? ""
                #expect((1...64).contains(name.utf8.count) && tool["description"] != nil && tool["inputSchema"] != nil)
            }
            #expect(try await call(client, "test_simple_text") == "This is a simple text response for testing.")
            let mixed = try await client.request(
                "tools/call", ["name": "test_multiple_content_types", "arguments": [:]])
            #expect(mixed.result?["content"]?.elements?.map { $0["type"]?.string } == ["text", "image", "resource"])
            let place = client.toldCount
            _ = try await call(client, "test_tool_with_logging")
            _ = try await client.told("log", since: place, count: 3) { $0["method"] == "notifications/message" }
            let progress = try await client.request(
                "tools/call",
                ["name": "test_tool_with_progress", "arguments": [:], "_meta": ["progressToken": "token"]])
            let values = progress.before.compactMap { $0["params"]?["progress"]?.int }
            #expect(values == [0, 50, 100])
            let uri: JSONTree = "test://watched-resource"
            try await client.unsubscribe(try await client.subscribe(uri))
            let text = try await client.request("resources/read", ["uri": "test://static-text"])
            #expect(text.result?["contents"]?[0]?["text"] == "This is the content of the static text resource.")
            let prompt = try await client.request("prompts/get", ["name": "test_simple_prompt"])
            #expect(prompt.result?["messages"]?[0]?["content"]?["text"] == "This is a simple prompt for testing.")
        }
    }

    @Test("what servers ask reaches the client, and its answer the server", arguments: eras, revisions)
    func questions(era: GatewayScenarioTests.ServerEra, revision: Revision) async throws {
        try await with(era, revision) { client, _ in
            let sampled = try await call(client, "test_sampling", ["prompt": "p"])
            #expect(sampled == "LLM response: \(AnswerBook.words(for: "p"))")
            let elicited = try await call(client, "test_elicitation", ["message": "m"])
            #expect(elicited?.contains(#""username":"answer""#) == true, "\(elicited ?? "")")
            let defaults = try await call(client, "test_elicitation_sep1034_defaults")
            #expect(defaults?.contains(#""name":"John Doe""#) == true, "\(defaults ?? "")")
            let choices = try await call(client, "test_elicitation_sep1330_enums")
            #expect(choices?.contains(#""titledMulti":["value1","value2","value3"]"#) == true, "\(choices ?? "")")
            let form = client.asked { $0["params"]?["requestedSchema"]?["properties"]?["verified"] != nil }
            #expect(form.first?["params"]?["requestedSchema"]?["properties"]?["score"]?["default"]?.double == 95.5)
        }
    }

    @Test("several requests in flight get each their own answer", arguments: eras)
    func several(era: GatewayScenarioTests.ServerEra) async throws {
        try await with(era, .v2025_11_25) { client, _ in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for index in 0..<10 {
                    group.addTask {
                        let text = try await call(client, "echo", ["message": .string("\(index)")])
                        #expect(text == "\(index)")
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test("a session that was ended is unknown", arguments: eras)
    func lifecycle(era: GatewayScenarioTests.ServerEra) async throws {
        let server = try ReferenceServer.stdio(["--era", era.rawValue])
        try await GatewayFixture.with(["mcpServers": ["reference": server]]) { gateway in
            let client = try await SessionClient.open(gateway)
            try await client.close()
            let ping = SessionClient.request("ping", nil, id: 9).description
            let late = try await gateway.request("POST", "/mcp", headers: client.headers, body: ping)
            #expect(late.status == 404, "\(late)")
        }
    }

    private func call(_ client: LegacyClient, _ tool: String, _ arguments: JSONTree = [:]) async throws -> String? {
        try await client.request("tools/call", ["name": .string(tool), "arguments": arguments]).text
    }
}
