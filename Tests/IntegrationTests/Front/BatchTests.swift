import TestSupport
import Testing

@Suite("batches", .serialized, .gateway { ["mcpServers": ["only": try ReferenceServer.stdio()]] })
struct BatchTests {
    private static let ping = #"{"jsonrpc":"2.0","id":1,"method":"ping"}"#

    @Test("the requests of a batch are answered together, each under its id; notifications get nothing")
    func answers() async throws {
        let gateway = try GatewayFixture.shared()
        try await SessionClient.with(gateway, revision: "2025-03-26") { client in
            let batch = [
                #"{"jsonrpc":"2.0","id":"slow","method":"tools/call","params":{"name":"delay","arguments":{"ms":100}}}"#,
                #"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"nobody"}}"#,
                #"{"jsonrpc":"2.0","id":2,"method":"ping"}"#,
                #"{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"echo","arguments":{"message":"x"}}}"#,
                #"{"jsonrpc":"2.0","id":4,"method":"tools/call","params":{"name":"nothing like it"}}"#,
                #"{"jsonrpc":"2.0","id":5,"method":"tools/list"}"#,
            ]
            for accept in [SessionClient.bothAnswers, "application/json", "text/event-stream"] {
                let body = "[" + batch.joined(separator: ",") + "]"
                let http = try await gateway.post(body, in: client, changing: ["Accept": accept])
                #expect(http.status == 200)
                let isStream = http[header: "Content-Type"] == "text/event-stream"
                #expect(isStream == (accept == "text/event-stream"))
                let parts = isStream ? try http.events().map { try $0.json() } : [try http.json()]
                let answers = parts.flatMap { $0.elements ?? [$0] }
                #expect(answers.count == 5)
                func answer(_ id: JSONTree) -> JSONTree? { answers.first { $0["id"] == id } }
                #expect(answer("slow")?["result"]?["content"]?[0]?["text"] == "waited 100 ms")
                #expect(answer(2)?["result"] == [:])
                #expect(answer(3)?["result"]?["content"]?[0]?["text"] == "x")
                #expect(answer(4)?["error"]?["code"]?.int == -32602)
                #expect(answer(5)?["result"]?["tools"]?.elements?.isEmpty == false)
                let validator = try MessageValidator(revision: "2025-03-26")
                for part in parts { #expect(validator.problems(in: part, sender: .server) == []) }
            }
        }
    }

    @Test("a batch of notifications is accepted without an answer")
    func notifications() async throws {
        let gateway = try GatewayFixture.shared()
        try await SessionClient.with(gateway, revision: "2025-03-26") { client in
            let note = #"{"jsonrpc":"2.0","method":"notifications/initialized"}"#
            let http = try await gateway.post("[\(note),\(note)]", in: client)
            #expect(http.status == 202)
            #expect(http.body.isEmpty)
        }
    }

    @Test("a wrong entry is answered in its place and does not spoil the others")
    func wrongEntries() async throws {
        let gateway = try GatewayFixture.shared()
        try await SessionClient.with(gateway, revision: "2025-03-26") { client in
            let initialize =
                #"{"jsonrpc":"2.0","id":9,"method":"initialize","params":{"protocolVersion":"2025-03-26","capabilities":{},"clientInfo":{"name":"a","version":"1"}}}"#
            let http = try await gateway.post("[\(Self.ping),7,{\"id\":8},\(initialize)]", in: client)
            let answers = try #require(try http.json().elements, "\(http)")
            #expect(answers.count == 4)
            #expect(answers[0]["result"] == [:])
            #expect(answers[1]["id"] == .null)
            #expect(answers[2]["id"] == 8)
            #expect(answers[3]["id"] == 9)
            #expect(answers.dropFirst().allSatisfy { $0["error"]?["code"]?.int == -32600 })

            _ = try await gateway.post("[]", in: client).rpcError(status: 400, code: -32600)
            _ = try await gateway.post("[\(Self.ping)", in: client).rpcError(status: 400, code: -32700)
            let many = "[" + Array(repeating: Self.ping, count: 1001).joined(separator: ",") + "]"
            _ = try await gateway.post(many, in: client).rpcError(status: 400, code: -32600)
        }
    }

    @Test("a call of a batch that is cancelled gets no answer, the others do")
    func cancellation() async throws {
        let gateway = try GatewayFixture.shared()
        try await SessionClient.with(gateway, revision: "2025-03-26") { client in
            let hang = #"{"jsonrpc":"2.0","id":"h","method":"tools/call","params":{"name":"hang"}}"#
            async let answer = gateway.post("[\(hang),\(Self.ping)]", in: client)
            try await gateway.wait(for: "call in flight") {
                try await gateway.text(calling: "inflight") == "1" ? () : nil
            }
            try await client.cancel("h")
            let answers = try #require(try await answer.json().elements)
            #expect(answers == [["jsonrpc": "2.0", "id": 1, "result": [:]]])
        }
    }

    @Test("the other revisions have no batches", arguments: ["2024-11-05", "2025-06-18", "2025-11-25"])
    func refused(revision: String) async throws {
        let gateway = try GatewayFixture.shared()
        try await SessionClient.with(gateway, revision: revision) { client in
            let error = try await gateway.post("[\(Self.ping)]", in: client)
                .rpcError(status: 400, code: -32600, id: client.unreadableID)
            #expect(error["message"]?.string?.contains(revision) == true)
        }
    }
}
