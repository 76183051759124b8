import TestSupport
import Testing

/// What servers do wrong, or what happens to them, while a question of theirs is open.
@Suite("servers that end or misbehave while they ask")
struct QuestionFaultTests {
    @Test("a process that exits while it asks: the question is taken back and the call says so")
    func exits() async throws {
        try await FaultCase.with(.stdio, keepsServer: false) { gateway in
            try await SessionClient.with(gateway, capabilities: SessionClient.askable) { client in
                let call = try await client.start("test_elicitation", ["message": "who?"])
                let question = try await call.question()
                let crash = try await client.call("crash", ["mode": "exit"])
                #expect(crash.isToolError)
                let told = try #require(try await call.next())
                #expect(told.withdraws(question), "\(told)")
                let result = try #require(try await call.response()?["result"])
                #expect(result["isError"] == true)
                #expect(result["_meta"]?["mcp-gateway/failure"]?["stage"] == "closed")
                let text = result["content"]?[0]?["text"]?.string ?? ""
                #expect(text.contains("exited with code 3"), "\(text)")
                #expect(text.contains("may have been executed"), "\(text)")
                // The session is opened again with the next call.
                #expect(try await client.call("counter").text == "1")
            }
        }
    }

    @Test(
        "a stream that is cut while a question is open: the question is taken back and the call says so",
        arguments: [true, false])
    func cut(resets: Bool) async throws {
        let hasAsked = Observed(false)
        let server = AskingServer { _, connection, _ in
            try connection.beginEvents()
            try connection.event(AskingServer.form("1"))
            try AskingServer.wait(until: hasAsked)
            if resets { connection.reset() } else { connection.close() }
        }
        try await server.with { gateway, _ in
            try await SessionClient.with(gateway, capabilities: SessionClient.askable) { client in
                let call = try await client.start("work")
                let question = try await call.question()
                hasAsked.update { $0 = true }
                let told = try #require(try await call.next())
                #expect(told.withdraws(question), "\(told)")
                let result = try #require(try await call.response()?["result"])
                #expect(result["_meta"]?["mcp-gateway/failure"]?["stage"] == "closed", "\(result)")
                #expect(try await client.call("other").text == "other")
            }
        }
        #expect(server.answers.value.isEmpty)
    }

    @Test("a session that expires while a question is open: the question is taken back and the call says so")
    func expires() async throws {
        try await FaultCase.with(.http, keepsServer: false) { gateway in
            try await SessionClient.with(gateway, capabilities: SessionClient.askable) { client in
                let call = try await client.start("test_elicitation", ["message": "who?"])
                let question = try await call.question()
                _ = try await gateway.call("expire_sessions")
                let told = try #require(try await call.next())
                #expect(told.withdraws(question), "\(told)")
                let result = try #require(try await call.response()?["result"])
                #expect(result["isError"] == true, "\(result)")
                #expect(result["_meta"]?["mcp-gateway/failure"]?["server"] == "far", "\(result)")
                #expect(try await client.call("counter").text == "1")
            }
        }
    }

    @Test("an answer that meets an expired session ends its call at once")
    func answerMeetsExpiredSession() async throws {
        let server = AskingServer { _, connection, _ in
            try connection.beginEvents()
            try connection.event(AskingServer.form("1"))
            connection.waitForClose()
        }
        var script = server.script
        script.handlers["POST"] = { _, connection in try connection.answer(404, type: nil) }
        // Far longer than the test may take: nothing but the lost answer may end the call.
        let timeouts: [JSONTree.Member] = [.init("timeouts", ["call": "5m", "idle": "5m"])]
        try await UpstreamCase.with(script, settings: timeouts) { gateway, _ in
            try await SessionClient.with(gateway, capabilities: SessionClient.askable) { client in
                let call = try await client.start("work")
                try await client.answer(try await call.question())
                let result = try #require(try await call.response()?["result"])
                #expect(result["isError"] == true, "\(result)")
                let text = result["content"]?[0]?["text"]?.string ?? ""
                #expect(text.contains("no longer knows the session"), "\(text)")
                #expect(try await client.call("other").text == "other")
            }
            try await gateway.waitForSessions(1)
        }
    }

    @Test("a question that its server takes back is taken back from the client", arguments: ServerTransport.allCases)
    func withdrawn(transport: ServerTransport) async throws {
        try await FaultCase.with(transport) { gateway in
            try await SessionClient.with(gateway, capabilities: SessionClient.askable) { client in
                let call = try await client.start("test_elicitation", ["message": "who?", "timeoutMs": 150])
                let question = try await call.question()
                let told = try #require(try await call.next())
                #expect(told.withdraws(question), "\(told)")
                #expect(told["params"]?["reason"]?.string?.isEmpty == false)
                #expect(try await call.response()?["result"]?["isError"] == true)
                // Too late: it means nothing to anyone, and breaks nothing.
                try await client.answer(question)
                #expect(try await client.call("echo", ["message": "x"]).text == "x")
            }
        }
    }

    @Test(
        "many questions at once are all asked, up to the limit, of which the server is told",
        arguments: ServerTransport.allCases)
    func many(transport: ServerTransport) async throws {
        let limit = 64
        try await FaultCase.with(transport) { gateway in
            try await SessionClient.with(gateway, capabilities: SessionClient.askable) { client in
                for count in [limit, 100] {
                    let call = try await client.start("ask_many", ["count": .number("\(count)"), "tag": "q"])
                    var questions: [JSONTree] = []
                    for _ in 0..<limit { questions.append(try await call.question()) }
                    #expect(Set(questions.map { $0["params"]?["message"] }).count == limit)
                    for question in questions.reversed() {
                        let text = question["params"]?["message"]?.string ?? ""
                        try await client.answer(
                            question, ["action": "accept", "content": ["name": .string("re: \(text)")]])
                    }
                    let result = try #require(try await call.response()?["result"])
                    let text = result["content"]?[0]?["text"]?.string ?? ""
                    guard count == limit else {
                        #expect(result["isError"] == true)
                        #expect(text.contains("64 questions are open, which is the limit"), "\(text)")
                        continue
                    }
                    let names = try JSONTree(parsing: text).elements?.map { $0["content"]?["name"]?.string }
                    #expect(names == (0..<count).map { "re: q \($0)" })
                }
            }
        }
    }

    @Test("the same id a second time is refused while the first question is open, and free afterwards")
    func sameIDTwice() async throws {
        let server = AskingServer { request, connection, server in
            try connection.beginEvents()
            for number in 1...2 {
                try connection.event(AskingServer.form("7"))
                if number == 1 { try connection.event(AskingServer.form("7")) }
                try server.waitForAnswers(number == 1 ? 2 : 3, to: 7)
            }
            try connection.event(AskingServer.done(request))
            try connection.endChunks()
        }
        try await server.with { gateway, _ in
            try await SessionClient.with(gateway, capabilities: SessionClient.askable) { client in
                let call = try await client.start("work")
                let first = try await call.question()
                try await server.answers.wait(for: "refusal") { $0.isEmpty ? nil : () }
                try await client.answer(first)
                try await client.answer(try await call.question())
                #expect(try await call.text() == "done")
            }
        }
        let answers = server.answers(to: 7)
        #expect(answers.map { $0["error"]?["code"]?.int } == [-32600, nil, nil], "\(answers)")
        #expect(answers.dropFirst().allSatisfy { $0["result"] == SessionClient.accepted }, "\(answers)")
    }

    @Test("a stream that goes on after the answer: the answer counts, what comes after it does not")
    func neverFinishes() async throws {
        let server = AskingServer { request, connection, _ in
            try connection.beginEvents()
            try connection.event(#"{"jsonrpc":"2.0","id":4711,"result":{"content":[]}}"#)
            try connection.event(AskingServer.done(request, "first"))
            try connection.event(AskingServer.done(request, "second"))
            try connection.event(AskingServer.form("1"))
            connection.waitForClose()
        }
        try await server.with { gateway, _ in
            try await SessionClient.with(gateway, capabilities: SessionClient.askable) { client in
                for _ in 0..<3 {
                    let call = try await client.call("work")
                    #expect(call.text == "first")
                    #expect(call.notifications.isEmpty, "\(call.notifications)")
                }
            }
        }
    }
}
