import TestSupport
import Testing

/// Calls that a server of 2025-11-25 ends because its user has to visit a URL first (-32042), for clients of 2026-07-28.
@Suite("Required visits to URLs")
struct RequiredVisitTests {
    /// A server whose tool `work` wants a visit the first time, and notes of each later call whether it was over then.
    private final class Server: Sendable {
        let isVisited = Observed(false)
        /// Of the calls but the first.
        let seen = Observed<[Bool]>([])
        let calls = Observed(0)
        /// The session of the first call.
        let session = Observed<String?>(nil)

        static let elicitations =
            #"[{"mode":"url","elicitationId":"visit-1","url":"https://example.com/a","message":"Go there"},"#
            + #"{"mode":"url","elicitationId":"visit-2","url":"https://example.com/b","message":"And there"}]"#

        func asking() -> AskingServer {
            AskingServer { [self] request, connection, _ in
                let number = calls.update { count in
                    count += 1
                    return count
                }
                guard number == 1 else {
                    seen.update { $0.append(isVisited.value) }
                    return try connection.result(ScriptedMCP.text("done"), of: request)
                }
                session.update { $0 = request[field: "Mcp-Session-Id"] }
                try connection.error(
                    -32042, "visits first", of: request, data: #"{"elicitations":\#(Self.elicitations)}"#)
            }
        }

        /// Says that the visits are over.
        func complete(_ asking: AskingServer) async throws {
            let session = try #require(self.session.value)
            let stream = try await asking.streams.wait(for: "stream of the session") { $0[session] }
            isVisited.update { $0 = true }
            for id in ["visit-2", "visit-1"] {
                try stream.event(
                    #"{"jsonrpc":"2.0","method":"notifications/elicitation/complete","params":"#
                        + #"{"elicitationId":"\#(id)"}}"#)
            }
        }
    }

    private func with(
        wait: String, body: (GatewayFixture, StatelessClient, Server, AskingServer) async throws -> Void
    ) async throws {
        let server = Server()
        let asking = server.asking()
        // Longer than any of these tests waits.
        try await asking.with(settings: [.init("pool", ["idle": "1s"])], limits: ["visitTimeout": .string(wait)]) {
            gateway, _ in
            try await StatelessClient.with(gateway) { client in
                try await body(gateway, client, server, asking)
            }
        }
    }

    private func ask(_ client: StatelessClient) async throws -> StatelessClient.Answer {
        let asked = try await client.call("work")
        #expect(asked.asks, "\(asked.http)")
        let questions = asked.result?["inputRequests"]?.members?.map(\.value["params"]) ?? []
        #expect(questions.map { $0?["url"]?.string } == ["https://example.com/a", "https://example.com/b"])
        #expect(questions.allSatisfy { $0?["elicitationId"] == nil })
        return asked
    }

    private static func answers(_ asked: StatelessClient.Answer, _ actions: String...) -> JSONTree {
        .object(zip(asked.keys, actions).map { .init($0, ["action": .string($1)]) })
    }

    @Test("once agreed to, the call waits for them to be over, and is then made again")
    func waits() async throws {
        try await with(wait: "10m") { gateway, client, server, asking in
            let asked = try await ask(client)
            let retry = try await client.start(
                asked.request.answering(Self.answers(asked, "accept", "accept"), state: asked.state))
            // Time enough for a call that does not wait.
            for _ in 0..<20 { #expect(try await client.call("other").text == "other") }
            try await server.complete(asking)
            #expect(try await retry.answer().text == "done")
            retry.close()
            #expect(server.seen.value == [true])
        }
    }

    @Test("what was over before the client came back is not waited for")
    func early() async throws {
        try await with(wait: "10m") { _, client, server, asking in
            let asked = try await ask(client)
            try await server.complete(asking)
            #expect(try await client.retry(asked, Self.answers(asked, "accept", "accept")).text == "done")
            // The same once more is the same call again, and waits for nothing either.
            #expect(try await client.retry(asked, Self.answers(asked, "accept", "accept")).text == "done")
            #expect(server.seen.value == [true, true])
        }
    }

    @Test("after limits.visitTimeout the call is made again, whatever the server has said", arguments: ["100ms", "0s"])
    func timeout(wait: String) async throws {
        try await with(wait: wait) { _, client, server, _ in
            let asked = try await ask(client)
            #expect(try await client.retry(asked, Self.answers(asked, "accept", "accept")).text == "done")
            #expect(server.seen.value == [false])
        }
    }

    @Test("a user who does not agree ends the call", arguments: ["decline", "cancel"])
    func refused(action: String) async throws {
        try await with(wait: "10m") { _, client, server, _ in
            let asked = try await ask(client)
            let refused = try await client.retry(asked, Self.answers(asked, "accept", action))
            #expect(refused.isComplete && refused.isToolError, "\(refused.http)")
            #expect(refused.text?.contains("did not agree") == true, "\(refused.http)")
            #expect(server.calls.value == 1)
        }
    }

    @Test("a client that closes the retry ends the wait: nothing is called")
    func abandoned() async throws {
        try await with(wait: "10m") { _, client, server, asking in
            let asked = try await ask(client)
            let retry = try await client.start(
                asked.request.answering(Self.answers(asked, "accept", "accept"), state: asked.state))
            for _ in 0..<20 { #expect(try await client.call("other").text == "other") }
            retry.vanish()
            for _ in 0..<20 { #expect(try await client.call("other").text == "other") }
            try await server.complete(asking)
            for _ in 0..<20 { #expect(try await client.call("other").text == "other") }
            #expect(server.calls.value == 1)
        }
    }

    @Test("without an answer for each of them there is nothing to wait for: the server may ask again")
    func unanswered() async throws {
        try await with(wait: "10m") { _, client, server, _ in
            let asked = try await ask(client)
            #expect(try await client.retry(asked, Self.answers(asked, "accept")).text == "done")
            #expect(server.seen.value == [false])
        }
    }

    @Test("a gateway that stops waits no longer: the call is made again, and answered")
    func stopping() async throws {
        let server = Server()
        try await ScriptedHTTPServer.with(server.asking().script.handler) { http in
            let servers: KeyValuePairs<String, JSONTree> = ["far": UpstreamCase.http(http)]
            let configuration = UpstreamCase.configuration(servers, limits: ["visitTimeout": "10m"])
            let retry = try await GatewayFixture.with(configuration) { gateway in
                try await StatelessClient.with(gateway) { client in
                    let asked = try await ask(client)
                    let retry = try await client.start(
                        asked.request.answering(Self.answers(asked, "accept", "accept"), state: asked.state))
                    for _ in 0..<20 { #expect(try await client.call("other").text == "other") }
                    #expect(server.calls.value == 1)
                    return retry
                }
            }
            #expect(try await retry.answer().text == "done")
            retry.close()
        }
    }

    @Test("of a server that has no stream to say so, nothing is waited for")
    func noStream() async throws {
        let server = Server()
        var script = server.asking().script
        script.handlers["GET"] = nil
        try await UpstreamCase.with(script, limits: ["visitTimeout": "10m"]) { gateway, scripted in
            try await StatelessClient.with(gateway) { client in
                // Opens the session.
                #expect(try await client.call("other").text == "other")
                let session = scripted.requests(for: "tools/call").last?[field: "Mcp-Session-Id"]
                try await scripted.request(for: "GET") { $0[field: "Mcp-Session-Id"] == session }
                for _ in 0..<20 { #expect(try await client.call("other").text == "other") }
                let asked = try await ask(client)
                #expect(try await client.retry(asked, Self.answers(asked, "accept", "accept")).text == "done")
            }
        }
    }

    @Test("the end of the session that asked ends the wait: the call is made again in another")
    func sessionEnds() async throws {
        let server = Server()
        let asking = server.asking()
        let isForgotten = Observed(false)
        var script = asking.script
        let usual = script.handlers["tools/call"]
        script.handlers["tools/call"] = { request, connection in
            let session = request[field: "Mcp-Session-Id"]
            if isForgotten.value, session == server.session.value { return try connection.answer(404, type: nil) }
            try usual?(request, connection)
        }
        try await UpstreamCase.with(script, limits: ["visitTimeout": "10m"]) { gateway, _ in
            try await StatelessClient.with(gateway) { client in
                let asked = try await ask(client)
                let retry = try await client.start(
                    asked.request.answering(Self.answers(asked, "accept", "accept"), state: asked.state))
                for _ in 0..<20 { #expect(try await client.call("other").text == "other") }
                isForgotten.update { $0 = true }
                #expect(try await client.call("other").text == "other")
                #expect(try await retry.answer().text == "done")
                retry.close()
                #expect(server.seen.value == [false])
            }
        }
    }
}
