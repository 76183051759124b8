import TestSupport
import Testing

@Suite("The agent's loop")
struct AgentLoopTests {
    private static func call(_ name: String, _ arguments: String = "{}", id: String? = nil) -> JSONTree {
        .object(
            [.init("name", .string(name)), .init("arguments", .string(arguments))]
                + (id.map { [.init("id", .string($0))] } ?? []))
    }

    @Test("calls of one turn run side by side, and their results stand in the order of the calls")
    func parallel() async throws {
        let steps: [JSONTree] = [
            [
                "toolCalls": [
                    Self.call("ref__delay", #"{"ms":1000}"#, id: "a"), Self.call("two__delay", #"{"ms":900}"#, id: "b"),
                ]
            ], ["text": "done"],
        ]
        try await AgentFixture.with(steps: steps, agent: [.init("systemPrompt", "Be brief.")]) { agent in
            let answer = try await agent.post(AgentFixture.body("go"))
            #expect(answer.status == 200, "\(answer)")
            #expect(try answer.content() == "done")
            let requests = try await agent.modelRequests()
            #expect(requests.count == 2)
            let start = try #require(requests[0]["endMs"]?.int)
            let end = try #require(requests[1]["atMs"]?.int)
            #expect(end - start < 1900, "one after the other: \(end - start) ms")
            let messages = try await agent.messages(ofRequest: 1)
            #expect(messages.map { $0["role"]?.string } == ["system", "user", "assistant", "tool", "tool"])
            #expect(messages[2]["tool_calls"]?.elements?.map { $0["id"]?.string } == ["a", "b"])
            #expect(messages[3...].map { $0["tool_call_id"]?.string } == ["a", "b"])
            #expect(messages[3...].map { $0["content"]?.string } == ["waited 1000 ms", "waited 900 ms"])
        }
    }

    @Test("an error, a timeout and a good result are three tool messages, and the run goes on")
    func mixedOutcomes() async throws {
        let steps: [JSONTree] = [
            [
                "toolCalls": [
                    Self.call("ref__fail", #"{"message":"broken"}"#), Self.call("ref__hang"),
                    Self.call("ref__echo", #"{"message":"fine"}"#),
                ]
            ], ["text": "done"],
        ]
        try await AgentFixture.with(steps: steps, agent: [.init("toolTimeouts", ["*__hang": "300ms"])]) { agent in
            let answer = try await agent.post(AgentFixture.body("go"))
            #expect(answer.status == 200, "\(answer)")
            let results = try await agent.messages(ofRequest: 1).suffix(3).map { $0["content"]?.string ?? "" }
            #expect(results[0] == "Error: broken")
            #expect(results[1].hasPrefix("The tool call ref__hang timed out after 0.3 seconds."))
            #expect(results[2] == "fine")
            try await agent.gateway.waitUntilIdle()
        }
    }

    @Test(
        "a call that cannot be made is explained to the model and reaches no server",
        arguments: [
            ("ref__echo", #"{"x":"#, "not valid JSON"), ("ref__echo", "[1]", "must be a JSON object"),
            ("ref__echo", "{}", #""message" is missing"#), ("ref__ecko", "{}", "ref__echo"),
            ("ref__delay", #"{"ms":"soon"}"#, #""ms" must be of type"#),
        ])
    func refusedCalls(name: String, arguments: String, explanation: String) async throws {
        let steps: [JSONTree] = [
            ["toolCalls": [Self.call(name, arguments)]],
            ["toolCalls": [Self.call("ref__echo", #"{"message":"right"}"#)]], ["text": "done"],
        ]
        try await AgentFixture.with(steps: steps) { agent in
            let answer = try await agent.post(AgentFixture.body("go"))
            #expect(try answer.content() == "done", "\(answer)")
            let messages = try await agent.messages(ofRequest: 2)
            let results = messages.filter { $0["role"]?.string == "tool" }.map { $0["content"]?.string ?? "" }
            #expect(results.count == 2)
            #expect(results[0].hasPrefix("Error: ") && results[0].contains(explanation), "\(results[0])")
            #expect(results[1] == "right")
            let row = try await agent.gateway.json("/v1/servers/ref")
            #expect(row["calls"] == nil || row["calls"]?.int == 1, "\(row)")
        }
    }

    @Test("a loop without end stops at its limit, and the user gets an answer")
    func endlessLoop() async throws {
        var steps: [JSONTree] = (0..<4).map { turn in
            ["toolCalls": [Self.call("ref__echo", #"{"message":"\#(turn)"}"#)]]
        }
        steps.append(["text": "what I know"])
        let agent: [JSONTree.Member] = [.init("limits", ["maxTurns": 4])]
        try await AgentFixture.with(steps: steps, select: "sequence", agent: agent) { agent in
            let answer = try await agent.post(AgentFixture.body("go"))
            #expect(try answer.content() == "what I know", "\(answer)")
            #expect(try answer.json()["agent_bridge"]?["stop_reason"]?.string == "max_turns")
            let requests = try await agent.modelRequests()
            #expect(requests.count == 5)
            #expect(requests.dropLast().allSatisfy { $0["body"]?["tool_choice"] == nil })
            #expect(requests.last?["body"]?["tool_choice"]?.string == "none")
        }
    }

    @Test("the same call a fourth time in a row is not made")
    func repetition() async throws {
        var steps: [JSONTree] = (0..<4).map { _ in ["toolCalls": [Self.call("ref__counter")]] }
        steps.append(["text": "done"])
        try await AgentFixture.with(steps: steps) { agent in
            #expect(try await agent.post(AgentFixture.body("go")).content() == "done")
            let messages = try await agent.messages(ofRequest: 4)
            let results = messages.filter { $0["role"]?.string == "tool" }.map { $0["content"]?.string ?? "" }
            #expect(results.prefix(3) == ["1", "2", "3"])
            #expect(results.last?.contains("3 times in a row") == true, "\(results)")
        }
    }

    @Test("names that no model takes become such names, and lead back to their tools")
    func names() async throws {
        let long = String(repeating: "n", count: 100)
        let steps: [JSONTree] = [["text": "done"]]
        let server = try ReferenceServer.stdio(["--tools", "2"])
        let servers = JSONTree.object([.init(long, server), .init("b", try ReferenceServer.stdio())])
        // All of them shown, however many they are.
        try await AgentFixture.with(steps: steps, agent: [.init("tools", ["search": "off"])], servers: servers) {
            agent in
            #expect(try await agent.post(AgentFixture.body("go")).status == 200)
            let tools = try await agent.modelRequests()[0]["body"]?["tools"]?.elements ?? []
            let names = tools.compactMap { $0["function"]?["name"]?.string }
            #expect(names.count > 40 && Set(names).count == names.count)
            #expect(
                names.allSatisfy { name in
                    name.utf8.count <= 64
                        && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "_-".contains($0)) }
                })
            #expect(tools.allSatisfy { $0["function"]?["parameters"]?["properties"] != nil })
        }
    }

    @Test("an image goes to the model behind all results, and to the user as an attachment")
    func image() async throws {
        let steps: [JSONTree] = [
            ["toolCalls": [Self.call("ref__image"), Self.call("ref__echo", #"{"message":"x"}"#)]], ["text": "seen"],
        ]
        try await AgentFixture.with(steps: steps) { agent in
            let answer = try await agent.post(AgentFixture.body("go"), to: AgentFixture.dial)
            let messages = try await agent.messages(ofRequest: 1)
            #expect(messages.suffix(3).map { $0["role"]?.string } == ["tool", "tool", "user"])
            #expect(messages.dropLast().last?["content"]?.string == "x")
            let url = messages.last?["content"]?[1]?["image_url"]?["url"]?.string
            #expect(url?.hasPrefix("data:image/png;base64,") == true)
            let custom = try answer.json()["choices"]?[0]?["message"]?["custom_content"]
            #expect(custom?["attachments"]?[0]?["type"]?.string == "image/png", "\(answer)")
        }
    }

    @Test("a large result is cut for the model, which can read on in it")
    func largeResult() async throws {
        let steps: [JSONTree] = [
            ["toolCalls": [Self.call("ref__large", #"{"bytes":5000000}"#)]], ["text": "done"],
        ]
        try await AgentFixture.with(steps: steps) { agent in
            let answer = try await agent.post(
                AgentFixture.body("go"), headers: [("X-Conversation-Id", "c1")])
            #expect(try answer.content() == "done", "\(answer)")
            let result = try #require(try await agent.messages(ofRequest: 1).last?["content"]?.string)
            #expect(result.utf8.count <= 40_000)
            #expect(result.contains("agent_result_read(ref=\"r"))
            let tools = try await agent.modelRequests()[1]["body"]?["tools"]?.elements ?? []
            #expect(tools.last?["function"]?["name"]?.string == "agent_result_read")
        }
    }

    @Test("the middle of a large result is read by its reference, at a place or by a search")
    func middleOfLargeResult() async throws {
        let numbers = #"call ref__large {"bytes":5000000}"#
        let steps: [JSONTree] = [
            ["toolCalls": [Self.call("ref__large", #"{"bytes":5000000}"#)]],
            [
                "toolCalls": [
                    Self.call("agent_result_read", #"{"ref":"{{ref}}","offset":2500000,"limit":1000}"#),
                    Self.call("agent_result_read", #"{"ref":"{{ref}}","offset":5000000}"#),
                    Self.call("agent_result_read", #"{"ref":"r0","offset":0}"#),
                ]
            ], ["text": "done"],
        ]
        try await AgentFixture.with(steps: steps) { agent in
            let answer = try await agent.post(AgentFixture.body(numbers))
            #expect(try answer.content() == "done", "\(answer)")
            let results = try await agent.messages(ofRequest: 2).suffix(3).map { $0["content"]?.string ?? "" }
            let filler = try await agent.gateway.text(calling: "ref__large", ["bytes": 5_000_000])
            let start = filler.index(filler.startIndex, offsetBy: 2_500_000)
            #expect(results[0] == "[characters 2500000 to 2501000 of 5000000]\n" + filler[start...].prefix(1000))
            #expect(results[1].contains("behind the end; the result has 5000000 characters"))
            #expect(results[2].contains("there is no result \"r0\" any more"))
        }
    }

    @Test(
        "tools whose names no model takes, or that collide once they are clean, are called by what the model was told")
    func callingBack() async throws {
        func renaming(_ name: String) throws -> JSONTree {
            try ReferenceServer.stdio([], [.init("tools", ["overrides": ["counter": ["name": .string(name)]]])])
        }
        // p.x.y and p_x.y are p_x_y once they are clean.
        let servers: JSONTree = .object([
            .init("p", try renaming("x.y")), .init("p_x", try renaming("y")),
            .init(String(repeating: "n", count: 100), try ReferenceServer.stdio()),
        ])
        let naming: JSONTree = ["naming": ["maxLength": 128, "separator": "."]]
        try await AgentFixture.with(
            agent: [.init("tools", ["search": "off"])], defaults: naming, servers: servers
        ) { agent in
            _ = try await agent.post(AgentFixture.body("hello"))
            let tools = try await agent.modelRequests()[0]["body"]?["tools"]?.elements ?? []
            let counters = tools.filter {
                $0["function"]?["description"]?.string?.hasPrefix("Counts the calls of this tool") ?? false
            }.compactMap { $0["function"]?["name"]?.string }
            #expect(counters.count == 3 && Set(counters).count == 3, "\(counters)")
            #expect(counters.allSatisfy { $0.utf8.count <= 64 && !$0.contains(".") }, "\(counters)")
            #expect(counters[0] == "p_x_y" && counters[1].hasPrefix("p_x_y_"), "\(counters)")
            // Each counter counts for itself: once, twice, three times.
            let lines = zip(counters, 1...).flatMap { name, times in
                (0..<times).map { "call \(name) {\"time\":\($0)}" }
            }
            let answer = try await agent.post(AgentFixture.body(lines.joined(separator: "\n")))
            let results = try #require(try answer.content()).split(separator: "\n").dropFirst().map(String.init)
            let groups = [results.prefix(1), results.dropFirst().prefix(2), results.dropFirst(3)]
            #expect(groups.map { $0.sorted() } == [["- 1"], ["- 1", "- 2"], ["- 1", "- 2", "- 3"]], "\(results)")
        }
    }

    @Test("a function of the caller goes to the caller; the gateway's call of the same turn runs once")
    func clientTools() async throws {
        let steps: [JSONTree] = [
            ["toolCalls": [Self.call("ref__counter", id: "mine"), Self.call("ask_user", #"{"q":1}"#, id: "yours")]],
            ["text": "thanks"],
        ]
        let tools: JSONTree = [
            ["type": "function", "function": ["name": "ask_user", "parameters": ["type": "object"]]]
        ]
        try await AgentFixture.with(steps: steps) { agent in
            let first = try await agent.post(AgentFixture.body("go", stream: false, [.init("tools", tools)])).json()
            let choice = try #require(first["choices"]?[0])
            #expect(choice["finish_reason"]?.string == "tool_calls", "\(first)")
            let calls = choice["message"]?["tool_calls"]?.elements ?? []
            #expect(calls.map { $0["id"]?.string } == ["yours"])
            #expect(first["agent_bridge"]?["stop_reason"]?.string == "client_tools")

            let messages: [JSONTree] = [
                ["role": "user", "content": "go"], try #require(choice["message"]),
                ["role": "tool", "tool_call_id": "yours", "content": "42"],
            ]
            let second = try await agent.post(AgentFixture.body(messages, stream: false, [.init("tools", tools)]))
            #expect(try second.content() == "thanks", "\(second)")
            let seen = try await agent.messages(ofRequest: 1)
            #expect(seen.map { $0["role"]?.string } == ["user", "assistant", "tool", "tool"])
            #expect(seen[2]["content"]?.string == "1" && seen[3]["content"]?.string == "42")
        }
    }

    @Test("a caller's function named like one of the gateway's is refused")
    func conflict() async throws {
        let tools: JSONTree = [["type": "function", "function": ["name": "ref__echo"]]]
        try await AgentFixture.with(steps: [["text": "x"]]) { agent in
            let answer = try await agent.post(AgentFixture.body("go", stream: false, [.init("tools", tools)]))
            #expect(answer.status == 400)
            #expect(try answer.json()["error"]?["code"]?.string == "tool_name_conflict")
        }
    }
}
