import TestSupport
import Testing

/// The server scenarios of the conformance suite for 2026-07-28, against the gateway in front of a server of either era
/// whose names it does not prefix.
@Suite("Conformance scenarios through the gateway", .serialized)
struct GatewayScenarioTests {
    enum ServerEra: String, CaseIterable, Sendable {
        case legacy, modern
    }

    /// Runs `body` with a client of a gateway of its own, and expects that every message was right.
    private func with(
        _ era: ServerEra, capabilities: JSONTree? = nil, body: (ModernClient, GatewayFixture) async throws -> Void
    ) async throws {
        let options = ["--era", era.rawValue]
        let configuration: JSONTree = [
            "mcpServers": ["reference": try ReferenceServer.stdio(options, [.init("prefix", "")])],
            "catalog": ["listWait": "20s"],
        ]
        try await GatewayFixture.with(configuration) { gateway in
            try await ModernClient.with(capabilities: capabilities) { _ in
                ModernHTTPWire(port: gateway.port)
            } body: { client in
                _ = try await client.list("tools/list", "tools")
                try await body(client, gateway)
            }
        }
    }

    @Test("each fault has its status and code, and the id comes back", arguments: ServerEra.allCases)
    func ladder(era: ServerEra) async throws {
        try await with(era) { _, gateway in
            for fault in ModernLadderTests.cases {
                // A server with sessions asked for nothing: answers that come along mean nothing to it.
                if era == .legacy, fault.code == -32602, fault.params["inputResponses"] != nil { continue }
                try await ModernLadderTests.expect(fault, port: gateway.port)
            }
        }
    }

    @Test("what is advertised is served, and the other way round", arguments: ServerEra.allCases)
    func capabilities(era: ServerEra) async throws {
        try await with(era) { client, _ in
            let result = try #require(try await client.request("server/discover").result)
            let capabilities = try #require(result["capabilities"])
            for (name, method, params) in [
                ("tools", "tools/list", [:]), ("resources", "resources/list", [:]), ("prompts", "prompts/list", [:]),
                (
                    "completions", "completion/complete",
                    [
                        "ref": ["type": "ref/prompt", "name": "test_prompt_with_arguments"],
                        "argument": ["name": "arg1", "value": "par"],
                    ]
                ),
            ] as [(String, String, JSONTree)] {
                #expect(capabilities[name] != nil)
                let answer = try await client.request(method, params)
                #expect(answer.result != nil, "\(method): \(answer)")
            }
            #expect(capabilities["tools"]?["listChanged"] == true && capabilities["logging"] != nil)
        }
    }

    @Test("tools, resources and prompts arrive intact", arguments: ServerEra.allCases)
    func content(era: ServerEra) async throws {
        try await with(era) { client, _ in
            for tool in try await client.list("tools/list", "tools") {
                let name = tool["name"]?.string ?? ""
                #expect((1...64).contains(name.utf8.count) && tool["description"] != nil && tool["inputSchema"] != nil)
            }
            let expected: [(String, [JSONTree])] = [
                ("test_simple_text", [Feature.text("This is a simple text response for testing.")]),
                ("test_image_content", [Feature.image]),
                (
                    "test_embedded_resource",
                    [
                        Feature.resource(
                            "test://embedded-resource", "text/plain", "This is an embedded resource content.")
                    ]
                ),
            ]
            for (tool, content) in expected {
                #expect(try await client.call(tool).result?["content"]?.means(.array(content)) == true, "\(tool)")
            }
            let failure = try await client.call("test_error_handling")
            #expect(failure.result?["isError"] == true)
            #expect(failure.text == "This tool intentionally returns an error for testing")
            let schema = try await client.list("tools/list", "tools").first { $0["name"] == "json_schema_2020_12_tool" }
            for keyword in ["$schema", "$defs", "allOf", "if", "then", "else", "additionalProperties"] {
                #expect(schema?["inputSchema"]?[keyword] != nil, "\(keyword)")
            }

            let text = try await client.request("resources/read", ["uri": "test://static-text"]).result?["contents"]?[0]
            #expect(text?["text"] == "This is the content of the static text resource.")
            let blob = try await client.request("resources/read", ["uri": "test://static-binary"]).result?["contents"]?[
                0]
            #expect(blob?["blob"] != nil && blob?["uri"] == "test://static-binary")
            let data = try await client.request("resources/read", ["uri": "test://template/7/data"])
            #expect(data.result?["contents"]?[0]?["text"]?.string?.contains(#""7""#) == true)
            let missing = try await client.request("resources/read", ["uri": "test://nowhere"])
            #expect(missing.error?["code"] == -32602 && missing.error?["data"]?["uri"] == "test://nowhere")

            let prompt = try await client.request(
                "prompts/get", ["name": "test_prompt_with_arguments", "arguments": ["arg1": "hello", "arg2": "world"]])
            let words = prompt.result?["messages"]?[0]?["content"]?["text"]
            #expect(words == "Prompt with arguments: arg1='hello', arg2='world'")
        }
    }

    @Test("progress and logs come on their request's stream, before its answer", arguments: ServerEra.allCases)
    func notifications(era: ServerEra) async throws {
        try await with(era) { client, _ in
            let answer = try await client.call("test_tool_with_progress", meta: ["progressToken": "p"])
            let values = answer.before.compactMap { $0["params"]?["progress"]?.int }
            #expect(values == [0, 50, 100])
            _ = try await client.call("test_streaming_elicitation", meta: ["progressToken": "q"])
            let place = client.toldCount
            _ = try await client.call("test_logging_tool")
            #expect(client.toldCount == place)
            client.wantLogs(of: "warning")
            _ = try await client.call("test_logging_tool")
            let levels = client.inbox.value.told.dropFirst(place).compactMap { $0["params"]?["level"]?.string }
            #expect(levels == ["warning", "error"])
        }
    }

    @Test("several requests in flight get each their own answer", arguments: ServerEra.allCases)
    func several(era: ServerEra) async throws {
        try await with(era) { client, _ in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for index in 0..<10 {
                    group.addTask {
                        let message = "message \(index)"
                        let text = try await client.call("echo", ["message": .string(message)]).text
                        #expect(text == message)
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test(
        "a subscription is acknowledged, told of what is triggered elsewhere, and tagged", arguments: ServerEra.allCases
    )
    func subscriptions(era: ServerEra) async throws {
        try await with(era) { client, _ in
            let tools = try await client.listen(["toolsListChanged": true])
            let prompts = try await client.listen(["promptsListChanged": true])
            #expect(tools.acknowledged == ["toolsListChanged": true])
            _ = try await client.call("test_trigger_tool_change")
            _ = try await client.heard("tools/list_changed", on: tools) { $0["method"] != nil }
            _ = try await client.call("test_trigger_prompt_change")
            _ = try await client.heard("prompts/list_changed", on: prompts) { $0["method"] != nil }
        }
    }

    // MARK: Questions in results

    @Test("one question of each kind, and the answer arrives", arguments: ServerEra.allCases)
    func basicQuestions(era: ServerEra) async throws {
        try await with(era) { client, _ in
            for (tool, key, method, text) in [
                ("elicitation", "user_name", "elicitation/create", "Hello, answer!"),
                (
                    "sampling", "capital_question", "sampling/createMessage",
                    "The model says: sampled What is the capital of France?"
                ), ("list_roots", "client_roots", "roots/list", "Roots: file:///matrix"),
            ] {
                let params = Self.call("test_input_required_result_\(tool)")
                let asked = try #require(try await self.asked(client, params))
                let questions = try #require(asked["inputRequests"]?.members)
                #expect(questions.count == 1 && questions[0].value["method"]?.string == method, "\(asked)")
                // The server's own key, where it has given one.
                #expect(era == .legacy || questions[0].name == key)
                #expect(try await answered(client, params, asked)?["content"]?[0]?["text"]?.string == text)
            }
        }
    }

    @Test("several questions at once, and several rounds with states of their own", arguments: ServerEra.allCases)
    func moreQuestions(era: ServerEra) async throws {
        try await with(era) { client, _ in
            let all = Self.call("test_input_required_result_multiple_inputs")
            let asked = try #require(try await self.asked(client, all))
            #expect(asked["inputRequests"]?.members?.count == 3 && asked["requestState"] != nil)
            let text = try await answered(client, all, asked)?["content"]?[0]?["text"]
            #expect(text == "Hello, answer! sampled Greet somebody. Roots: file:///matrix")

            let rounds = Self.call("test_input_required_result_multi_round")
            let first = try #require(try await self.asked(client, rounds))
            let second = try #require(try await answered(client, rounds, first))
            #expect(second["resultType"] == "input_required" && second["requestState"] != first["requestState"])
            let end = try await answered(client, rounds, second)
            #expect(end?["content"]?[0]?["text"] == "Hello, answer! Color: answer")
        }
    }

    @Test("a state that was changed, or of another call, is an error and no question", arguments: ServerEra.allCases)
    func states(era: ServerEra) async throws {
        try await with(era) { client, _ in
            let params = Self.call("test_input_required_result_tampered_state")
            let asked = try #require(try await self.asked(client, params))
            let retry = client.retried(params, answering: asked)
            let state = try #require(retry["requestState"]?.string)
            var middle = Array(state.utf8)
            middle[middle.count / 2] = middle[middle.count / 2] == 0x41 ? 0x42 : 0x41
            for (name, state) in [
                ("tampered_state", String(decoding: middle, as: UTF8.self)),
                ("tampered_state", String(state.dropLast(3))),
                ("request_state", state),
            ] {
                let other: JSONTree = [
                    "name": .string("test_input_required_result_\(name)"), "arguments": [:],
                    "inputResponses": retry["inputResponses"] ?? [:], "requestState": .string(state),
                ]
                let answer = try await client.exchange("tools/call", other, id: client.makeID()).response
                #expect(answer?["error"]?["code"] == -32602, "\(name): \(answer ?? .null)")
            }
            #expect(try await answered(client, params, asked)?["content"]?[0]?["text"] == "state-ok")
        }
    }

    @Test(
        "missing answers are asked for again, unknown ones ignored, unusable ones refused",
        arguments: ServerEra.allCases)
    func answers(era: ServerEra) async throws {
        try await with(era) { client, _ in
            let params = Self.call("test_input_required_result_request_state")
            let asked = try #require(try await self.asked(client, params))
            func retry(_ responses: JSONTree) async throws -> JSONTree? {
                let given = (client.retried(params, answering: asked).members ?? []).map {
                    $0.name == "inputResponses" ? .init("inputResponses", responses) : $0
                }
                return try await client.exchange("tools/call", .object(given), id: client.makeID()).response
            }
            let wrong: JSONTree = ["wrong_key": ["action": "accept", "content": ["ok": true]]]
            let again = try await retry(wrong)?["result"]
            #expect(again?["resultType"] == "input_required", "\(again ?? .null)")
            #expect(again?["inputRequests"]?.members?.map(\.name) == asked["inputRequests"]?.members?.map(\.name))
            let key = try #require(asked["inputRequests"]?.members?.first?.name)
            let unusable = try await retry(.object([.init(key, ["roots": []])]))
            #expect(
                unusable?["error"] != nil || unusable?["result"]?["resultType"] == "input_required",
                "\(unusable ?? .null)")
            let both = JSONTree.object([
                .init("extra", ["action": "decline"]), .init(key, ["action": "accept", "content": ["ok": true]]),
            ])
            let right = try await retry(both)?["result"]
            #expect(right?["content"]?[0]?["text"] == "state-ok", "\(right ?? .null)")
        }
    }

    @Test("only what the client has declared is asked", arguments: ServerEra.allCases)
    func declared(era: ServerEra) async throws {
        try await with(era, capabilities: ["sampling": [:]]) { client, _ in
            let answer = try await client.call("test_input_required_result_capabilities")
            #expect(answer.text == "1 answers" && answer.rounds == 1, "\(answer)")
            #expect(client.inbox.value.asked.allSatisfy { $0["method"] == "sampling/createMessage" })
        }
        guard era == .modern else { return }
        try await with(era, capabilities: [:]) { client, _ in
            let answer = try await client.call("test_missing_capability")
            #expect(answer.error?["code"] == -32021 && answer.status == 400, "\(answer)")
            #expect(answer.error?["data"]?["requiredCapabilities"] == ["sampling": [:]])
        }
    }

    @Test("prompts and resources ask, too")
    func otherThanTools() async throws {
        try await with(.modern) { client, _ in
            let params: JSONTree = ["name": "test_input_required_result_prompt"]
            let asked = try await client.exchange("prompts/get", params, id: client.makeID()).response?["result"]
            #expect(asked?["inputRequests"]?.members?.map(\.name) == ["user_context"], "\(asked ?? .null)")
            let prompt = try await client.request("prompts/get", params)
            #expect(prompt.result?["messages"]?[0]?["content"]?["text"] == "Prompt with context: answer")
            let read = try await client.request("resources/read", ["uri": "test://input-required"])
            #expect(read.rounds == 1 && read.result?["contents"] != nil)
        }
    }

    // MARK: Rounds

    private static func call(_ tool: String) -> JSONTree { ["name": .string(tool), "arguments": [:]] }

    /// The result of a first round, which has to ask.
    private func asked(_ client: ModernClient, _ params: JSONTree) async throws -> JSONTree? {
        let result = try await client.exchange("tools/call", params, id: client.makeID()).response?["result"]
        #expect(result?["resultType"] == "input_required", "\(result ?? .null)")
        return result
    }

    /// The result of the round that answers what a result asks.
    private func answered(_ client: ModernClient, _ params: JSONTree, _ asked: JSONTree) async throws -> JSONTree? {
        let params = client.retried(params, answering: asked)
        let response = try await client.exchange("tools/call", params, id: client.makeID()).response
        return response?["result"]
    }
}
