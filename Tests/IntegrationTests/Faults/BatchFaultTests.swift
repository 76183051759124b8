import TestSupport
import Testing

/// Batches where there are none.
@Suite(
    "batches on transports and revisions that have none", .serialized,
    .gateway { UpstreamCase.configuration(["far": try ReferenceServer.stdio()]) })
struct BatchFaultTests {
    private static let batch =
        #"[{"jsonrpc":"2.0","id":"a","method":"ping"},{"jsonrpc":"2.0","id":"b","method":"tools/call","#
        + #""params":{"name":"counter","arguments":{}}}]"#

    @Test(
        "over Streamable HTTP they are refused whole, and nothing of them is done",
        arguments: ["2024-11-05", "2025-06-18", "2025-11-25"])
    func streamable(revision: String) async throws {
        let gateway = try GatewayFixture.shared()
        let before = try await gateway.calls()
        try await SessionClient.with(gateway, revision: revision) { client in
            let answer = try await gateway.post(Self.batch, in: client)
            let error = try answer.rpcError(status: 400, code: -32600, id: client.unreadableID)
            #expect(error["message"]?.string?.contains("no batches") == true, "\(error)")
        }
        #expect(try await gateway.calls() == before)
    }

    @Test("over HTTP+SSE they are refused over the stream", arguments: ["2024-11-05", "2025-06-18", "2025-11-25"])
    func sse(revision: String) async throws {
        let gateway = try GatewayFixture.shared()
        let before = try await gateway.calls()
        let client = try await SSEClient.open(gateway, revision: revision)
        #expect(try await client.post(Self.batch).status == 202)
        let refusal = try #require(try await client.next())
        #expect(refusal["error"]?["code"]?.int == -32600, "\(refusal)")
        #expect(refusal["id"] == (revision >= "2025-11-25" ? nil : .null))
        let id = try await client.start("echo", ["message": "x"])
        #expect(try await client.answer(to: id)["result"] != nil)
        client.close()
        #expect(try await gateway.calls() == before + 1)
    }

    @Test("before the handshake there is no revision that could have them")
    func sseWithoutHandshake() async throws {
        let client = try await SSEClient.connect(try GatewayFixture.shared())
        #expect(try await client.post(Self.batch).status == 202)
        #expect(try await client.next()?["error"]?["code"]?.int == -32600)
        client.close()
    }

    @Test("over standard streams they are refused on a line of their own")
    func stdio() async throws {
        let configuration = UpstreamCase.configuration(["far": try ReferenceServer.stdio()])
        for revision in ["2024-11-05", "2025-11-25"] {
            try await StdioClient.with(configuration, revision: revision) { client in
                try client.process.writeLine(Self.batch)
                let refusal = try await client.message("refusal") { $0["error"] != nil }
                #expect(refusal["error"]?["code"]?.int == -32600, "\(refusal)")
                try client.start("counter", id: 1)
                #expect(try await client.answer(to: 1)["result"]?["content"]?[0]?["text"] == "1")
            }
        }
    }

    @Test("in a batch of 2025-03-26 nobody can be asked, and each call ends all the same")
    func askingBatch() async throws {
        let gateway = try GatewayFixture.shared()
        try await SessionClient.with(gateway, revision: "2025-03-26", capabilities: ["sampling": [:]]) { client in
            let calls = (1...3).map { number in
                #"{"jsonrpc":"2.0","id":\#(number),"method":"tools/call","params":"#
                    + #"{"name":"test_sampling","arguments":{"prompt":"p"}}}"#
            }
            let answer = try await gateway.post("[\(calls.joined(separator: ","))]", in: client)
            let answers = try #require(try answer.json().elements, "\(answer)")
            #expect(answers.map { $0["id"]?.int } == [1, 2, 3])
            #expect(answers.allSatisfy { $0["result"]?["isError"] == true }, "\(answer)")
        }
    }
}

extension GatewayFixture {
    /// How many calls have gone to the server so far.
    func calls() async throws -> Int {
        try #require(try await json("/v1/servers/far")["calls"]?.int)
    }
}
