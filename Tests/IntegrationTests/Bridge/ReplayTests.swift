import TestSupport
import Testing

/// Calls of clients of 2026-07-28 that are in progress at one gateway while their answers come to another one with the same
/// key, in front of the same server of 2025-11-25.
@Suite("Replay of calls that are in progress elsewhere")
struct ReplayTests {
    /// The questions of a call; where more is asked than there are, the last one is asked.
    private typealias Questions = @Sendable (_ call: Int) -> [String]

    private final class Server: Sendable {
        let calls = Observed(0)
        private let questions: Questions
        private let annotations: String

        init(annotations: String, _ questions: @escaping Questions) {
            self.annotations = annotations
            self.questions = questions
        }

        var script: ScriptedMCP {
            let asking = AskingServer { [self] request, connection, server in
                let number = calls.update { count in
                    count += 1
                    return count
                }
                try connection.beginEvents()
                var actions: [String] = []
                for (index, message) in questions(number).enumerated() {
                    let id = number * 10 + index
                    try connection.event(AskingServer.form("\(id)", message))
                    try server.waitForAnswers(1, to: .number("\(id)"))
                    actions.append(
                        server.answers(to: .number("\(id)")).first?["result"]?["content"]?["name"]?.string ?? "nobody")
                }
                try connection.event(AskingServer.done(request, "call \(number): \(actions.joined(separator: ", "))"))
                try connection.endChunks()
            }
            var script = asking.script
            let annotations = annotations
            script.handlers["tools/list"] = { request, connection in
                try connection.result(
                    #"{"tools":[{"name":"work","inputSchema":{"type":"object"},"annotations":{\#(annotations)}}]}"#,
                    of: request)
            }
            return script
        }
    }

    /// Runs two gateways in front of one server.
    ///
    /// - Parameter replay: what the second is told; `nil` tells it nothing.
    private func with(
        annotations: String = #""readOnlyHint":true"#, first: Bool = true, second replay: Bool? = true,
        _ questions: @escaping Questions = { _ in ["who?"] },
        body: (_ here: StatelessClient, _ there: StatelessClient, Server) async throws -> Void
    ) async throws {
        let server = Server(annotations: annotations, questions)
        try await ScriptedHTTPServer.with(server.script.handler) { http in
            func configuration(_ replay: Bool?) -> JSONTree {
                let settings = replay.map { [JSONTree.Member("replay", .bool($0))] } ?? []
                let servers = UpstreamCase.configuration(["far": UpstreamCase.http(http, settings)])
                return .object((servers.members ?? []) + [.init("state", ["key": "0123456789abcdef-shared"])])
            }
            try await GatewayFixture.with(configuration(first)) { here in
                try await GatewayFixture.with(configuration(replay)) { there in
                    let (client, other) = (StatelessClient(here), StatelessClient(there))
                    try await body(client, other, server)
                    await client.expectNoProblems()
                    await other.expectNoProblems()
                }
            }
        }
    }

    @Test(
        "a call that does no harm is made again, and what it asks is answered by what the client has brought",
        arguments: [#""readOnlyHint":true"#, #""idempotentHint":true,"readOnlyHint":false"#])
    func replayed(annotations: String) async throws {
        try await with(annotations: annotations) { here, there, server in
            let asked = try await here.call("work")
            #expect(asked.asks, "\(asked.http)")
            let done = try await there.retryAccepting(asked)
            #expect(done.text == "call 2: Ada", "\(done.http)")
            // Where the call is, nothing has changed.
            #expect(try await here.retryAccepting(asked).text == "call 1: Ada")
            #expect(server.calls.value == 2)
        }
    }

    @Test("what it asks otherwise, or asks beside, is asked anew")
    func otherQuestion() async throws {
        try await with(
            annotations: #""readOnlyHint":true"#, { $0 == 1 ? ["who?"] : ["who?", "who else?"] }
        ) { here, there, server in
            let asked = try await here.call("work")
            let again = try await there.retryAccepting(asked)
            #expect(again.asks, "\(again.http)")
            let questions = again.result?["inputRequests"]?.members ?? []
            #expect(questions.map { $0.value["params"]?["message"]?.string } == ["who else?"])
            let done = try await there.retry(
                again, .object(again.keys.map { .init($0, ["action": "accept", "content": ["name": "Bob"]]) }))
            #expect(done.text == "call 2: Ada, Bob", "\(done.http)")
        }
        try await with(annotations: #""readOnlyHint":true"#, { $0 == 1 ? ["who?"] : ["why?"] }) { here, there, server in
            let asked = try await here.call("work")
            let again = try await there.retryAccepting(asked)
            #expect(again.asks, "\(again.http)")
            #expect(try await there.retryAccepting(again).text == "call 2: Ada")
        }
    }

    @Test("an answer of the wrong shape, or none, answers nothing", arguments: [["q1": 7], [:]] as [JSONTree])
    func unusable(answers: JSONTree) async throws {
        try await with { here, there, server in
            let asked = try await here.call("work")
            let again = try await there.retry(asked, answers)
            #expect(again.asks, "\(again.http)")
            #expect(try await there.retryAccepting(again).text == "call 2: Ada")
        }
    }

    @Test("answers that come with the call to its own gateway in a later round answer what was asked in that round")
    func rounds() async throws {
        try await with({ _ in ["who?", "why?"] }) { here, there, server in
            let first = try await here.call("work")
            let second = try await here.retryAccepting(first)
            #expect(second.asks, "\(second.http)")
            // What was answered before, the retry does not say again.
            let again = try await there.retryAccepting(second)
            let questions = again.result?["inputRequests"]?.members ?? []
            #expect(questions.map { $0.value["params"]?["message"]?.string } == ["who?"], "\(again.http)")
            let last = try await there.retryAccepting(again)
            let done = last.asks ? try await there.retryAccepting(last) : last
            #expect(done.text == "call 2: Ada, Ada", "\(done.http)")
        }
    }

    @Test(
        "nothing is made again that may do harm, or that either gateway is not told to make again",
        arguments: [
            ("", true, true), (#""readOnlyHint":false,"destructiveHint":false"#, true, true),
            (#""readOnlyHint":true"#, false, true), (#""readOnlyHint":true"#, true, false),
            (#""readOnlyHint":true"#, true, nil),
        ] as [(String, Bool, Bool?)])
    func refused(annotations: String, first: Bool, second: Bool?) async throws {
        try await with(annotations: annotations, first: first, second: second) { here, there, server in
            let asked = try await here.call("work")
            let refused = try await there.retryAccepting(asked)
            #expect(refused.errorCode == -32602, "\(refused.http)")
            #expect(refused.error?["data"]?["restarted"] == true, "\(refused.http)")
            #expect(server.calls.value == 1)
            #expect(try await here.retryAccepting(asked).text == "call 1: Ada")
        }
    }
}
