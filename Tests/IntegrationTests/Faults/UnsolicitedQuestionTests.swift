import TestSupport
import Testing

/// Servers that ask while no call waits for the answer.
@Suite("questions outside of calls")
struct UnsolicitedQuestionTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let method: String
        let transport: ServerTransport
        var testDescription: String { "\(method) over \(transport)" }

        /// What a client answers to such a question.
        var answer: JSONTree {
            switch method {
            case "elicitation/create": SessionClient.accepted
            case "roots/list": ["roots": [["uri": "file:///here", "name": "here"]]]
            default: ["role": "assistant", "content": ["type": "text", "text": "yes"], "model": "m"]
            }
        }
    }

    private static let cases = ["elicitation/create", "sampling/createMessage", "roots/list"].flatMap { method in
        ServerTransport.allCases.map { Case(method: method, transport: $0) }
    }

    @Test("a client that listens is asked on its stream, and the server gets the answer", arguments: cases)
    func listening(item: Case) async throws {
        try await FaultCase.with(item.transport) { gateway in
            try await SessionClient.with(gateway, capabilities: SessionClient.askable) { client in
                let stream = try await client.openStream()
                #expect(
                    try await client.call("ask_after_answer", ["method": .string(item.method)]).isToolError == false)
                let question = try #require(try await stream.next())
                #expect(question["method"]?.string == item.method)
                try await client.answer(question, item.answer)
                let outcome = try await gateway.waitForLateOutcome(askedBy: client)
                #expect(outcome["result"] == item.answer, "\(outcome)")
                stream.close()
            }
        }
    }

    @Test(
        "without a stream the server is told soon that nobody can be asked",
        arguments: [
            Case(method: "elicitation/create", transport: .stdio),
            Case(method: "sampling/createMessage", transport: .http),
            Case(method: "roots/list", transport: .stdio),
        ])
    func notListening(item: Case) async throws {
        let record = try ServerRecord()
        try await FaultCase.with(item.transport, record.options) { gateway in
            try await SessionClient.with(gateway, capabilities: SessionClient.askable) { client in
                #expect(
                    try await client.call("ask_after_answer", ["method": .string(item.method)]).isToolError == false)
                // Not asked of the server: a call of the client's would be one that can carry the question.
                let asked = try await record.message(from: "server") { $0["method"]?.string == item.method }
                let outcome = try await record.message(from: "client") {
                    $0["id"] == asked["id"] && $0["method"] == nil
                }
                if item.method == "elicitation/create" {
                    #expect(outcome["result"] == ["action": "cancel"], "\(outcome)")
                } else {
                    let message = outcome["error"]?["message"]?.string ?? ""
                    #expect(message.contains("no call is in flight and no client listens"), "\(outcome)")
                }
            }
        }
    }

    @Test("a question asked right after the handshake reaches the client, whatever its first call is", arguments: cases)
    func atStart(item: Case) async throws {
        try await FaultCase.with(item.transport, ["--ask-at-start", item.method, "--ask-undeclared"]) { gateway in
            try await SessionClient.with(gateway, capabilities: SessionClient.askable) { client in
                // Longer than the question takes, so that it comes while this call is in flight.
                let call = try await client.start("delay", ["ms": 400])
                let question = try await call.question()
                #expect(question["method"]?.string == item.method)
                try await client.answer(question, item.answer)
                #expect(try await call.response()?["result"] != nil)
                let outcome = try await gateway.waitForLateOutcome(askedBy: client)
                #expect(outcome["result"] == item.answer, "\(outcome)")
            }
        }
    }

    @Test(
        "a question that came beside a call stays open when the call is answered first",
        arguments: ServerTransport.allCases)
    func outlivesCall(transport: ServerTransport) async throws {
        // The server's question comes outside of all streams while a call of the client's is in flight, so it goes to
        // that call, with which it has nothing to do.
        try await FaultCase.with(transport) { gateway in
            try await SessionClient.with(gateway, capabilities: SessionClient.askable) { client in
                // Heard by the server only once it has a stream to ask on.
                _ = try await client.call("ask_after_answer", ["method": "roots/list"])
                let call = try await client.start("delay", ["ms": 600])
                let question = try await call.question()
                #expect(question["method"] == "roots/list")
                let (response, before) = try await call.rest()
                #expect(response?["result"] != nil)
                #expect(before.isEmpty, "the question was taken back: \(before)")
                try await client.answer(question, ["roots": []])
                let outcome = try await gateway.waitForLateOutcome(askedBy: client)
                #expect(outcome["result"] == ["roots": []], "\(outcome)")
            }
        }
    }

    @Test("a question outside of calls is taken back when the server's session ends")
    func serverEnds() async throws {
        try await FaultCase.with(.stdio) { gateway in
            try await SessionClient.with(gateway, capabilities: SessionClient.askable) { client in
                let stream = try await client.openStream()
                _ = try await client.call("ask_after_answer", ["method": "elicitation/create"])
                let question = try #require(try await stream.next())
                let crash = try await client.call("crash", ["mode": "exit"])
                #expect(crash.isToolError)
                let told = try #require(try await stream.next())
                #expect(told.withdraws(question), "\(told)")
                // An answer on its way meets nobody, and nothing comes of it.
                try await client.answer(question)
                #expect(try await client.call("echo", ["message": "new"]).text == "new")
                stream.close()
            }
        }
    }

    @Test("a question outside of calls that is not answered in time is taken back, and the server gets an answer")
    func notAnswered() async throws {
        try await FaultCase.with(.stdio, limits: ["questionTimeout": "200ms"]) { gateway in
            try await SessionClient.with(gateway, capabilities: SessionClient.askable) { client in
                let stream = try await client.openStream()
                _ = try await client.call("ask_after_answer", ["method": "roots/list"])
                let question = try #require(try await stream.next())
                let told = try #require(try await stream.next())
                #expect(told.withdraws(question), "\(told)")
                let outcome = try await gateway.waitForLateOutcome(askedBy: client)
                let message = outcome["error"]?["message"]?.string ?? ""
                #expect(message.contains("not answered within 200 ms (limits.questionTimeout)"), "\(outcome)")
                stream.close()
            }
        }
    }
}

extension GatewayFixture {
    /// The same as ``waitForLateOutcome()``, seen through a client's own session, which over stdio is a process of its own.
    func waitForLateOutcome(askedBy client: SessionClient) async throws -> JSONTree {
        try await wait(for: "outcome of the late question") {
            let text = try #require(try await client.call("late_question_outcome").text)
            let outcome = try JSONTree(parsing: text)
            return outcome != .null && outcome["state"] == nil ? Optional.some(outcome) : Optional.none
        }
    }
}
