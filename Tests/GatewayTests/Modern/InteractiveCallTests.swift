import AsyncIO
import Configuration
import MCPProtocol
import TestSupport
import Testing

@testable import Gateway

@Suite("A call that outlives its request", .timeLimit(.minutes(1)))
struct InteractiveCallTests {
    /// A call without a server behind it: the test asks in its place.
    private struct Bench: Sendable {
        let loop: EventLoop
        let parking: ParkedCalls
        let call: InteractiveCall
        let server: ServerConfiguration
        /// What came back for each question, by its message.
        let answers = Observed<[(message: String, outcome: JSONRPCResponse.Outcome)]>([])

        /// Asks a form; returns what became of it.
        @discardableResult
        func ask(
            _ message: String, method: String = "elicitation/create", outlivesCall: Bool = false
        ) async throws -> QuestionOutcome {
            let params =
                #"{"message":"\#(message)","requestedSchema":{"type":"object","properties":{"name":{"type":"string"}}}}"#
            let request = JSONRPCRequest(
                id: 1, method: method, params: try RawJSON(validating: Array(params.utf8)))
            let (call, server, answers) = (call, server, answers)
            return try await loop.run {
                call.ask(request, of: server, outlivesCall: outlivesCall) { outcome in
                    answers.update { $0.append((message, outcome)) }
                }
            }
        }

        func request(_ reply: RecordingReply = RecordingReply()) throws -> WaitingRequest {
            let params =
                #"{"name":"t","_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","#
                + #""io.modelcontextprotocol/clientCapabilities":{"elicitation":{}},"#
                + #""io.modelcontextprotocol/logLevel":"debug","progressToken":"mine"}}"#
            let request = JSONRPCRequest(
                id: 1, method: "tools/call", params: try RawJSON(validating: Array(params.utf8)))
            let members = RequestMembers(request.params)
            let client = DescribedClient(
                try #require(members.meta), try RequestMeta(members), partition: call.partition)
            return WaitingRequest(
                ModernRequest(request, members, client, origin: call.origin, isOnOwnTransport: false), reply)
        }

        func next(_ request: WaitingRequest? = nil) async throws -> InteractiveCall.Step {
            await call.next(for: try request ?? self.request())
        }

        /// Waits until the call has so many requests that wait.
        func waitForWaiters(_ count: Int) async throws {
            try await wait(for: "\(count) waiting requests") { await call.waiterCount == count }
        }

        func wait(for what: String, _ isSo: () async -> Bool) async throws {
            let deadline = ContinuousClock.now + .seconds(20)
            while await !isSo() {
                guard ContinuousClock.now < deadline else { throw SystemErrorText("no \(what)") }
                try await Task.sleep(for: .milliseconds(1))
            }
        }
    }

    private static func with(
        park: Duration? = .seconds(60), gathering: Duration = .milliseconds(20), _ body: (Bench) async throws -> Void
    ) async throws {
        let loop = try EventLoop(name: "test")
        try loop.start()
        var limits = LimitsConfiguration()
        limits.parkTimeout = park
        let parking = ParkedCalls(limits: limits)
        let capabilities = ClientCapabilities(
            try RawJSON(validating: Array(#"{"elicitation":{}}"#.utf8)), revision: .v2026_07_28)
        let partition = FrontSession(
            id: "p", revision: .v2026_07_28, clientInfo: Implementation(name: "", version: ""),
            capabilities: capabilities)
        let call = InteractiveCall(
            for: partition, origin: "a", namesServer: false, parking: parking, on: loop, gathering: gathering)
        let server = try #require(parseServer(#"{"command":"x"}"#).configuration?.servers.first)
        do {
            try await body(Bench(loop: loop, parking: parking, call: call, server: server))
        } catch {
            Issue.record(error)
        }
        await call.cancel(reason: "the test is over")
        loop.shutDown()
    }

    private static let accept = Array(#"{"action":"accept","content":{"name":"Ada"}}"#.utf8)

    private func answer(_ keys: [String], _ text: String? = nil) throws -> [(key: String, value: RawJSON)] {
        let value = try RawJSON(validating: text.map { Array($0.utf8) } ?? Self.accept)
        return keys.map { ($0, value) }
    }

    private func keys(_ step: InteractiveCall.Step) -> [String]? {
        guard case .asks(let questions, _) = step else { return nil }
        return questions.map(\.key)
    }

    @Test("questions that come together are put together, whether or not a request waits already")
    func together() async throws {
        // Long enough for three steps, whatever else the machine does.
        try await Self.with(gathering: .seconds(3)) { bench in
            async let early = bench.next()
            try await bench.waitForWaiters(1)
            for number in 1...3 { try await bench.ask("m\(number)") }
            #expect(try await keys(early) == ["q1", "q2", "q3"])
            #expect(bench.parking.count == 1)
        }
        try await Self.with { bench in
            for number in 1...2 { try await bench.ask("m\(number)") }
            #expect(try await keys(bench.next()) == ["q1", "q2"])
        }
    }

    @Test("an answer reaches its question once; of unknown keys nothing is heard")
    func answered() async throws {
        try await Self.with { bench in
            try await bench.ask("one")
            try await bench.ask("two")
            _ = try await bench.next()
            try await bench.call.deliver(try answer(["q2", "q9", "q2"]))
            try await bench.call.deliver(try answer(["q2"]))
            #expect(bench.answers.value.map(\.message) == ["two"])
            // Only what is missing is asked again.
            #expect(try await keys(bench.next()) == ["q1"])
            try await bench.call.deliver(try answer(["q1"]))
            #expect(bench.answers.value.map(\.message) == ["two", "one"])
        }
    }

    @Test("of several answers, one of a wrong shape delivers none")
    func wrongShape() async throws {
        try await Self.with { bench in
            try await bench.ask("one")
            try await bench.ask("two")
            _ = try await bench.next()
            let answers = try answer(["q1"]) + answer(["q2"], #"{"action":"perhaps"}"#)
            await #expect(throws: JSONRPCError.self) { try await bench.call.deliver(answers) }
            #expect(bench.answers.value.isEmpty)
            #expect(try await keys(bench.next()) == ["q1", "q2"])
        }
    }

    @Test("a question that its server takes back is not asked, and an answer to it is for nothing")
    func withdrawn() async throws {
        try await Self.with { bench in
            guard case .asked(let ticket) = try await bench.ask("one") else {
                Issue.record("not asked")
                return
            }
            try await bench.ask("two")
            _ = try await bench.next()
            bench.call.withdraw(ticket, reason: "no longer")
            try await bench.wait(for: "withdrawal") { await bench.call.questionCount == 1 }
            try await bench.call.deliver(try answer(["q1"]))
            #expect(bench.answers.value.isEmpty)
            #expect(try await keys(bench.next()) == ["q2"])
        }
    }

    @Test("what the client did not declare is refused, and remembered")
    func undeclared() async throws {
        try await Self.with { bench in
            guard case .answered = try await bench.ask("roots?", method: "roots/list") else {
                Issue.record("asked")
                return
            }
            #expect(await bench.call.refusedCapabilities?.text == #"{"roots":{}}"#)
            #expect(bench.parking.count == 0)
        }
    }

    @Test("two requests that wait are told the same")
    func joined() async throws {
        try await Self.with { bench in
            async let first = bench.next()
            async let second = bench.next()
            try await bench.waitForWaiters(2)
            try await bench.ask("one")
            #expect(try await keys(first) == ["q1"])
            #expect(try await keys(second) == ["q1"])
        }
    }

    @Test("of two requests that wait, one may go; with the last one, the call goes")
    func abandoned() async throws {
        try await Self.with { bench in
            let (first, second) = (try bench.request(), try bench.request())
            async let one = bench.call.next(for: first)
            async let two = bench.call.next(for: second)
            try await bench.waitForWaiters(2)
            first.noteGone()
            await bench.call.abandon(first)
            guard case .abandoned = await one else {
                Issue.record("not abandoned")
                return
            }
            #expect(await bench.call.waiterCount == 1)
            #expect(await !bench.call.hasEnded)
            second.noteGone()
            await bench.call.abandon(second)
            guard case .abandoned = await two else {
                Issue.record("not abandoned")
                return
            }
            #expect(await bench.call.hasEnded)
        }
    }

    @Test("a client that is gone before its request waits gives the call up, too")
    func goneEarly() async throws {
        try await Self.with { bench in
            let request = try bench.request()
            request.noteGone()
            await bench.call.abandon(request)
            guard case .abandoned = await bench.call.next(for: request) else {
                Issue.record("not abandoned")
                return
            }
            try await bench.wait(for: "end of the call") { await bench.call.hasEnded }
        }
    }

    @Test("a parked call nobody comes back for answers its server, and is forgotten")
    func expired() async throws {
        try await Self.with(park: .milliseconds(20)) { bench in
            try await bench.ask("one")
            _ = try await bench.next()
            try await bench.answers.wait(for: "an answer") { $0.isEmpty ? nil : () }
            guard case .result(let result)? = bench.answers.value.first?.outcome else {
                Issue.record("\(bench.answers.value)")
                return
            }
            #expect(result.text == #"{"action":"cancel"}"#)
            try await bench.wait(for: "end of the call") { bench.parking.count == 0 }
            guard case .abandoned = try await bench.next() else {
                Issue.record("not over")
                return
            }
        }
    }

    @Test("while a request waits, nothing expires")
    func waiting() async throws {
        try await Self.with { bench in
            try await bench.ask("one")
            _ = try await bench.next()
            #expect(await bench.call.isExpiring)
            try await bench.call.deliver(try answer(["q1"]))
            async let step = bench.next()
            try await bench.waitForWaiters(1)
            #expect(await !bench.call.isExpiring)
            try await bench.ask("two")
            #expect(try await keys(step) == ["q2"])
        }
    }

    @Test("what is said while nobody waits is told to who comes next, progress is not")
    func missed() async throws {
        try await Self.with { bench in
            try await bench.ask("one")
            _ = try await bench.next()
            let log = try RawJSON(validating: Array(#"{"level":"info","data":"x"}"#.utf8))
            bench.call.note(JSONRPCNotification(method: "notifications/message", params: log))
            bench.call.note(
                JSONRPCNotification(
                    method: "notifications/progress",
                    params: try RawJSON(validating: Array(#"{"progressToken":1,"progress":1}"#.utf8))))
            try await bench.call.deliver(try answer(["q1"]))
            let reply = RecordingReply()
            let request = try bench.request(reply)
            async let step = bench.call.next(for: request)
            try await bench.waitForWaiters(1)
            #expect(reply.messages.map { $0["method"] } == ["notifications/message"])
            try await bench.ask("two")
            #expect(await keys(step) == ["q2"])
        }
    }

    @Test("a question that comes while a slow client is told what it missed is asked all the same")
    func askedMeanwhile() async throws {
        try await Self.with { bench in
            try await bench.ask("one")
            _ = try await bench.next()
            let log = try RawJSON(validating: Array(#"{"level":"info","data":"x"}"#.utf8))
            bench.call.note(JSONRPCNotification(method: "notifications/message", params: log))
            try await bench.call.deliver(try answer(["q1"]))
            let reply = RecordingReply()
            reply.gate.update { $0 = false }
            let request = try bench.request(reply)
            async let step = bench.call.next(for: request)
            try await bench.wait(for: "message") { !reply.messages.isEmpty }
            try await bench.ask("two")
            try await bench.wait(for: "end of gathering") { await !bench.call.isGathering }
            reply.gate.update { $0 = true }
            #expect(await keys(step) == ["q2"])
        }
    }
}
