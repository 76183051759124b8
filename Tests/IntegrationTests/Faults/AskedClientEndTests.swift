import TestSupport
import Testing

/// Clients that go away, or give up, while they are asked.
@Suite("clients that end while they are asked")
struct AskedClientEndTests {
    @Test("a client that loses its connection is still asked when it comes back", arguments: ServerTransport.allCases)
    func disconnects(transport: ServerTransport) async throws {
        try await FaultCase.with(transport) { gateway in
            try await SessionClient.with(gateway, capabilities: SessionClient.askable) { client in
                let call = try await client.start("ask_twice", ["tag": "q"])
                let first = try await call.question()
                call.vanish()
                // The call goes on: what is answered meanwhile counts, and the next question waits for its reader.
                try await client.answer(first)
                try await call.resume()
                let second = try await call.question()
                #expect(second["params"]?["message"] == "q 1")
                call.vanish()
                try await client.answer(second)
                try await call.resume()
                let answers = try JSONTree(parsing: try #require(try await call.text()))
                #expect(answers.elements?.count == 2)
                if transport == .http { #expect(try await gateway.cancellations() == 0) }
            }
        }
    }

    @Test("a question is told again to a client that did not get it")
    func toldAgain() async throws {
        try await FaultCase.with(.stdio) { gateway in
            try await SessionClient.with(gateway, capabilities: SessionClient.askable) { client in
                let call = try await client.start("progress", ["steps": 1], meta: ["progressToken": 1])
                #expect(try await call.text() == "1 steps done")
                let asking = try await client.start("test_elicitation", ["message": "who?"])
                // The head and the event it starts with, and nothing of what follows.
                let question = try await asking.question()
                let eventID = try #require(asking.lastEventID)
                let parts = eventID.split(separator: "-").compactMap { Int($0) }
                asking.vanish()
                let connection = try await gateway.connect()
                try await connection.sendRequest(
                    "GET", "/mcp", headers: client.headers + [("Last-Event-ID", "\(parts[0])-\(parts[1] - 1)")])
                #expect(try await connection.readHead().status == 200)
                let again = try #require(try await connection.readEvent()?.json())
                #expect(again == question)
                try await client.answer(question)
                let answer = try #require(try await connection.readEvent()?.json())
                #expect(answer["id"] == asking.id, "\(answer)")
                connection.close()
            }
        }
    }

    @Test("a call that its client cancels takes its question with it", arguments: ServerTransport.allCases)
    func cancels(transport: ServerTransport) async throws {
        let record = try ServerRecord()
        try await FaultCase.with(transport, record.options) { gateway in
            try await SessionClient.with(gateway, capabilities: SessionClient.askable) { client in
                let call = try await client.start("test_elicitation", ["message": "who?"])
                let question = try await call.question()
                try await client.cancel(call.id)
                let told = try #require(try await call.next())
                #expect(told.withdraws(question), "\(told)")
                try await call.expectEnd()
                try await record.message(from: "client") { $0["method"] == "notifications/cancelled" }
                try await client.answer(question)
                #expect(try await client.call("echo", ["message": "x"]).text == "x")
            }
        }
    }

    @Test(
        "an answer that a client of HTTP+SSE sends behind its cancellation does not overtake it",
        arguments: ServerTransport.allCases, [false, true])
    func answersLate(transport: ServerTransport, isSSE: Bool) async throws {
        guard transport == .http || !isSSE else { return }
        let options = isSSE ? ["--sse-only"] : []
        try await FaultCase.with(transport, options, settings: isSSE ? [.init("type", "sse")] : []) { gateway in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 1...4 { group.addTask { try await Self.cancelAndAnswer(gateway, "\(number)") } }
                try await group.waitForAll()
            }
        }
    }

    private static func cancelAndAnswer(_ gateway: GatewayFixture, _ name: String) async throws {
        let client = try await SSEClient.open(gateway, revision: "2025-11-25", capabilities: SessionClient.askable)
        for round in 1...50 {
            let call = try await client.start("ask_twice", ["tag": .string("\(name).\(round)")])
            let question = try #require(try await client.next())
            try #require(question["method"] == "elicitation/create", "\(question)")
            let cancellation = #"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":\#(call)}}"#
            #expect(try await client.post(cancellation).status == 202)
            let questionID = try #require(question["id"])
            let answer = JSONTree.object(SessionClient.answer(questionID, SessionClient.accepted)).description
            #expect(try await client.post(answer).status == 202)
            let echo = try await client.start("echo", ["message": "x"])
            while let message = try await client.next(), message["id"] != echo || message["method"] != nil {
                try #require(message.withdraws(question), "round \(round): \(message)")
            }
        }
        client.close()
    }

    @Test("a session that its client ends takes calls and questions with it", arguments: ServerTransport.allCases)
    func deletes(transport: ServerTransport) async throws {
        let record = try ServerRecord()
        try await FaultCase.with(transport, record.options) { gateway in
            let client = try await SessionClient.open(gateway, capabilities: SessionClient.askable)
            let call = try await client.start("test_elicitation", ["message": "who?"])
            let question = try await call.question()
            try await client.close()
            try await call.expectEnd()
            try await record.message(from: "client") { $0["method"] == "notifications/cancelled" }
            let late = try await gateway.post(
                JSONTree.object(SessionClient.answer(try #require(question["id"]), SessionClient.accepted)).description,
                in: client)
            #expect(late.status == 404)
        }
    }

    @Test("the end of an HTTP+SSE stream is the end of its session: the server sees the cancellation")
    func sseEnds() async throws {
        let record = try ServerRecord()
        try await FaultCase.with(.http, record.options) { gateway in
            let client = try await SSEClient.open(gateway, capabilities: ["sampling": [:], "roots": [:]])
            _ = try await client.start("test_sampling", ["prompt": "p"])
            let question = try #require(try await client.next())
            #expect(question["method"] == "sampling/createMessage")
            client.close()
            try await record.message(from: "client") { $0["method"] == "notifications/cancelled" }
            try await gateway.wait(for: "end of the session") {
                let late = try await client.post(#"{"jsonrpc":"2.0","id":\#(question["id"] ?? .null),"result":{}}"#)
                return late.status == 404 ? () : nil
            }
        }
    }

    @Test(
        "the end of standard input is the end of everything, whatever is being asked",
        arguments: ["test_elicitation", "test_sampling", "hang"])
    func stdioEnds(tool: String) async throws {
        let record = try ServerRecord()
        let configuration = UpstreamCase.configuration(["far": try ReferenceServer.stdio(record.options)])
        try await StdioClient.with(configuration, capabilities: SessionClient.askable) { client in
            try client.start(tool, ["message": "m", "prompt": "p"], id: 1)
            if tool == "hang" {
                try await record.message(from: "client") { $0["params"]?["name"] == "hang" }
            } else {
                _ = try await client.question()
            }
        }
    }
}
