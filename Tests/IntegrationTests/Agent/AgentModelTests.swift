import TestSupport
import Testing

@Suite("The agent and its model")
struct AgentModelTests {
    @Test("a model that asks to be left alone is asked again when it said", arguments: ["2", "date+3"])
    func retryAfter(wish: String) async throws {
        let steps: [JSONTree] = [
            ["status": 429, "headers": ["Retry-After": .string(wish)], "body": ["error": ["message": "busy"]]],
            ["text": "here"],
        ]
        try await AgentFixture.with(steps: steps, select: "sequence") { agent in
            let answer = try await agent.post(AgentFixture.body("go"))
            #expect(try answer.content() == "here", "\(answer)")
            let requests = try await agent.modelRequests()
            #expect(requests.count == 2)
            let wait = try #require(requests[1]["atMs"]?.int) - #require(requests[0]["atMs"]?.int)
            // A date has whole seconds.
            #expect(wait >= 2000)
        }
    }

    @Test("a model that is busy three times is the caller's to ask again")
    func busyThreeTimes() async throws {
        let steps: [JSONTree] = [
            ["status": 429, "headers": ["Retry-After": "1"], "body": ["error": ["message": "busy"]]]
        ]
        try await AgentFixture.with(steps: steps) { agent in
            let answer = try await agent.post(AgentFixture.body("go"))
            #expect(answer.status == 429 && answer[header: "Retry-After"] == "1", "\(answer)")
            #expect(try answer.json()["error"]?["code"]?.string == "llm_rate_limited")
            let requests = try await agent.modelRequests()
            #expect(requests.count == 3)
            let times = requests.compactMap { $0["atMs"]?.int }
            #expect(zip(times, times.dropFirst()).allSatisfy { $1 - $0 >= 1000 }, "\(times)")
        }
    }

    @Test("a model that is always busy is a 429 for the caller, a 500 for the DIAL platform", arguments: [true, false])
    func rateLimited(isDIAL: Bool) async throws {
        let steps: [JSONTree] = [
            ["status": 429, "headers": ["Retry-After": "70"], "body": ["error": ["message": "busy"]]]
        ]
        try await AgentFixture.with(steps: steps) { agent in
            let answer = try await agent.post(
                AgentFixture.body("go", stream: true), to: isDIAL ? AgentFixture.dial : AgentFixture.chat)
            #expect(answer.status == (isDIAL ? 500 : 429), "\(answer)")
            #expect(try answer.json()["error"]?["code"]?.string == "llm_rate_limited")
            if !isDIAL { #expect(answer[header: "Retry-After"] == "70") }
            #expect(try await agent.modelRequests().count == 1)
        }
    }

    @Test("a stream that breaks off after text is an error event, and the model is not asked again")
    func brokenStream() async throws {
        let steps: [JSONTree] = [
            [
                "stream": [
                    ["delta": ["content": "one "]], ["delta": ["content": "two"]], ["waitMs": 50], ["reset": true],
                ]
            ]
        ]
        try await AgentFixture.with(steps: steps) { agent in
            let answer = try await agent.post(AgentFixture.body("go", stream: true))
            let chunks = try answer.chunks()
            #expect(chunks.compactMap { $0["choices"]?[0]?["delta"]?["content"]?.string } == ["one ", "two"])
            #expect(chunks.last?["error"]?["code"]?.string == "llm_stream_interrupted", "\(answer)")
            #expect(try await agent.modelRequests().count == 1)
        }
    }

    @Test("a stream that breaks off before any text is tried again")
    func brokenBeforeText() async throws {
        let steps: [JSONTree] = [["stream": [["reset": true]]], ["text": "here"]]
        try await AgentFixture.with(steps: steps, select: "sequence") { agent in
            let answer = try await agent.post(AgentFixture.body("go"))
            #expect(try answer.content() == "here")
        }
    }

    @Test(
        "what goes wrong at the model's server becomes what the caller can act on",
        arguments: [
            (401, 502, "llm_auth_failed"), (404, 502, "llm_model_not_found"), (400, 400, "context_length_exceeded"),
            (500, 502, "llm_error"),
        ])
    func mapping(status: Int, mapped: Int, code: String) async throws {
        let steps: [JSONTree] = [
            [
                "status": .number(String(status)),
                "body": [
                    "error": ["message": "no", "code": "context_length_exceeded", "type": "invalid_request_error"]
                ],
            ]
        ]
        try await AgentFixture.with(steps: steps, llm: [.init("retries", 0)]) { agent in
            let answer = try await agent.post(AgentFixture.body("go"))
            #expect(answer.status == mapped, "\(answer)")
            #expect(try answer.json()["error"]?["code"]?.string == code)
        }
    }

    @Test("liberties of model servers are taken as they are meant")
    func quirks() async throws {
        let raw = [
            ": hello\r\n", "data:{\"choices\":[],\"prompt_filter_results\":[]}\r\n\r\n", "event: x\nid: 7\n",
            "data: {\"choices\":[{\"delta\":{\"content\":null}}],\"usage\":null}\n\n",
            "data: {\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"id\":\"c1\",\"function\":{\"name\":\"ref__echo\",",
            "\"arguments\":{\"message\":\"ü\"}}}]}}]}\n\ndata: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}",
        ]
        let steps: [JSONTree] = [["stream": .array(raw.map { ["raw": .string($0)] })], ["text": "done"]]
        try await AgentFixture.with(steps: steps) { agent in
            let answer = try await agent.post(AgentFixture.body("go"))
            #expect(try answer.content() == "done")
            let messages = try await agent.messages(ofRequest: 1)
            #expect(messages.last?["content"]?.string == "ü")
        }
    }

    @Test("a plain JSON body in place of a stream is an answer")
    func document() async throws {
        let steps: [JSONTree] = [
            ["body": ["choices": [["message": ["role": "assistant", "content": "plain"], "finish_reason": "stop"]]]]
        ]
        try await AgentFixture.with(steps: steps) { agent in
            let answer = try await agent.post(AgentFixture.body("go"))
            #expect(try answer.content() == "plain")
        }
    }

    @Test("parameters of the caller go to the model, those the operator locked do not")
    func parameters() async throws {
        let more: [JSONTree.Member] = [
            .init("temperature", .number("0.5")), .init("seed", 7), .init("unknown_field", true),
        ]
        try await AgentFixture.with(
            steps: [["text": "x"]], agent: [.init("lockedParams", ["temperature"])],
            llm: [.init("params", ["temperature": 0])]
        ) { agent in
            _ = try await agent.post(AgentFixture.body("go", stream: false, more))
            let body = try await agent.modelRequests()[0]["body"]
            #expect(body?["temperature"]?.int == 0 && body?["seed"]?.int == 7 && body?["unknown_field"] == nil)
        }
    }

    @Test("when a model fails, the next one answers")
    func fallback() async throws {
        let steps: [JSONTree] = [["status": 503, "body": "down"], ["text": "second"]]
        try await AgentFixture.with(
            steps: steps, select: "sequence",
            llm: [.init("retries", 0), .init("fallback", ["other"])],
            section: [.init("llms", ["other": ["baseUrl": "http://127.0.0.1:1/v1", "model": "x"]])]
        ) { agent in
            // The other one is not there: the caller is told about the last that failed.
            let answer = try await agent.post(AgentFixture.body("go"))
            #expect(answer.status == 502)
            #expect(try answer.json()["error"]?["code"]?.string == "llm_error")
        }
    }

    @Test("a server that is near is asked not to compress, and one that does all the same is refused")
    func compressed() async throws {
        let step: JSONTree = ["headers": ["Content-Encoding": "br"], "stream": [["raw": "x"]]]
        try await AgentFixture.with(steps: [step], llm: [.init("retries", 0)]) { agent in
            let answer = try await agent.post(AgentFixture.body("go"))
            #expect(answer.status == 502, "\(answer)")
            #expect(try answer.json()["error"]?["code"]?.string == "llm_error")
            let headers = try await agent.modelRequests()[0]["headers"]
            #expect(headers?["accept-encoding"]?.string == "identity")
        }
    }
}
