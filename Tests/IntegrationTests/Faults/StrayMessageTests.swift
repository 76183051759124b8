import TestSupport
import Testing

/// Servers that say what nobody asked for, or say it in a strange way, and are served all the same.
@Suite("servers whose messages are strange")
struct StrayMessageTests {
    struct Oddity: Sendable, CustomTestStringConvertible {
        let options: [String]
        let transport: ServerTransport
        var testDescription: String { "\(options.joined(separator: " ")) over \(transport)" }
    }

    private static let oddities = [
        ["--late-answers"], ["--string-ids"], ["--echo-string-ids"], ["--unknown-response"], ["--unknown-progress"],
        ["--late-answers", "--string-ids", "--unknown-response", "--unknown-progress", "--echo-string-ids"],
    ].flatMap { options in ServerTransport.allCases.map { Oddity(options: options, transport: $0) } }

    @Test("calls, progress, questions and cancellations work as ever", arguments: oddities)
    func served(oddity: Oddity) async throws {
        try await FaultCase.with(oddity.transport, oddity.options) { gateway in
            try await SessionClient.with(gateway, capabilities: SessionClient.askable) { client in
                for message in ["one", "two", "three"] {
                    #expect(try await client.call("echo", ["message": .string(message)]).text == message)
                }
                let silent = try await client.call("delay", ["ms": 1], meta: ["progressToken": "nobody's"])
                #expect(silent.notifications.isEmpty, "\(silent.notifications)")
                let progress = try await client.call("progress", ["steps": 3], meta: ["progressToken": "mine"])
                #expect(progress.text == "3 steps done")
                #expect(progress.notifications.map { $0["params"]?["progressToken"] } == ["mine", "mine", "mine"])
                #expect(progress.notifications.map { $0["params"]?["progress"]?.int } == [1, 2, 3])

                let asking = try await client.start("ask_twice", ["tag": "who"])
                for number in 0...1 {
                    let question = try await asking.question()
                    #expect(question["params"]?["message"]?.string == "who \(number)")
                    try await client.answer(question, ["action": "accept", "content": ["name": .string("n\(number)")]])
                }
                let answers = try JSONTree(parsing: try #require(try await asking.text()))
                #expect(answers.elements?.map { $0["content"]?["name"]?.string } == ["n0", "n1"])

                let hanging = try await client.start("hang")
                try await gateway.wait(for: "call in flight") {
                    try await gateway.json("/v1/servers/far")["inFlight"] == 1 ? () : nil
                }
                try await client.cancel(hanging.id)
                try await hanging.expectEnd()
                #expect(try await client.call("echo", ["message": "after"]).text == "after")
            }
        }
    }

    @Test(
        "an answer that comes after its call's time is dropped, and later calls get their own",
        arguments: ServerTransport.allCases)
    func lateAnswer(transport: ServerTransport) async throws {
        let settings: [JSONTree.Member] = [.init("timeouts", ["call": "150ms", "idle": "150ms"])]
        try await FaultCase.with(transport, ["--late-answers"], settings: settings) { gateway in
            for _ in 0..<3 {
                let late = try await gateway.call("hang")
                #expect(late.stage == "call", "\(late.result)")
                #expect(late.text.contains("no answer within 150 ms (timeouts.call)"))
                #expect(try await gateway.call("echo", ["message": "next"]).text == "next")
            }
            try await gateway.waitForCancellations(3)
        }
    }

    @Test("a stream that ends before its answer fails that call only")
    func streamClosedEarly() async throws {
        try await ReferenceServer.withHTTP(["--close-sse-early", "--sse"]) { url, _ in
            let configuration = UpstreamCase.configuration(["far": ["url": .string(url)]])
            try await GatewayFixture.with(configuration) { gateway in
                for _ in 0..<3 {
                    let call = try await gateway.call("echo", ["message": "x"])
                    #expect(call.isError && call.stage == "closed" && call.server == "far", "\(call.result)")
                    #expect(call.text.contains("the stream ended without the answer"), "\(call.text)")
                }
                try await gateway.waitUntilIdle()
                #expect(try await gateway.json("/v1/servers/far")["state"] == "ready")
            }
        }
    }

    @Test(
        "what a client lacks it is not asked, also by a server that does not look", arguments: ServerTransport.allCases)
    func undeclared(transport: ServerTransport) async throws {
        try await FaultCase.with(transport, ["--ask-undeclared"]) { gateway in
            let partial: [(JSONTree, String, JSONTree)] = [
                (["roots": [:]], "test_sampling", ["prompt": "p"]),
                (["sampling": [:]], "ask_roots", [:]),
                (["sampling": [:]], "sampling_with_tools", [:]),
                ([:], "ask_roots", [:]),
                ([:], "test_sampling", ["prompt": "p"]),
            ]
            for (capabilities, tool, arguments) in partial {
                try await SessionClient.with(gateway, capabilities: capabilities) { client in
                    let answer = try await client.call(tool, arguments)
                    #expect(answer.notifications.isEmpty, "\(answer.notifications)")
                    #expect(answer.isToolError || answer.error != nil, "\(tool): \(answer.http)")
                    #expect(try await client.call("echo", ["message": "x"]).text == "x")
                }
            }
            // A form that cannot be shown is one that is not filled in, which every tool has to live with.
            try await SessionClient.with(gateway, capabilities: ["roots": [:]]) { client in
                let form = try await client.call("test_elicitation", ["message": "m"])
                #expect(form.text == #"User response: {"action":"decline"}"#, "\(form.http)")
            }
        }
    }

    @Test(
        "what a shared session's server asks outside of calls is refused at once", arguments: ServerTransport.allCases)
    func sharedSession(transport: ServerTransport) async throws {
        let share: [JSONTree.Member] = [.init("pool", ["share": "global"])]
        try await FaultCase.with(transport, ["--ask-undeclared"], settings: share) { gateway in
            try await SessionClient.with(gateway, capabilities: SessionClient.askable) { client in
                let stream = try await client.openStream()
                for method in ["elicitation/create", "sampling/createMessage", "roots/list"] {
                    #expect(try await client.call("ask_after_answer", ["method": .string(method)]).isToolError == false)
                    let outcome = try await gateway.waitForLateOutcome()
                    #expect(outcome["method"]?.string == method)
                    #expect(outcome["error"]?["code"]?.int == -32601, "\(outcome)")
                }
                stream.close()
            }
        }
    }

    @Test(
        "among calls of several clients only a question on its call's own stream is passed on",
        arguments: ServerTransport.allCases)
    func severalClients(transport: ServerTransport) async throws {
        try await FaultCase.with(transport, settings: [.init("pool", ["share": "user", "idle": "300ms"])]) { gateway in
            try await SessionClient.with(gateway, capabilities: SessionClient.askable) { one in
                try await SessionClient.with(gateway, capabilities: SessionClient.askable) { two in
                    let other = try await one.start("delay", ["ms": 800])
                    try await gateway.wait(for: "call in flight") {
                        try await gateway.json("/v1/servers/far")["inFlight"] == 1 ? () : nil
                    }
                    let asking = try await two.start("test_elicitation", ["message": "who?"])
                    if transport == .http {
                        // It can only be this call's.
                        try await two.answer(try await asking.question(), ["action": "decline"])
                        #expect(try await asking.text() == #"User response: {"action":"decline"}"#)
                    } else {
                        // It may be either client's: refused, not guessed.
                        #expect(try await asking.text() == #"User response: {"action":"cancel"}"#)
                    }
                    let (response, before) = try await other.rest()
                    #expect(response?["result"] != nil && before.isEmpty, "\(before)")
                }
            }
        }
    }
}
