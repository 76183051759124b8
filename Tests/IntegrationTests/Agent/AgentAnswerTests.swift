import TestSupport
import Testing

@Suite("The agent's answers")
struct AgentAnswerTests {
    private static let steps: [JSONTree] = [
        [
            "text": "I look. ", "pieces": 2,
            "toolCalls": [
                ["name": "ref__echo", "arguments": #"{"message":"hi"}"#, "id": "a"], ["name": "ref__image", "id": "b"],
            ],
        ], ["text": "It is 15°C \u{1F600} in Paris.", "pieces": 5],
    ]

    @Test(
        "the stream, merged, equals the answer that is not streamed", arguments: [AgentFixture.chat, AgentFixture.dial])
    func merge(path: String) async throws {
        try await AgentFixture.with(steps: Self.steps) { agent in
            let options: [JSONTree.Member] = [.init("stream_options", ["include_usage": true])]
            let stream = try await agent.post(AgentFixture.body("go", stream: true, options), to: path)
            let block = try await agent.post(AgentFixture.body("go"), to: path).json()
            let merged = JSONTree.merging(try stream.chunks())
            #expect(
                merged["choices"]?[0]?["message"]?["content"]?.string
                    == "I look. \n\nIt is 15°C \u{1F600} in Paris.")
            #expect(Self.comparable(merged).means(Self.comparable(block)), "\(merged)\n\(block)")
        }
    }

    /// Without what differs from run to run: ids, signatures, durations.
    private static func comparable(_ value: JSONTree) -> JSONTree {
        if let members = value.members {
            let ignored = ["id", "object", "created", "model", "run_id", "sig", "exp"]
            return .object(
                members.filter { !ignored.contains($0.name) }.sorted { $0.name < $1.name }
                    .map { .init($0.name, comparable($0.value)) })
        }
        if let elements = value.elements { return .array(elements.map(comparable)) }
        if let text = value.string, let bracket = text.lastIndex(of: "["), text.hasSuffix("s]") {
            return .string(String(text[..<bracket]))
        }
        return value
    }

    @Test("stages open and close, the state comes once, and usage is in the finish chunk")
    func dialOrder() async throws {
        try await AgentFixture.with(steps: Self.steps) { agent in
            let chunks = try await agent.post(AgentFixture.body("go", stream: true), to: AgentFixture.dial).chunks()
            let deltas = chunks.compactMap { $0["choices"]?[0]?["delta"] }
            #expect(deltas.first?["role"]?.string == "assistant")
            let stages = deltas.flatMap { $0["custom_content"]?["stages"]?.elements ?? [] }
            for index in 0...1 {
                let own = stages.filter { $0["index"]?.int == index }
                #expect(own.last?["status"]?.string == "completed")
                #expect(own.dropLast().allSatisfy { $0["status"] == .null })
            }
            #expect(deltas.filter { $0["custom_content"]?["state"] != nil }.count == 1)
            #expect(chunks.last?["choices"]?[0]?["finish_reason"]?.string == "stop")
            #expect(chunks.last?["usage"]?["total_tokens"]?.int == 30)
            #expect(chunks.last?["statistics"]?["usage_per_model"]?[0]?["model"]?.string == "scripted")
            #expect(Set(chunks.compactMap { $0["id"]?.string }).count == 1)
        }
    }

    @Test("an OpenAI client sees nothing of the tools unless it asks")
    func progressModes() async throws {
        try await AgentFixture.with(steps: Self.steps) { agent in
            let plain = try await agent.post(AgentFixture.body("go", stream: true))
            #expect(!plain.text.contains("custom_content") && !plain.text.contains("reasoning_content"))
            let lines = try await agent.post(
                AgentFixture.body("go", stream: true), headers: [("X-Agent-Progress", "reasoning")])
            #expect(lines.text.contains(#""reasoning_content":"→ ref__echo"#))
            let stages = try await agent.post(
                AgentFixture.body("go", stream: false, [.init("agent_bridge", ["progress": "stages"])]))
            #expect(try stages.json()["choices"]?[0]?["message"]?["custom_content"]?["stages"]?.elements?.count == 2)
        }
    }

    @Test("the hidden history comes back with its state, and only as it was signed")
    func state() async throws {
        try await AgentFixture.with(steps: Self.steps) { agent in
            let first = try await agent.post(AgentFixture.body("go"), to: AgentFixture.dial).json()
            let message = try #require(first["choices"]?[0]?["message"])
            let next: JSONTree = ["role": "user", "content": "and then?"]
            let start: JSONTree = ["role": "user", "content": "go"]
            _ = try await agent.post(AgentFixture.body([start, message, next]), to: AgentFixture.dial)
            let roles = try await agent.messages(ofRequest: 2).map { $0["role"]?.string ?? "" }
            #expect(roles == ["user", "assistant", "tool", "tool", "assistant", "user"])

            let text = message.description.replacing(#""hi""#, with: #""ho""#)
            let forged = try JSONTree(parsing: text)
            _ = try await agent.post(AgentFixture.body([start, forged, next]), to: AgentFixture.dial)
            let count = try await agent.modelRequests().count
            let seen = try await agent.messages(ofRequest: count - 2)
            #expect(seen.map { $0["role"]?.string ?? "" } == ["user", "assistant", "user"])
            #expect(seen[1]["content"]?.string == message["content"]?.string)
            #expect(seen[1]["custom_content"] == nil)
        }
    }

    @Test(
        "a request that cannot be served says where it is wrong",
        arguments: [
            (#"{"#, 400, "invalid_body", nil), (#"{"model":"agent"}"#, 400, "invalid_body", "messages"),
            (#"{"model":"agent","messages":[{"role":"king","content":"x"}]}"#, 400, "invalid_body", "messages[0].role"),
            (#"{"model":"nobody","messages":[{"role":"user","content":"x"}]}"#, 404, "model_not_found", "model"),
            (#"{"model":"agent","n":2,"messages":[{"role":"user","content":"x"}]}"#, 400, "unsupported_n", "n"),
            (
                #"{"model":"agent","messages":[{"role":"tool","tool_call_id":"x","content":"x"}]}"#, 400,
                "invalid_tool_messages", "messages[0]"
            ),
        ] as [(String, Int, String, String?)])
    func badRequests(body: String, status: Int, code: String, param: String?) async throws {
        try await AgentFixture.with(steps: [["text": "x"]]) { agent in
            let client = try await RawHTTPClient(port: agent.port)
            let answer = try await client.request(
                "POST", AgentFixture.chat, headers: [("Content-Type", "application/json"), ("X-Request-Id", "r-1")],
                body: Array(body.utf8))
            #expect(answer.status == status, "\(answer)")
            let error = try answer.json()["error"]
            #expect(error?["code"]?.string == code && error?["param"]?.string == param)
            #expect(error?["message"]?.string?.contains("r-1") == true)
            #expect(answer[header: "X-Request-Id"] == "r-1")
        }
    }

    @Test("with keys configured, a caller needs one of them")
    func keys() async throws {
        let section: [JSONTree.Member] = [.init("apiKeys", ["first-key", "second-key"])]
        try await AgentFixture.with(steps: [["text": "x"]], section: section) { agent in
            #expect(try await agent.post(AgentFixture.body("go")).status == 401)
            for key in ["wrong", "first-ke", "first-key-", "Bearer"] {
                let answer = try await agent.post(
                    AgentFixture.body("go"), headers: [("Authorization", "Bearer \(key)")])
                #expect(answer.status == 401)
                #expect(try answer.json()["error"]?["code"]?.string == "invalid_api_key")
            }
            let good = try await agent.post(
                AgentFixture.body("go"), headers: [("Authorization", "Bearer second-key")])
            #expect(good.status == 200)
            let dial = try await agent.post(
                AgentFixture.body("go"), to: AgentFixture.dial, headers: [("Api-Key", "first-key")])
            #expect(dial.status == 200)
            #expect(try await agent.get("/health").status == 200)
        }
    }

    @Test("without keys, a web page of another origin is refused")
    func origins() async throws {
        try await AgentFixture.with(steps: [["text": "x"]], section: [.init("cors", ["https://ours.example"])]) {
            agent in
            let foreign = try await agent.post(
                AgentFixture.body("go"), headers: [("Origin", "https://evil.example")])
            #expect(foreign.status == 403)
            let ours = try await agent.post(AgentFixture.body("go"), headers: [("Origin", "https://ours.example")])
            #expect(ours.status == 200)
            #expect(ours[header: "Access-Control-Allow-Origin"] == "https://ours.example")
        }
    }

    @Test(
        "without keys, a page that gave this port a name of its own is refused", arguments: ["/v1/models", "/metrics"])
    func hosts(path: String) async throws {
        let section: [JSONTree.Member] = [.init("allowedHosts", ["agents.example"])]
        try await AgentFixture.with(steps: [["text": "x"]], section: section) { agent in
            for (host, status) in [("evil.example", 403), ("agents.example", 200), ("localhost:1", 200)] {
                let client = try await RawHTTPClient(port: agent.port)
                defer { client.close() }
                let answer = try await client.request("GET", path, headers: [("Host", host)])
                #expect(answer.status == status, "\(host): \(answer)")
            }
        }
    }

    @Test("the log is JSON lines on request, and every event of a run says whose it is")
    func jsonLog() async throws {
        try await AgentFixture.with(steps: Self.steps, section: [.init("logFormat", "json")]) { agent in
            let answer = try await agent.post(
                AgentFixture.body("go"), headers: [("X-Request-Id", "r-7"), ("X-Session-Id", "s-7")])
            #expect(answer.status == 200)
            try await agent.agent.errorLine("end of the run") { $0.contains("run_end") }
            let events = try agent.agent.standardError.lines.map { try JSONTree(parsing: $0) }
                .filter { $0["request_id"]?.string == "r-7" }
            #expect(
                events.map { $0["msg"]?.string }
                    == ["run_start", "llm_call", "tool_call", "tool_call", "llm_call", "run_end"])
            let run = events.first?["run_id"]?.string
            for event in events {
                #expect(run != nil && event["run_id"]?.string == run && event["agent"]?.string == "agent")
                #expect(event["conversation"]?.string == "s-7")
            }
            #expect(events[2]["turn"]?.int == 0 && events[4]["turn"]?.int == 1 && events[5]["tokens"]?.int == 30)
            #expect(events[2]["duration_ms"]?.int != nil && events[2]["outcome"]?.string == "ok")
        }
    }

    @Test("a platform learns how many tokens a prompt has and what would be left out of it")
    func prompts() async throws {
        try await AgentFixture.with(steps: [["text": "x"]], agent: [.init("systemPrompt", "Be brief.")]) { agent in
            let long = String(repeating: "word ", count: 1000)
            let history: [JSONTree] = [
                ["role": "user", "content": "first"], ["role": "assistant", "content": .string(long)],
                ["role": "user", "content": "last"],
            ]
            func ask(_ part: String, _ inputs: JSONTree...) async throws -> [JSONTree] {
                let path = "/openai/deployments/agent/\(part)"
                let answer = try await agent.post(["inputs": .array(inputs)], to: path)
                #expect(answer.status == 200, "\(answer)")
                return try answer.json()["outputs"]?.elements ?? []
            }
            let counts = try await ask(
                "tokenize", ["type": "string", "value": .string(long)],
                ["type": "request", "value": AgentFixture.body(history)], ["type": "song", "value": "x"])
            #expect(counts[0]["token_count"]?.int == 1429, "\(counts)")
            #expect((1450...1550).contains(counts[1]["token_count"]?.int ?? 0), "\(counts)")
            #expect(counts[2]["status"]?.string == "error" && counts[2]["error"]?.string?.isEmpty == false)
            let cut = try await ask(
                "truncate_prompt", AgentFixture.body(history, stream: false, [.init("max_prompt_tokens", 200)]),
                AgentFixture.body(history), AgentFixture.body(history, stream: false, [.init("max_prompt_tokens", 1)]))
            #expect(cut[0]["discarded_messages"]?.elements?.compactMap(\.int) == [1], "\(cut)")
            #expect(cut[1]["discarded_messages"]?.elements?.isEmpty == true)
            #expect(cut[2]["status"]?.string == "error")
            #expect(try await agent.post(["inputs": 7], to: "/openai/deployments/agent/tokenize").status == 400)
            #expect(try await agent.post(["inputs": []], to: "/openai/deployments/nobody/tokenize").status == 404)
        }
    }

    @Test("a run is a span with its calls of model and tools in it, in the caller's trace")
    func spans() async throws {
        let (trace, caller) = (String(repeating: "a", count: 32), String(repeating: "b", count: 16))
        try await AgentFixture.with(steps: Self.steps, hasCollector: true) { agent in
            let unwanted = try await agent.post(
                AgentFixture.body("go"), headers: [("traceparent", "00-\(trace)-\(caller)-00")])
            let answer = try await agent.post(
                AgentFixture.body("go"), headers: [("traceparent", "00-\(trace)-\(caller)-01")])
            #expect(unwanted.status == 200 && answer.status == 200)
            let spans = try await agent.gateway.wait(for: "spans") {
                let batches = try await agent.modelRequests().filter { $0["path"]?.string == "/v1/traces" }
                let spans = batches.flatMap {
                    $0["body"]?["resourceSpans"]?[0]?["scopeSpans"]?[0]?["spans"]?.elements ?? []
                }
                return spans.count >= 5 ? spans : nil
            }
            #expect(spans.count == 5, "the caller did not want the first run's")
            let root = try #require(spans.first { $0["name"]?.string == "invoke_agent agent" })
            #expect(root["parentSpanId"]?.string == caller)
            #expect(spans.allSatisfy { $0["traceId"]?.string == trace })
            let inner = spans.filter { $0["parentSpanId"]?.string == root["spanId"]?.string }
            #expect(
                inner.compactMap { $0["name"]?.string }.sorted()
                    == ["chat scripted", "chat scripted", "execute_tool ref__echo", "execute_tool ref__image"])
            let usage = root["attributes"]?.elements?.first { $0["key"]?.string == "gen_ai.usage.input_tokens" }
            #expect(usage?["value"]?["intValue"]?.string == "20")
            let sent = try await agent.questions().suffix(2).compactMap { $0["headers"]?["traceparent"]?.string }
            let ids = inner.filter { $0["name"]?.string == "chat scripted" }.compactMap { $0["spanId"]?.string }
            #expect(Set(sent) == Set(ids.map { "00-\(trace)-\($0)-01" }))
        }
    }
}
