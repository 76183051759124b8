import Glibc
import TestSupport
import Testing

/// How parked calls end otherwise than by their results.
@Suite("Ends of parked calls")
struct ParkedEndTests {
    @Test(
        "a client that does not come back: the server's question is answered, its call cancelled, the place is free again",
        arguments: ServerTransport.allCases)
    func expired(transport: ServerTransport) async throws {
        let record = try ServerRecord()
        try await ParkCase.with(
            transport, record.options, limits: ["parkTimeout": "1s", "maxParkedCalls": 1]
        ) { gateway, client in
            // A server that answers at once when its form is cancelled may be done before it can be told.
            let asked = try await client.send(.call("ask_and_hang"))
            #expect(asked.asks)
            let refused = try await client.call("test_elicitation", ["message": "too many?"])
            #expect(refused.isComplete)
            #expect(refused.text?.contains("cancel") == true, "\(refused.http)")
            try await record.message(from: "client") { $0["result"] == ["action": "cancel"] && $0["method"] == nil }
            try await record.waitForCancellation()
            let late = try await client.retryAccepting(asked)
            #expect(late.errorCode == -32602, "\(late.http)")
            #expect(late.errorText.contains("call again"), "\(late.errorText)")
            let next = try await gateway.wait(for: "free place") { () -> StatelessClient.Answer? in
                let answer = try await client.send(ParkCase.asking)
                return answer.asks ? answer : nil
            }
            #expect(try await client.retryAccepting(next).isComplete)
        }
        #expect(try record.cancellations() == 1)
    }

    @Test("parked calls are not in flight: as many wait as may be parked, whatever the limit of calls in flight")
    func places() async throws {
        try await ParkCase.with(.http, limits: ["maxInFlight": 2, "maxInFlightPerServer": 2]) { gateway, client in
            var asked: [StatelessClient.Answer] = []
            for _ in 0..<10 { asked.append(try await client.send(ParkCase.asking)) }
            #expect(asked.allSatisfy { $0.asks })
            try await gateway.waitUntilIdle()
            #expect(try await client.call("echo", ["message": "x"]).text == "x")
            for one in asked { #expect(try await client.retryAccepting(one).isComplete) }
        }
    }

    @Test("one caller that parks without end reaches its own limit; another is served as before")
    func onlyOneCaller() async throws {
        try await Self.flood(limits: ["maxParkedCallsPerClient": 5], expected: 5, attempts: 10_000)
    }

    @Test("one caller's limit is 100 unless said otherwise")
    func onlyOneCallerByDefault() async throws {
        try await Self.flood(limits: [:], expected: 100, attempts: 300)
    }

    private static func flood(limits: JSONTree, expected: Int, attempts: Int) async throws {
        try await ReferenceServer.withHTTP { url, _ in
            let configuration = UpstreamCase.configuration(["far": ["url": .string(url)]], limits: limits)
            try await GatewayFixture.with(configuration) { gateway in
                let client = StatelessClient(gateway)
                let other = StatelessClient(gateway, from: "127.0.0.2")
                let before = try await other.send(ParkCase.asking)
                #expect(before.asks)
                let tasks = 8
                let isOver = Observed(false)
                async let served = Self.askAgainAndAgain(other, until: isOver)
                let parked = try await withThrowingTaskGroup(of: [StatelessClient.Answer].self) { group in
                    for _ in 0..<tasks {
                        group.addTask {
                            var asked: [StatelessClient.Answer] = []
                            let connection = try await gateway.connect()
                            for _ in 0..<(attempts / tasks) {
                                let answer = try await client.send(ParkCase.asking, over: connection)
                                if answer.asks {
                                    asked.append(answer)
                                } else {
                                    #expect(answer.text?.contains("cancel") == true, "\(answer.http)")
                                }
                            }
                            connection.close()
                            return asked
                        }
                    }
                    return try await group.reduce(into: []) { $0 += $1 }
                }
                #expect(parked.count == expected)
                isOver.update { $0 = true }
                #expect(try await served > 0)
                #expect(try await other.retryAccepting(before).isComplete)
                let after = try await other.send(ParkCase.asking)
                #expect(after.asks)
                #expect(try await other.retryAccepting(after).isComplete)
                #expect(try await client.call("echo", ["message": "x"]).text == "x")
                for one in parked { #expect(try await client.retryAccepting(one).isComplete) }
                // Every answer made room, also those that are kept for a while.
                let again = try await client.send(ParkCase.asking)
                #expect(again.asks)
                #expect(try await client.retryAccepting(again).isComplete)
                await other.expectNoProblems()
                try await gateway.waitUntilIdle()
                await client.expectNoProblems()
            }
        }
    }

    /// Makes calls that ask, one after another, and answers each.
    ///
    /// - Returns: how many.
    private static func askAgainAndAgain(_ client: StatelessClient, until isOver: Observed<Bool>) async throws -> Int {
        var count = 0
        repeat {
            let asked = try await client.send(ParkCase.asking)
            #expect(asked.asks)
            #expect(try await client.retryAccepting(asked).isComplete)
            count += 1
        } while !isOver.value
        return count
    }

    @Test("the server dies while the call is parked: the retry says so, and the next call works")
    func serverDies() async throws {
        try await ParkCase.with(.stdio, keepsServer: false) { gateway, client in
            let facts = try JSONTree(parsing: try await client.call("pid").text ?? "")
            let pid = Int32(try #require(facts["pid"]?.int))
            let asked = try await client.send(ParkCase.asking)
            #expect(asked.asks)
            kill(pid, SIGKILL)
            try await gateway.wait(for: "end of the process") { ProcessTable.isRunning(pid) ? nil : () }
            let answer = try await client.retryAccepting(asked)
            #expect(answer.isToolError, "\(answer.http)")
            #expect(answer.text?.contains("far") == true, "\(answer.http)")
            let again = try await gateway.wait(for: "new process") { () -> StatelessClient.Answer? in
                let answer = try await client.send(ParkCase.asking)
                return answer.asks ? answer : nil
            }
            #expect(try await client.retryAccepting(again).isComplete)
        }
    }

    @Test(
        "the server takes its question back: the retry gets what the call came to", arguments: ServerTransport.allCases)
    func takenBack(transport: ServerTransport) async throws {
        let record = try ServerRecord()
        try await ParkCase.with(transport, record.options) { gateway, client in
            let asked = try await client.call("test_elicitation", ["message": "who?", "timeoutMs": 150])
            #expect(asked.asks)
            try await record.message(from: "server") { $0["method"] == "notifications/cancelled" }
            let answer = try await client.retryAccepting(asked)
            #expect(answer.isToolError, "\(answer.http)")
            #expect(try await client.retry(asked, nil).result == answer.result)
        }
        #expect(try record.answers().isEmpty)
    }

    @Test("limits.questionTimeout counts for parked calls, too")
    func questionTimeout() async throws {
        let record = try ServerRecord()
        try await ParkCase.with(.http, record.options, limits: ["questionTimeout": "300ms"]) { gateway, client in
            let asked = try await client.send(ParkCase.asking)
            try await record.message(from: "client") { $0["method"] == nil && $0["result"]?["action"] == "cancel" }
            let answer = try await client.retryAccepting(asked)
            #expect(answer.text?.contains("cancel") == true, "\(answer.http)")
        }
        #expect(try record.answers().count == 1)
    }

    @Test("a client that goes before it was asked, or while a retry waits, cancels its call", arguments: [false, true])
    func disconnects(asRetry: Bool) async throws {
        let server = AskingServer { request, connection, server in
            try connection.beginEvents()
            if asRetry {
                try connection.event(AskingServer.form("7"))
                try server.waitForAnswers(1, to: 7)
            }
            try connection.event(ParkCase.logMessage)
            connection.waitForClose()
        }
        try await ParkCase.with(server) { gateway, client, scripted in
            var request = StatelessClient.Request.call("work", meta: ParkCase.logging)
            if asRetry {
                let asked = try await client.send(request)
                request = request.answering(StatelessClient.accepting(asked), state: asked.state)
            }
            let call = try await client.start(request)
            // The call is at work, and the client's stream is open.
            #expect(try await call.next()?["method"] == "notifications/message")
            call.vanish()
            try await scripted.request(for: "notifications/cancelled")
        }
    }

    @Test("a client that goes while its call is parked cancels nothing")
    func leavesParked() async throws {
        let record = try ServerRecord()
        try await ParkCase.with(.http, record.options) { gateway, client in
            let call = try await client.start(ParkCase.asking)
            let asked = try await call.answer()
            #expect(asked.asks)
            call.vanish()
            #expect(try await client.retryAccepting(asked).isComplete)
        }
        #expect(try record.cancellations() == 0)
    }

    @Test("a stopping gateway cancels parked calls")
    func stopped() async throws {
        let record = try ServerRecord()
        try await ReferenceServer.withHTTP(record.options) { url, _ in
            try await GatewayFixture.with(UpstreamCase.configuration(["far": ["url": .string(url)]])) { gateway in
                let asked = try await StatelessClient(gateway).send(ParkCase.asking)
                #expect(asked.asks, "\(asked.http)")
            }
            try await record.waitForCancellation()
        }
    }

    @Test("a call stays parked while the sessions of idle clients are forgotten")
    func idleSessions() async throws {
        try await ParkCase.with(.http, limits: ["sessionIdle": "100ms"]) { gateway, client in
            let asked = try await client.send(ParkCase.asking)
            // Longer than three looks for idle sessions.
            try await Task.sleep(for: .milliseconds(500))
            let done = try await client.retryAccepting(asked)
            #expect(done.text?.contains("Ada") == true, "\(done.http)")
        }
    }
}
