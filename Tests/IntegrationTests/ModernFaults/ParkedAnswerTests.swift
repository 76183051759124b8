import Glibc
import TestSupport
import Testing

/// Answers to what parked calls have asked.
@Suite("Answers of parked calls")
struct ParkedAnswerTests {
    @Test("a call asks, is answered, and ends as it would have otherwise", arguments: ServerTransport.allCases)
    func rounds(transport: ServerTransport) async throws {
        let record = try ServerRecord()
        try await ParkCase.with(transport, record.options) { gateway, client in
            let calls: [(StatelessClient.Request, JSONTree, String)] = [
                (ParkCase.asking, StatelessClient.accepted, "Ada"),
                (ParkCase.asking, ["action": "decline"], "decline"), (ParkCase.asking, ["action": "cancel"], "cancel"),
                (.call("ask_url", ["url": "https://a.example/"]), ["action": "accept"], "accept"),
                (.call("ask_roots"), ["roots": [["uri": "file:///home/ada"]]], "file:///home/ada"),
                (
                    .call("test_sampling", ["prompt": "?"]),
                    ["role": "assistant", "content": ["type": "text", "text": "42"], "model": "m"], "42"
                ),
            ]
            for (request, answer, text) in calls {
                let asked = try await client.send(request)
                #expect(asked.keys == ["q1"], "\(asked.http)")
                let done = try await client.retry(asked, ["q1": answer])
                #expect(done.isComplete, "\(done.http)")
                #expect(done.text?.contains(text) == true, "\(done.http)")
                // What its revision does not have is not told.
                #expect(done.notifications == [])
            }
        }
        #expect(try record.answers().count == 6)
        #expect(try record.cancellations() == 0)
    }

    @Test("what no answer is leaves the question open")
    func wrongShape() async throws {
        let record = try ServerRecord()
        try await ParkCase.with(.http, record.options) { gateway, client in
            let asked = try await client.send(ParkCase.asking)
            let bad: [JSONTree] = [
                .null, "accept", 7, [], [:], ["action": "perhaps"], ["action": 1], ["roots": []],
                ["action": "accept", "content": "Ada"],
            ]
            for value in bad {
                let answer = try await client.retry(asked, ["q1": value])
                #expect(answer.errorCode == -32602, "\(value): \(answer.http)")
                #expect(answer.errorText.contains("params.inputResponses[\"q1\"]"), "\(answer.errorText)")
            }
            for value: JSONTree in [[], "q1", 7] {
                let answer = try await client.retry(asked, value)
                #expect(answer.errorCode == -32602, "\(value): \(answer.http)")
                #expect(answer.errorText.contains("params.inputResponses"), "\(answer.errorText)")
            }
            #expect(try record.answers().isEmpty)
            #expect(try await client.retryAccepting(asked).isComplete)
        }
        #expect(try record.calls(of: "test_elicitation") == 1)
    }

    @Test("without answers, or with answers to what was never asked, the same is asked again")
    func unanswered() async throws {
        try await ParkCase.with(.http) { gateway, client in
            let asked = try await client.send(ParkCase.asking)
            for answers: JSONTree? in [nil, [:], ["q2": StatelessClient.accepted, "": [], "Q1": 7]] {
                let again = try await client.retry(asked, answers)
                #expect(again.result?["inputRequests"] == asked.result?["inputRequests"], "\(again.http)")
            }
            #expect(try await client.retryAccepting(asked).isComplete)
        }
    }

    @Test("of several questions only those without an answer are asked again; the first answer to each counts")
    func partial() async throws {
        let record = try ServerRecord()
        try await ParkCase.with(.http, record.options) { gateway, client in
            func named(_ name: String) -> JSONTree { ["action": "accept", "content": ["name": .string(name)]] }
            let asked = try await client.call("ask_many", ["count": 3, "tag": "t"])
            #expect(asked.keys == ["q1", "q2", "q3"])
            let second = try await client.retry(asked, ["q2": named("b")])
            #expect(second.keys == ["q1", "q3"])
            let third = try await client.retry(second, ["q2": named("else"), "q1": named("a")])
            #expect(third.keys == ["q3"])
            let done = try await client.retry(third, ["q3": named("c"), "q1": named("else")])
            let names = try JSONTree(parsing: done.text ?? "").elements?.map { $0["content"]?["name"]?.string }
            #expect(names == ["a", "b", "c"], "\(done.http)")
        }
        #expect(try record.answers().count == 3)
    }

    @Test("the same key twice is refused: two readers could disagree about it")
    func twice() async throws {
        let record = try ServerRecord()
        try await ParkCase.with(.http, record.options) { gateway, client in
            let asked = try await client.send(ParkCase.asking)
            let answers = JSONTree.object([
                .init("q1", StatelessClient.accepted), .init("q1", ["action": "decline"]),
            ])
            #expect(try await client.retry(asked, answers).errorCode == -32602)
            #expect(try record.answers().isEmpty)
            #expect(try await client.retryAccepting(asked).isComplete)
        }
        #expect(try record.answers().count == 1)
    }

    @Test("answers without a state belong to no call: a new one is made")
    func noState() async throws {
        let record = try ServerRecord()
        try await ParkCase.with(.http, record.options) { gateway, client in
            let answers: JSONTree = ["q1": StatelessClient.accepted]
            let echoed = try await client.send(
                StatelessClient.Request.call("echo", ["message": "x"]).answering(answers, state: nil))
            #expect(echoed.text == "x")
            let asked = try await client.send(ParkCase.asking.answering(answers, state: nil))
            #expect(asked.keys == ["q1"])
            #expect(try await client.retry(asked, answers).isComplete)
        }
        let sent = try record.messages(from: "client").filter { $0["method"] == "tools/call" }
        #expect(sent.allSatisfy { $0["params"]?["inputResponses"] == nil && $0["params"]?["requestState"] == nil })
        #expect(
            sent.allSatisfy { message in
                message["params"]?["_meta"]?.members?.allSatisfy { $0.name == "progressToken" } ?? true
            })
    }

    @Test(
        "what came beside a call is answered also when the call has ended first, and only then the client gets its result",
        arguments: ServerTransport.allCases)
    func outlivesCall(transport: ServerTransport) async throws {
        let record = try ServerRecord()
        // Not between two calls.
        let pool: [JSONTree.Member] = [.init("pool", ["idle": "3s"])]
        try await FaultCase.with(transport, record.options, settings: pool) { gateway in
            let client = StatelessClient(gateway)
            // The server's question comes outside of all streams while the second call is in flight, so it goes to that
            // call, with which it has nothing to do.
            _ = try await client.call("ask_after_answer", ["method": "roots/list"])
            let asked = try await client.call("delay", ["ms": 400])
            #expect(asked.result?["inputRequests"]?["q1"]?["method"] == "roots/list", "\(asked.http)")
            let id = try await record.message(from: "client") { $0["params"]?["name"] == "delay" }["id"]
            try await record.message(from: "server") { $0["id"] == id && $0["result"] != nil }
            let again = try await client.retry(asked, [:])
            #expect(again.result?["inputRequests"] == asked.result?["inputRequests"], "\(again.http)")
            let done = try await client.retry(again, ["q1": ["roots": []]])
            #expect(done.isComplete && done.text != nil, "\(done.http)")
            #expect(try await client.retry(again, ["q1": ["roots": []]]).result == done.result)
            let outcome = try await gateway.wait(for: "outcome of the question") {
                let outcome = try JSONTree(parsing: try await client.call("late_question_outcome").text ?? "")
                return outcome["result"] != nil ? Optional.some(outcome) : Optional.none
            }
            #expect(outcome["result"] == ["roots": []], "\(outcome)")
            await client.expectNoProblems()
        }
    }

    @Test("two retries at once wait for the same call, and get the same result")
    func joined() async throws {
        let mayEnd = Observed(false)
        let server = AskingServer { request, connection, server in
            try connection.beginEvents()
            try connection.event(AskingServer.form("7"))
            try server.waitForAnswers(1, to: 7)
            while !mayEnd.value {
                // Whoever waits for the call hears of it.
                try connection.event(ParkCase.logMessage)
                usleep(10_000)
            }
            try connection.event(AskingServer.done(request))
            try connection.endChunks()
        }
        try await ParkCase.with(server) { gateway, client, _ in
            let asked = try await client.call("work", meta: ParkCase.logging)
            let retry = asked.request.answering(StatelessClient.accepting(asked), state: asked.state)
            let calls = [try await client.start(retry), try await client.start(retry)]
            for call in calls { try await call.readHead() }
            // One may go; the other one still waits.
            let third = try await client.start(retry)
            try await third.readHead()
            third.vanish()
            mayEnd.update { $0 = true }
            let answers = [try await calls[0].answer(), try await calls[1].answer()]
            #expect(answers[0].text == "done")
            #expect(answers[0].result == answers[1].result)
        }
        #expect(server.answers(to: 7).count == 1, "\(server.answers.value)")
    }

    @Test(
        "two calls of one client at one server at once: every question gets its own answer",
        arguments: ServerTransport.allCases)
    func twoCalls(transport: ServerTransport) async throws {
        try await ParkCase.with(transport) { gateway, client in
            @Sendable func run(_ tag: String) async throws -> String? {
                var answer = try await client.call("ask_twice", ["tag": .string(tag)])
                for _ in 0..<20 where answer.asks {
                    let answers = answer.result?["inputRequests"]?.members?.map { question in
                        let message = question.value["params"]?["message"] ?? .null
                        return JSONTree.Member(
                            question.name, ["action": "accept", "content": ["name": message]])
                    }
                    answer = try await client.retry(answer, .object(answers ?? []))
                }
                return answer.text
            }
            // Where nothing says whose a question is, that there are such questions is found out by one that is refused.
            async let first = run("first")
            async let second = run("second")
            _ = try await (first, second)
            async let left = run("left")
            async let right = run("right")
            for (text, tag) in [(try await left, "left"), (try await right, "right")] {
                let names = try JSONTree(parsing: text ?? "").elements?.map { $0["content"]?["name"]?.string }
                #expect(names == ["\(tag) 0", "\(tag) 1"], "\(text ?? "")")
            }
        }
    }
}
