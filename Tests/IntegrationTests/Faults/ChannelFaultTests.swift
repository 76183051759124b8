import TestSupport
import Testing

/// What clients of the transports with one channel do wrong: HTTP+SSE and standard streams.
@Suite("clients that misuse HTTP+SSE")
struct MessagesPathFaultTests {
    private static let ping = #"{"jsonrpc":"2.0","id":1,"method":"ping"}"#

    private static func withGateway(
        _ limits: JSONTree = [:], body: (GatewayFixture) async throws -> Void
    ) async throws {
        try await FaultCase.with(.stdio, limits: limits, body: body)
    }

    @Test("a message to a session that is none, another's or over is refused with 404")
    func wrongSession() async throws {
        try await Self.withGateway { gateway in
            try await SessionClient.with(gateway) { other in
                for query in ["sessionId=unknown", "sessionId=\(other.sessionID)", "sessionId="] {
                    let answer = try await gateway.request(
                        "POST", "/messages?\(query)", headers: [("Content-Type", "application/json")], body: Self.ping)
                    try answer.problem(status: 404)
                }
                let none = try await gateway.request(
                    "POST", "/messages", headers: [("Content-Type", "application/json")], body: Self.ping)
                #expect(try none.problem(status: 400).contains("sessionId is missing"))
            }
            let client = try await SSEClient.open(gateway)
            // Its id is no session of Streamable HTTP.
            let id = client.messagesPath.drop { $0 != "=" }.dropFirst()
            let crossed = try await gateway.post(Self.ping, changing: ["Mcp-Session-Id": String(id)])
            #expect(crossed.status == 404)
            client.close()
            try await gateway.wait(for: "end of the session") {
                try await client.post(Self.ping).status == 404 ? () : nil
            }
        }
    }

    @Test(
        "what is no message is refused both ways, and the stream goes on",
        arguments: ["", "{", "[]", "null", #"{"id":1}"#, "\u{feff}{}"])
    func noMessage(body: String) async throws {
        try await Self.withGateway { gateway in
            let client = try await SSEClient.open(gateway)
            try await client.post(body).problem(status: 400)
            #expect(try await client.next()?["error"] != nil)
            let id = try await client.start("echo", ["message": "x"])
            #expect(try await client.answer(to: id)["result"] != nil)
            client.close()
        }
    }

    @Test("a client that is gone before its handshake is done leaves no session")
    func goneDuringHandshake() async throws {
        // A server that was never seen makes the handshake wait, and the client does not.
        let mute = UpstreamCase.shell("while read -r line; do :; done")
        var configuration =
            UpstreamCase.configuration(
                ["mute": mute], timeouts: ["connect": "20s"], limits: ["maxSessions": 1]
            ).members ?? []
        configuration += [.init("catalog", ["listWait": "400ms"]), .init("logLevel", "debug")]
        try await GatewayFixture.with(.object(configuration), waitsUntilReady: false) { gateway in
            let client = try await SSEClient.connect(gateway)
            try await client.send("initialize", SSEClient.initializeParams("2024-11-05", [:]), id: 0)
            client.close()
            try await gateway.process.errorLine("session") { $0.contains("session opened") }
            // The only place there is becomes free: the session has come and gone.
            try await gateway.wait(for: "free place") {
                let request = SessionClient.request(
                    "initialize", SSEClient.initializeParams("2025-06-18", [:]), id: 1)
                return try await gateway.post(request.description).status == 200 ? () : nil
            }
        }
    }
}

@Suite("clients that misuse standard streams")
struct StandardStreamFaultTests {
    private static func configuration() throws -> JSONTree {
        UpstreamCase.configuration(["far": try ReferenceServer.stdio()])
    }

    @Test("half a line and the end of input: what was whole is answered, and all ends in order")
    func halfALine() async throws {
        try await StdioClient.with(try Self.configuration()) { client in
            try client.start("echo", ["message": "whole"], id: 1)
            #expect(try await client.answer(to: 1)["result"]?["content"]?[0]?["text"] == "whole")
            try client.process.write(#"{"jsonrpc":"2.0","id":2,"method":"tools/ca"#)
            client.process.closeInput()
            #expect(try await client.process.exit() == .code(0))
        }
    }

    @Test("half a line without any handshake", arguments: ["", "{", #"{"jsonrpc":"2.0","id":0,"method":"initialize""#])
    func nothingElse(text: String) async throws {
        try await StdioClient.with(try Self.configuration(), capabilities: nil) { client in
            try client.process.write(text)
        }
    }

    @Test("lines that are no messages are answered as such, and the session goes on")
    func noMessages() async throws {
        try await StdioClient.with(try Self.configuration()) { client in
            for (number, line) in ["{", "null", "[]", "\u{0}", #"{"id":1}"#, "hello", #"{"jsonrpc":"1.0"}"#]
                .enumerated()
            {
                try client.process.writeLine(line)
                _ = try await client.message("refusal") { $0["error"] != nil }
                try client.start("echo", ["message": "x"], id: .number("\(number + 1)"))
                #expect(try await client.answer(to: .number("\(number + 1)"))["result"] != nil)
            }
        }
    }

    @Test("a line longer than any message may be is refused by its limit, and ends the session")
    func longLine() async throws {
        let configuration = UpstreamCase.configuration(
            ["far": try ReferenceServer.stdio()], limits: ["maxBodyBytes": "64KiB"])
        try await StdioClient.with(configuration) { client in
            let text = String(repeating: "x", count: 100_000)
            try client.process.write(text)
            let refusal = try await client.message("refusal") { $0["error"] != nil }
            #expect(refusal["error"]?["message"]?.string?.contains("limits.maxBodyBytes") == true, "\(refusal)")
            #expect(try await client.process.exit() == .code(0))
        }
    }
}
