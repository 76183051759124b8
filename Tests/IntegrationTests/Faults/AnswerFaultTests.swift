import TestSupport
import Testing

/// What clients do wrong with what they are asked.
@Suite("clients that answer badly")
struct AnswerFaultTests {
    @Test("of two answers the first counts", arguments: ServerTransport.allCases)
    func twice(transport: ServerTransport) async throws {
        try await FaultCase.with(transport) { gateway in
            try await SessionClient.with(gateway, capabilities: SessionClient.askable) { client in
                let call = try await client.start("ask_twice", ["tag": "q"])
                let first = try await call.question()
                let id = try #require(first["id"])
                try await client.answer(first, ["action": "accept", "content": ["name": "one"]])
                try await client.answerUnchecked(id, "result", ["action": "accept", "content": ["name": "two"]])
                try await client.answerUnchecked(id, "error", ["code": -1, "message": "three"])
                try await client.answer(try await call.question(), ["action": "decline"])
                let answers = try JSONTree(parsing: try #require(try await call.text()))
                #expect(answers[0]?["content"]?["name"] == "one", "\(answers)")
                #expect(answers[1]?["action"] == "decline", "\(answers)")
            }
        }
    }

    @Test("an error reaches the server as it is", arguments: ServerTransport.allCases)
    func error(transport: ServerTransport) async throws {
        let record = try ServerRecord()
        try await FaultCase.with(transport, record.options) { gateway in
            try await SessionClient.with(gateway, capabilities: SessionClient.askable) { client in
                let call = try await client.start("test_sampling", ["prompt": "p"])
                let id = try #require(try await call.question()["id"])
                let error: JSONTree = ["code": -1, "message": "User rejected", "data": ["why": [1, .number("2.50")]]]
                try await client.answerUnchecked(id, "error", error)
                let result = try #require(try await call.response()?["result"])
                #expect(result["isError"] == true)
                #expect(result["content"]?[0]?["text"]?.string?.contains("User rejected") == true, "\(result)")
                let answer = try await record.message(from: "client") { $0["error"] != nil }
                #expect(answer["error"] == error, "\(answer)")
            }
        }
    }

    struct Nonsense: Sendable, CustomTestStringConvertible {
        let tool: String
        let arguments: JSONTree
        let answer: JSONTree
        let fact: String
        var testDescription: String { "\(tool): \(answer)" }

        init(_ tool: String, _ arguments: JSONTree, _ answer: JSONTree, _ fact: String) {
            self.tool = tool
            self.arguments = arguments
            self.answer = answer
            self.fact = fact
        }

        static let all = [
            Nonsense("test_elicitation", ["message": "m"], [:], "result.action must be"),
            Nonsense("test_elicitation", ["message": "m"], ["action": "maybe"], "result.action must be"),
            Nonsense("test_elicitation", ["message": "m"], [1, 2], "result must be an object"),
            Nonsense("test_elicitation", ["message": "m"], nil, "result must be an object"),
            Nonsense(
                "test_elicitation", ["message": "m"], ["action": "accept", "content": "text"],
                "result.content must be an object"),
            Nonsense("test_sampling", ["prompt": "p"], ["role": "assistant"], "result.content must be"),
            Nonsense(
                "test_sampling", ["prompt": "p"],
                ["role": "god", "content": ["type": "text", "text": "x"], "model": "m"],
                "result.role must be"),
            Nonsense(
                "test_sampling", ["prompt": "p"], ["role": "user", "content": ["type": "text", "text": "x"]],
                "result.model must be"),
            Nonsense("ask_roots", [:], ["roots": "none"], "result.roots must be an array"),
        ]
    }

    @Test("nonsense is kept from the server, which is told what was wrong with it", arguments: Nonsense.all)
    func nonsense(item: Nonsense) async throws {
        try await FaultCase.with(.stdio) { gateway in
            try await SessionClient.with(gateway, capabilities: SessionClient.askable) { client in
                let call = try await client.start(item.tool, item.arguments)
                let id = try #require(try await call.question()["id"])
                try await client.answerUnchecked(id, "result", item.answer)
                let result = try #require(try await call.response()?["result"])
                let text = result["content"]?[0]?["text"]?.string ?? ""
                #expect(result["isError"] == true && text.contains(item.fact), "\(text)")
                #expect(text.contains("the client's answer to"), "\(text)")
            }
        }
    }

    @Test(
        "no answer in time: the server is told, the question taken back, a late answer dropped",
        arguments: ServerTransport.allCases)
    func never(transport: ServerTransport) async throws {
        try await FaultCase.with(transport, limits: ["questionTimeout": "200ms"]) { gateway in
            try await SessionClient.with(gateway, capabilities: SessionClient.askable) { client in
                let form = try await client.start("test_elicitation", ["message": "who?"])
                let question = try await form.question()
                let told = try #require(try await form.next())
                #expect(told.withdraws(question), "\(told)")
                #expect(told["params"]?["reason"] == "not answered in time")
                #expect(try await form.text() == #"User response: {"action":"cancel"}"#)
                try await client.answer(question)

                let sampling = try await client.start("test_sampling", ["prompt": "p"])
                let second = try await sampling.question()
                let result = try #require(try await sampling.response()?["result"])
                let text = result["content"]?[0]?["text"]?.string ?? ""
                #expect(text.contains("not answered within 200 ms (limits.questionTimeout)"), "\(text)")
                try await client.answerUnchecked(try #require(second["id"]), "result", ["role": "assistant"])
                #expect(try await client.call("echo", ["message": "x"]).text == "x")
            }
        }
    }

    @Test("an answer counts only in the session that was asked", arguments: ServerTransport.allCases)
    func otherSession(transport: ServerTransport) async throws {
        try await FaultCase.with(transport) { gateway in
            try await SessionClient.with(gateway, capabilities: SessionClient.askable) { one in
                try await SessionClient.with(gateway, capabilities: SessionClient.askable) { two in
                    let (first, second) = (
                        try await one.start("test_elicitation", ["message": "one"]),
                        try await two.start("test_elicitation", ["message": "two"])
                    )
                    let (questionOfOne, questionOfTwo) = (try await first.question(), try await second.question())
                    let ids = (try #require(questionOfOne["id"]), try #require(questionOfTwo["id"]))
                    #expect(ids.0 != ids.1)
                    let wrong: JSONTree = ["action": "accept", "content": ["username": "stolen"]]
                    try await one.answerUnchecked(ids.1, "result", wrong)
                    try await two.answerUnchecked(ids.0, "result", wrong)
                    let strangeIDs: [JSONTree] = [4711, "nobody", -1, ""]
                    for id in strangeIDs { try await one.answerUnchecked(id, "result", wrong) }
                    try await one.answer(questionOfOne, ["action": "accept", "content": ["username": "one"]])
                    try await two.answer(questionOfTwo, ["action": "accept", "content": ["username": "two"]])
                    for (call, name) in [(first, "one"), (second, "two")] {
                        let text = try await call.text() ?? ""
                        #expect(text.contains(#""username":"\#(name)""#), "\(text)")
                    }
                }
            }
        }
    }

    @Test(
        "a client that takes only JSON cannot be asked, and the call goes on without its answer",
        arguments: ServerTransport.allCases)
    func jsonOnly(transport: ServerTransport) async throws {
        try await FaultCase.with(transport) { gateway in
            try await SessionClient.with(gateway, capabilities: SessionClient.askable) { client in
                let form = try await client.request(
                    "tools/call", ["name": "test_elicitation", "arguments": ["message": "m"]],
                    accept: "application/json")
                #expect(!form.isEventStream)
                #expect(form.text == #"User response: {"action":"cancel"}"#, "\(form.http)")
                let sampling = try await client.request(
                    "tools/call", ["name": "test_sampling", "arguments": ["prompt": "p"]], accept: "application/json")
                #expect(sampling.isToolError, "\(sampling.http)")
            }
        }
    }
}
