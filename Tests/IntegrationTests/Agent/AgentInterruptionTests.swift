import TestSupport
import Testing

@Suite("Runs that wait for a person over HTTP")
struct AgentInterruptionTests {
    private static let interactive: JSONTree.Member = .init("agent_bridge", ["interactive": true])

    private static func asking(_ tools: (name: String, arguments: String)...) -> [JSONTree] {
        [
            [
                "text": "One moment.",
                "toolCalls": .array(tools.map { ["name": .string($0.name), "arguments": .string($0.arguments)] }),
            ], ["text": "done"],
        ]
    }

    private static let form = form(of: .beforeLegacyServer)

    private static func form(of gateway: AgentGateway) -> [JSONTree] {
        asking((gateway.tool("test_elicitation"), #"{"message":"Who are you?"}"#))
    }

    private static let approval = asking(("ref__echo", #"{"message":"hi"}"#))
    private static let asks: [JSONTree.Member] = [.init("approval", [["tools": "*__echo", "policy": "ask"]])]

    private static func resume(_ id: String, _ action: String, _ content: JSONTree? = nil) -> JSONTree {
        var resume: [JSONTree.Member] = [.init("id", .string(id)), .init("action", .string(action))]
        if let content { resume.append(.init("content", content)) }
        return AgentFixture.body("go", stream: false, [.init("agent_bridge", ["resume": .object(resume)])])
    }

    private func interruption(_ answer: HTTPAnswer) throws -> JSONTree {
        let facts = try answer.json()["agent_bridge"]
        #expect(facts?["stop_reason"]?.string == "interruption", "\(answer)")
        return try #require(facts?["interruption"])
    }

    @Test("a form goes to the caller, who fills it in with the next request", arguments: AgentGateway.allCases)
    func formOverHTTP(gateway: AgentGateway) async throws {
        let record = try ServerRecord()
        try await AgentFixture.with(gateway, record, steps: Self.form(of: gateway)) { agent in
            let first = try await agent.post(AgentFixture.body("go", stream: false, [Self.interactive]))
            let question = try interruption(first)
            #expect(try first.content() == "One moment.")
            #expect(question["kind"]?.string == "elicitation")
            #expect(question["server"]?.string == (gateway.isOurs ? "ref" : ""))
            #expect(question["tool"]?.string == gateway.tool("test_elicitation"))
            #expect(question["message"]?.string?.hasSuffix("Who are you?") == true)
            #expect(question["requested_schema"]?["properties"]?["username"] != nil)
            #expect(question["expires_at"]?.int != nil)
            let id = try #require(question["id"]?.string)
            #expect(try await agent.metric("agent_parked_runs") == 1)

            for (action, content) in [("accept", ["username": "x"] as JSONTree), ("maybe", [:]), ("accept", "text")] {
                let wrong = try await agent.post(Self.resume(id, action, content))
                #expect(wrong.status == 400, "\(wrong)")
            }
            let last = try await agent.post(
                Self.resume(id, "accept", ["username": "Ada", "email": "ada@example.org"]))
            #expect(try last.content() == "done", "\(last)")
            #expect(try last.json()["agent_bridge"]?["run_id"] == first.json()["agent_bridge"]?["run_id"])
            #expect(
                try last.json()["usage"]?["total_tokens"]?.int == 15, "what the first answer told is not told again")
            let result = try await agent.messages(ofRequest: 1).last?["content"]?.string ?? ""
            #expect(result.contains("Ada") && result.contains("accept"), "\(result)")

            let late = try await agent.post(Self.resume(id, "cancel"))
            #expect(late.status == 409)
            #expect(try late.json()["error"]?["code"]?.string == "interruption_expired")
            try await agent.waitUntilIdle()
            #expect(try await agent.metric("agent_parked_runs") == 0)
        }
        try gateway.expectItsEra(in: record, hasAffinity: true)
    }

    @Test("an older gateway is not asked for its era by every run, and has a session for each")
    func olderGateway() async throws {
        try await ScriptedHTTPServer.with(ScriptedMCP().handler) { gateway in
            try await AgentFixture.with(gatewayURL: gateway.url) { agent in
                for _ in 0..<2 { #expect(try await agent.post(AgentFixture.body("call work {}")).status == 200) }
                for _ in 0..<3 {
                    let answer = try await agent.post(
                        AgentFixture.body("call work {}", stream: false, [Self.interactive]))
                    #expect(try answer.content()?.contains("done") == true, "\(answer)")
                }
            }
            #expect(gateway.requests(for: "tools/call").count == 5)
            #expect(gateway.requests(for: "initialize").count == 4)
            #expect(gateway.requests(for: "DELETE").count == 4)
            #expect(gateway.requests(for: "server/discover").count == 1)
        }
    }

    @Test("two runs that one server over stdio asks at the same time wait side by side, whoever answers first")
    func twoAtOnce() async throws {
        try await AgentFixture.with { agent in
            let names = ["ada", "eve"]
            var questions: [JSONTree] = []
            for name in names {
                let text = #"call ref__test_elicitation {"message":"\#(name)?"}"#
                let first = try await agent.post(AgentFixture.body(text, stream: false, [Self.interactive]))
                questions.append(try interruption(first))
                #expect(questions.last?["message"]?.string?.hasSuffix(name + "?") == true, "\(first)")
            }
            #expect(try await agent.metric("agent_parked_runs") == 2)
            for (name, question) in zip(names, questions).reversed() {
                let answer = try await agent.post(
                    Self.resume(
                        try #require(question["id"]?.string), "accept",
                        ["username": .string(name), "email": "a@b.example"]))
                #expect(try answer.content()?.contains(#""username":"\#(name)""#) == true, "\(answer)")
            }
        }
    }

    @Test(
        "of two calls of one turn at one server over stdio one asks, the other is done meanwhile",
        arguments: [true, false])
    func besideAnother(asksFirst: Bool) async throws {
        let calls = [
            ("ref__test_elicitation", #"{"message":"Who are you?"}"#), ("ref__delay", #"{"ms":300}"#),
        ]
        let order = asksFirst ? calls : calls.reversed()
        let record = try ServerRecord()
        try await AgentFixture.with(.beforeLegacyServer, record, steps: Self.asking(order[0], order[1])) { agent in
            let question = try interruption(
                try await agent.post(AgentFixture.body("go", stream: false, [Self.interactive])))
            let id = try await record.message(from: "client") { $0["params"]?["name"] == "delay" }["id"]
            try await record.message(from: "server") { $0["id"] == id && $0["result"] != nil }
            let answer = try await agent.post(
                Self.resume(
                    try #require(question["id"]?.string), "accept", ["username": "Ada", "email": "a@b.example"]))
            #expect(try answer.content() == "done", "\(answer)")
            let results = try await agent.messages(ofRequest: 1).suffix(2).map { $0["content"]?.string ?? "" }
            #expect(results[asksFirst ? 0 : 1].contains("Ada"), "\(results)")
            #expect(results[asksFirst ? 1 : 0] == "waited 300 ms", "\(results)")
        }
    }

    @Test("a call that needs approval waits for it", arguments: ["accept", "decline"])
    func approvalOverHTTP(action: String) async throws {
        try await AgentFixture.with(steps: Self.approval, agent: Self.asks) { agent in
            let question = try interruption(
                try await agent.post(AgentFixture.body("go", stream: false, [Self.interactive])))
            #expect(question["kind"]?.string == "approval")
            #expect(question["arguments"]?["message"]?.string == "hi")
            let answer = try await agent.post(Self.resume(try #require(question["id"]?.string), action))
            #expect(try answer.content() == "done", "\(answer)")
            let result = try await agent.messages(ofRequest: 1).last?["content"]?.string
            #expect(result == (action == "accept" ? "hi" : "Error: the user declined this call"))
        }
    }

    @Test("questions of one turn come one after the other, each with an answer of its own")
    func severalQuestions() async throws {
        let steps = Self.asking(
            ("ref__echo", #"{"message":"1"}"#), ("two__echo", #"{"message":"2"}"#), ("ref__echo", #"{"message":"3"}"#))
        try await AgentFixture.with(steps: steps, agent: Self.asks) { agent in
            var answer = try await agent.post(AgentFixture.body("go", stream: false, [Self.interactive]))
            var ids: Set<String> = []
            for _ in 0..<3 {
                let question = try interruption(answer)
                let id = try #require(question["id"]?.string)
                ids.insert(id)
                let isSecond = question["arguments"]?["message"]?.string == "2"
                answer = try await agent.post(Self.resume(id, isSecond ? "decline" : "accept"))
            }
            #expect(ids.count == 3)
            #expect(try answer.content() == "done", "\(answer)")
            let results = try await agent.messages(ofRequest: 1).suffix(3).map { $0["content"]?.string ?? "" }
            #expect(results == ["1", "Error: the user declined this call", "3"])
        }
    }

    @Test("runs that wait at the same time for the same server get the answers of their own callers")
    func sideBySide() async throws {
        try await AgentFixture.with { agent in
            let names = (0..<6).map { "person\($0)" }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for name in names {
                    group.addTask {
                        let question = #"call ref__test_elicitation {"message":"\#(name)?"}"#
                        let first = try await agent.post(
                            AgentFixture.body(question, stream: false, [Self.interactive]))
                        let asked = try self.interruption(first)
                        #expect(asked["message"]?.string?.hasSuffix(name + "?") == true, "\(asked)")
                        let answer = try await agent.post(
                            Self.resume(
                                try #require(asked["id"]?.string), "accept",
                                ["username": .string(name), "email": "a@b.example"]))
                        #expect(try answer.content()?.contains(#""username":"\#(name)""#) == true, "\(answer)")
                    }
                }
                try await group.waitForAll()
            }
            try await agent.waitUntilIdle()
        }
    }

    @Test("a DIAL user answers with the buttons of a form", arguments: [true, false])
    func dial(stream: Bool) async throws {
        try await AgentFixture.with(steps: Self.form, llm: [.init("auth", "passthrough")]) { agent in
            func ask(_ messages: [JSONTree], _ key: String) async throws -> JSONTree {
                let body = AgentFixture.body(messages, stream: stream, [Self.interactive])
                let answer = try await agent.post(body, to: AgentFixture.dial, headers: [("Api-Key", key)])
                let merged = stream ? JSONTree.merging(try answer.chunks()) : try answer.json()
                #expect(merged["choices"]?[0]?["finish_reason"]?.string == "stop", "\(answer)")
                return try #require(merged["choices"]?[0]?["message"])
            }
            let start: JSONTree = ["role": "user", "content": "go"]
            let first = try await ask([start], "first-key")
            let custom = first["custom_content"]
            #expect(first["content"]?.string == "One moment.\n\n[ref] Who are you?")
            let buttons = custom?["form_schema"]?["properties"]?["decision"]
            #expect(buttons?["dial:widget"]?.string == "buttons")
            #expect(buttons?["oneOf"]?.elements?.map { $0["const"]?.string } == ["accept", "decline", "cancel"])
            #expect(custom?["form_schema"]?["properties"]?["email"] != nil)
            #expect(custom?["stages"]?[0]?["name"]?.string == "ref: test_elicitation [waiting]")
            #expect(custom?["stages"]?[0]?["status"]?.string == "completed")
            let reply: JSONTree = [
                "role": "user", "content": "",
                "custom_content": [
                    "form_value": ["decision": "accept", "username": "Ada", "email": "ada@example.org"]
                ],
            ]
            let last = try await ask([start, first, reply], "second-key")
            #expect(last["content"]?.string == "done")
            let stage = last["custom_content"]?["stages"]?[0]
            #expect(stage?["name"]?.string?.hasPrefix("ref: test_elicitation [") == true)
            #expect(stage?["status"]?.string == "completed")
            let keys = try await agent.questions().map { $0["headers"]?["authorization"]?.string }
            #expect(keys == ["Bearer first-key", "Bearer second-key"], "a platform's key is good for one request")

            let next: JSONTree = ["role": "user", "content": "thanks"]
            _ = try await ask([start, first, reply, last, next], "third-key")
            let roles = try await agent.messages(ofRequest: 2).map { $0["role"]?.string ?? "" }
            #expect(roles == ["user", "assistant", "user", "assistant", "tool", "assistant", "user"])
            #expect(!agent.agent.standardError.text.contains("state refused"))
        }
    }

    @Test("a run that waits can be cancelled by its id, and its tool hears of it")
    func cancelled() async throws {
        let record = try ServerRecord()
        let servers: JSONTree = ["ref": try ReferenceServer.stdio(record.options), "two": try ReferenceServer.stdio()]
        try await AgentFixture.with(steps: Self.form, servers: servers) { agent in
            let first = try await agent.post(AgentFixture.body("go", stream: true, [Self.interactive]))
            let facts = try #require(try first.chunks().last?["agent_bridge"])
            let run = try #require(facts["run_id"]?.string)
            let id = try #require(facts["interruption"]?["id"]?.string)
            #expect(try await agent.post([:], to: "/v1/runs/\(run)/cancel").status == 204)
            #expect(try await agent.post([:], to: "/v1/runs/\(run)/cancel").status == 404)
            #expect(try await agent.post(Self.resume(id, "decline")).status == 409)
            try await agent.waitUntilIdle()
            let question = try await record.message(from: "server") { $0["method"] == "elicitation/create" }
            let told = try await record.message(from: "client") { message in
                message["method"] == "notifications/cancelled"
                    || message["id"] == question["id"] && message["result"]?["action"] == "cancel"
            }
            #expect(told["method"] == nil || told["params"]?["requestId"] != nil)
            try await agent.gateway.waitUntilIdle()
        }
    }

    @Test("a run that waits too long ends by itself")
    func expired() async throws {
        let limits: [JSONTree.Member] = [.init("limits", ["deadline": "3s"])]
        try await AgentFixture.with(steps: Self.form, agent: limits) { agent in
            let question = try interruption(
                try await agent.post(AgentFixture.body("go", stream: false, [Self.interactive])))
            try await agent.waitUntilIdle()
            try await agent.gateway.waitUntilIdle()
            let answer = try await agent.post(Self.resume(try #require(question["id"]?.string), "decline"))
            #expect(answer.status == 409)
            #expect(try await agent.metric("agent_parked_runs") == 0)
        }
    }

    @Test("a run that waits holds no slot, and none is needed for a wrong answer")
    func slots() async throws {
        let section: [JSONTree.Member] = [.init("maxConcurrentRuns", 1)]
        try await AgentFixture.with(steps: Self.form, section: section) { agent in
            let body = AgentFixture.body("go", stream: false, [Self.interactive])
            let first = try interruption(try await agent.post(body))
            let second = try interruption(try await agent.post(body))
            for question in [first, second] {
                let id = try #require(question["id"]?.string)
                #expect(try await agent.post(Self.resume(id, "accept")).status == 400)
                #expect(try await agent.post(Self.resume(id, "decline")).content() == "done")
            }
        }
    }

    @Test("the agent stops at once although runs wait")
    func shutdown() async throws {
        try await AgentFixture.with(steps: Self.form, section: [.init("shutdownGrace", "10m")]) { agent in
            _ = try interruption(try await agent.post(AgentFixture.body("go", stream: false, [Self.interactive])))
        }
    }
}
