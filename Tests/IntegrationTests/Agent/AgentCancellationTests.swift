import TestSupport
import Testing

@Suite("Callers that go away, and the end of the agent")
struct AgentCancellationTests {
    private static let slowTool: JSONTree = ["toolCalls": [["name": "ref__hang", "arguments": "{}"]]]

    @Test("the model's connection is dropped when the caller goes before the first byte", arguments: [true, false])
    func beforeFirstByte(stream: Bool) async throws {
        try await AgentFixture.with(steps: [["delayMs": 60_000, "text": "late"]]) { agent in
            let client = try await RawHTTPClient(port: agent.port)
            try await client.sendRequest(
                "POST", AgentFixture.chat, headers: [("Content-Type", "application/json")],
                body: AgentFixture.body("go", stream: stream).bytes)
            try await agent.gateway.wait(for: "request at the model") {
                try await agent.modelRequests().count == 1 ? () : nil
            }
            client.reset()
            try await agent.gateway.wait(for: "end at the model", within: .seconds(5)) {
                try await agent.modelRequests()[0]["outcome"]?.string == "client_closed" ? () : nil
            }
            try await agent.waitUntilIdle()
        }
    }

    @Test("the model's stream is dropped when the caller goes in the middle of it")
    func duringText() async throws {
        try await AgentFixture.with(steps: [["stream": [["delta": ["content": "x"]], ["hang": true]]]]) { agent in
            let client = try await RawHTTPClient(port: agent.port)
            try await client.sendRequest(
                "POST", AgentFixture.chat, headers: [("Content-Type", "application/json")],
                body: AgentFixture.body("go", stream: true).bytes)
            _ = try await client.readHead()
            client.close()
            try await agent.gateway.wait(for: "end at the model", within: .seconds(5)) {
                try await agent.modelRequests()[0]["outcome"]?.string == "client_closed" ? () : nil
            }
            try await agent.waitUntilIdle()
        }
    }

    /// The bound is 100 ms, told by what the other side still does: one piece each 100 ms.
    private static let piecesAfterwards = 3

    @Test("once the caller has gone, hardly a piece of the model's text is taken any more", arguments: [true, false])
    func promptlyAtModel(stream: Bool) async throws {
        let step: JSONTree = ["text": .string(String(repeating: "x", count: 600)), "pieces": 600, "pauseMs": 100]
        try await AgentFixture.with(steps: [step]) { agent in
            let client = try await RawHTTPClient(port: agent.port)
            try await client.sendRequest(
                "POST", AgentFixture.chat, headers: [("Content-Type", "application/json")],
                body: AgentFixture.body("go", stream: stream).bytes)
            let before = try await agent.gateway.wait(for: "text") {
                let pieces = try await agent.modelRequests().first?["pieces"]?.int ?? 0
                return pieces >= 3 ? pieces : nil
            }
            client.reset()
            try await agent.gateway.wait(for: "end at the model") {
                try await agent.modelRequests()[0]["outcome"]?.string == "client_closed" ? () : nil
            }
            let after = try #require(try await agent.modelRequests()[0]["pieces"]?.int)
            #expect(after <= before + Self.piecesAfterwards, "\(before) pieces before, \(after) at the end")
            try await agent.waitUntilIdle()
        }
    }

    @Test("once the caller has gone, a tool hears of it before it has done much more", arguments: [true, false])
    func promptlyAtTool(stream: Bool) async throws {
        let record = try ServerRecord()
        func steps() throws -> Int {
            try record.messages(from: "server").count { $0["method"]?.string == "notifications/progress" }
        }
        let call: JSONTree = ["toolCalls": [["name": "ref__progress", "arguments": #"{"steps":200,"delayMs":100}"#]]]
        let servers: JSONTree = [
            "ref": try ReferenceServer.stdio(record.options), "two": try ReferenceServer.stdio(),
        ]
        try await AgentFixture.with(steps: [call, ["text": "never"]], servers: servers) { agent in
            let client = try await RawHTTPClient(port: agent.port)
            try await client.sendRequest(
                "POST", AgentFixture.chat, headers: [("Content-Type", "application/json")],
                body: AgentFixture.body("go", stream: stream).bytes)
            try await agent.gateway.wait(for: "progress") { try steps() >= 3 ? () : nil }
            let before = try steps()
            client.reset()
            try await record.message(from: "client") { $0["method"]?.string == "notifications/cancelled" }
            let after = try steps()
            #expect(after <= before + Self.piecesAfterwards, "\(before) steps before, \(after) at the end")
            try await agent.waitUntilIdle()
            try await agent.gateway.waitUntilIdle()
            #expect(try await agent.modelRequests().count == 1)
        }
    }

    @Test("a running tool is cancelled at its server when the caller goes", arguments: [true, false])
    func duringTool(stream: Bool) async throws {
        // Over HTTP: a gateway's client that can be asked has standard streams of its own.
        try await ReferenceServer.withHTTP { url, _ in
            try await cancelDuringTool(
                stream: stream, servers: ["ref": ["url": .string(url)], "two": ReferenceServer.stdio()])
        }
    }

    private func cancelDuringTool(stream: Bool, servers: JSONTree) async throws {
        try await AgentFixture.with(steps: [Self.slowTool, ["text": "never"]], servers: servers) { agent in
            let client = try await RawHTTPClient(port: agent.port)
            try await client.sendRequest(
                "POST", AgentFixture.chat, headers: [("Content-Type", "application/json")],
                body: AgentFixture.body("go", stream: stream).bytes)
            try await agent.gateway.wait(for: "call in flight") {
                (try await agent.gateway.json("/v1/servers/ref")["inFlight"]?.int ?? 0) == 1 ? () : nil
            }
            client.reset()
            try await agent.gateway.waitUntilIdle()
            try await agent.gateway.wait(for: "cancellation at the server") {
                try await agent.gateway.text(calling: "ref__received_cancellations").count > 2 ? () : nil
            }
            try await agent.waitUntilIdle()
            #expect(try await agent.modelRequests().count == 1)
        }
    }

    @Test("a run can be cancelled by its id")
    func byID() async throws {
        try await AgentFixture.with(steps: [Self.slowTool]) { agent in
            async let answer = agent.post(AgentFixture.body("go", stream: true))
            let line = try await agent.agent.errorLine("start of a tool's run") { $0.contains("msg=\"run_start\"") }
            let id = try #require(line.split(separator: " ").first { $0.hasPrefix("run_id=") }?.dropFirst(7))
            try await agent.gateway.wait(for: "call in flight") {
                (try await agent.gateway.json("/v1/servers/ref")["inFlight"]?.int ?? 0) == 1 ? () : nil
            }
            #expect(try await agent.post([:], to: "/v1/runs/\(id)/cancel").status == 204)
            #expect(try await answer.chunks().last?["error"]?["code"]?.string == "cancelled")
            #expect(try await agent.post([:], to: "/v1/runs/\(id)/cancel").status == 404)
        }
    }

    @Test("a run that takes too long ends with its deadline")
    func deadline() async throws {
        try await AgentFixture.with(steps: [Self.slowTool], agent: [.init("limits", ["deadline": "300ms"])]) { agent in
            let answer = try await agent.post(AgentFixture.body("go"))
            #expect(answer.status == 504, "\(answer)")
            #expect(try answer.json()["error"]?["code"]?.string == "deadline_exceeded")
            try await agent.gateway.waitUntilIdle()
        }
    }

    @Test("an agent that stops tells those who still wait, and ends well")
    func shutdown() async throws {
        let section: [JSONTree.Member] = [.init("shutdownGrace", "200ms")]
        try await AgentFixture.with(
            steps: [["stream": [["delta": ["content": "x"]], ["hang": true]]]], section: section
        ) {
            agent in
            let client = try await RawHTTPClient(port: agent.port)
            try await client.sendRequest(
                "POST", AgentFixture.chat, headers: [("Content-Type", "application/json")],
                body: AgentFixture.body("go", stream: true).bytes)
            #expect(try await client.readHead().status == 200)
            agent.agent.send(signal: 15)
            var rest: [UInt8] = []
            while let piece = try await client.readBody() { rest += piece }
            let text = String(decoding: rest, as: UTF8.self)
            #expect(try await agent.agent.exit() == .code(0))
            #expect(text.contains("shutting_down") && text.hasSuffix("data: [DONE]\n\n"), "\(text)")
        }
    }

    @Test("one run too many is refused at once")
    func concurrency() async throws {
        try await AgentFixture.with(steps: [Self.slowTool], section: [.init("maxConcurrentRuns", 1)]) { agent in
            let client = try await RawHTTPClient(port: agent.port)
            try await client.sendRequest(
                "POST", AgentFixture.chat, headers: [("Content-Type", "application/json")],
                body: AgentFixture.body("go").bytes)
            try await agent.gateway.wait(for: "the run") {
                try await agent.metric("agent_runs_in_flight") == 1 ? () : nil
            }
            let answer = try await agent.post(AgentFixture.body("go"))
            #expect(answer.status == 429)
            #expect(answer[header: "Retry-After"] == "1")
            #expect(try answer.json()["error"]?["code"]?.string == "concurrency_limit")
            client.reset()
        }
    }
}
