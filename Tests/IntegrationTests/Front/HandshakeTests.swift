import TestSupport
import Testing

@Suite(
    "initialize and sessions", .serialized,
    .gateway { ["mcpServers": ["one": try ReferenceServer.stdio(), "two": try ReferenceServer.stdio()]] })
struct HandshakeTests {
    static let revisions = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"]

    @Test(
        "a revision of the handshake era is answered with itself, any other with the newest of them",
        arguments: revisions.map { ($0, $0) }
            + ["2026-07-28", "2099-01-01", "1.0", "", "2025-11-25 "].map { ($0, "2025-11-25") })
    func negotiation(asked: String, answered: String) async throws {
        try await SessionClient.with(try .shared(), revision: asked) { client in
            #expect(client.revision == answered)
            #expect(client.initializeResult["capabilities"]?["tools"]?["listChanged"] == true)
            #expect(client.initializeResult["capabilities"]?["logging"] == [:])
            #expect(client.initializeResult["serverInfo"]?["name"]?.string == "mcp-gateway")
            let answer = try await client.call("one__echo", ["message": "hello"])
            #expect(answer.text == "hello")
            #expect(try await client.request("tools/list").result?["tools"]?.elements?.isEmpty == false)
            #expect(try await client.request("ping").result == [:])
        }
    }

    @Test("session ids are visible ASCII, long, and never the same")
    func sessionIDs() async throws {
        var ids: Set<String> = []
        for _ in 0..<20 {
            try await SessionClient.with(try .shared()) { client in
                #expect(client.sessionID.utf8.count >= 32)
                #expect(client.sessionID.utf8.allSatisfy { (0x21...0x7E).contains($0) })
                ids.insert(client.sessionID)
            }
        }
        #expect(ids.count == 20)
    }

    @Test(
        "initialize without what it needs is refused, naming the member",
        arguments: [
            (#"{"capabilities":{},"clientInfo":{"name":"a","version":"1"}}"#, "protocolVersion"),
            (#"{"protocolVersion":7,"capabilities":{},"clientInfo":{"name":"a","version":"1"}}"#, "protocolVersion"),
            ("[]", "params"), ("null", "params"),
        ])
    func badInitialize(params: String, named: String) async throws {
        let answer = try await GatewayFixture.shared().post(
            #"{"jsonrpc":"2.0","id":"i","method":"initialize","params":\#(params)}"#)
        let error = try answer.rpcError(status: 200, code: -32602, id: "i")
        #expect(error["message"]?.string?.contains(named) == true)
        #expect(answer[header: "Mcp-Session-Id"] == nil)
    }

    @Test("a request without a session is refused with 400, one of an unknown session with 404", arguments: revisions)
    func sessionRules(revision: String) async throws {
        let gateway = try GatewayFixture.shared()
        let ping = #"{"jsonrpc":"2.0","id":5,"method":"ping"}"#
        let note = #"{"jsonrpc":"2.0","method":"notifications/initialized"}"#
        // Up to 2025-06-18 the schema requires an id.
        let noID: JSONTree? = revision < "2025-11-25" ? .null : nil
        try await SessionClient.with(gateway, revision: revision) { client in
            for header in ["Mcp-Session-Id", "mcp-session-id", "MCP-SESSION-ID"] {
                let known = try await gateway.post(ping, in: client, changing: [header: client.sessionID])
                #expect(known.status == 200, "header names have no case")
            }
            _ = try await gateway.post(ping, in: client, changing: ["Mcp-Session-Id": nil])
                .rpcError(status: 400, code: -32600, id: 5)
            _ = try await gateway.post(note, in: client, changing: ["Mcp-Session-Id": nil])
                .rpcError(status: 400, code: -32600, id: noID)
            for unknown in ["0123456789abcdef0123456789abcdef", "x", client.sessionID + "0"] {
                let changes = ["Mcp-Session-Id": unknown]
                _ = try await gateway.post(ping, in: client, changing: changes)
                    .rpcError(status: 404, code: -32600, id: 5)
                _ = try await gateway.post(note, in: client, changing: changes).rpcError(
                    status: 404, code: -32600, id: noID)
                _ = try await gateway.send("GET", in: client, changing: changes).rpcError(
                    status: 404, code: -32600, id: noID)
                _ = try await gateway.send("DELETE", in: client, changing: changes)
                    .rpcError(status: 404, code: -32600, id: noID)
            }
            for method in ["GET", "DELETE"] {
                // A GET that names neither session nor revision is how a client of HTTP+SSE begins.
                let changes = ["Mcp-Session-Id": nil, "MCP-Protocol-Version": revision]
                let answer = try await gateway.send(method, in: client, changing: changes)
                try answer.problem(status: 405)
                #expect(answer[header: "Allow"]?.contains("POST") == true)
            }
            #expect(try await client.request("ping").result == [:], "the session itself is untouched")
        }
    }

    @Test("after DELETE a session is gone: 404, its stream ended, its calls cancelled")
    func deletion() async throws {
        let gateway = try GatewayFixture.shared()
        let client = try await SessionClient.open(gateway)
        let other = try await SessionClient.open(gateway)
        let events = try await client.openStream()
        let call = try await client.begin("tools/call", ["name": "two__hang"], id: client.makeID())
        try await gateway.wait(for: "call in flight") {
            try await gateway.text(calling: "two__inflight") == "1" ? () : nil
        }
        try await client.close()
        #expect(try await events.next() == nil)
        let cut = try await client.read(try await call.readAnswer())
        #expect(cut.response == nil)
        call.close()
        for method in ["POST", "GET", "DELETE"] {
            let answer = try await gateway.send(method, #"{"jsonrpc":"2.0","id":1,"method":"ping"}"#, in: client)
            #expect(answer.status == 404)
        }
        try await gateway.wait(for: "the server to see the cancellation") {
            try await gateway.text(calling: "two__inflight") == "0" ? () : nil
        }
        #expect(try await other.request("ping").result == [:], "other sessions go on")
        try await other.close()
    }

    @Test(
        "a version header is checked where there is one; without it the negotiated revision holds", arguments: revisions
    )
    func versionHeader(revision: String) async throws {
        let gateway = try GatewayFixture.shared()
        let ping = #"{"jsonrpc":"2.0","id":5,"method":"ping"}"#
        try await SessionClient.with(gateway, revision: revision) { client in
            #expect(try await gateway.post(ping, in: client, changing: ["MCP-Protocol-Version": nil]).status == 200)
            #expect(
                try await gateway.post(ping, in: client, changing: ["MCP-Protocol-Version": revision]).status == 200)
            for wrong in ["1999-01-01", "latest", ""] {
                let error = try await gateway.post(ping, in: client, changing: ["MCP-Protocol-Version": wrong])
                    .rpcError(status: 400, code: -32600, id: 5)
                #expect(error["message"]?.string?.contains("2025-11-25") == true, "names what is supported")
            }
            // Under this one it would have to describe itself.
            _ = try await gateway.post(ping, in: client, changing: ["MCP-Protocol-Version": "2026-07-28"])
                .rpcError(status: 400, code: -32602, id: 5)
            let stream = try await gateway.send("GET", in: client, changing: ["MCP-Protocol-Version": "latest"])
            #expect(stream.status == 400)
        }
    }

    @Test("a request of an era to come is told which revisions there are")
    func modernRequest() async throws {
        let gateway = try GatewayFixture.shared()
        let body = #"""
            {"jsonrpc":"2.0","id":"m","method":"tools/list","params":{"_meta":{
            "io.modelcontextprotocol/protocolVersion":"2031-01-01","io.modelcontextprotocol/clientCapabilities":{}}}}
            """#
        let answer = try await gateway.post(
            body, changing: ["MCP-Protocol-Version": "2031-01-01", "Mcp-Method": "tools/list"])
        let error = try answer.rpcError(status: 400, code: -32022, id: "m")
        #expect(
            error["data"]?["supported"]?.elements?.compactMap(\.string) == ["2026-07-28"] + Self.revisions.reversed())
        #expect(error["data"]?["requested"] == "2031-01-01")
    }
}

@Suite("sessions that nobody uses")
struct SessionExpiryTests {
    /// Whether the gateway knows a session, asked in a way that does not count as its use.
    private func isKnown(_ client: SessionClient) async throws -> Bool {
        let answer = try await client.gateway.post(
            #"{"jsonrpc":"2.0","id":1,"method":"ping"}"#, in: client, changing: ["MCP-Protocol-Version": "none"])
        return answer.status != 404
    }

    @Test("an idle session expires; one with an open stream or a call in progress does not")
    func expiry() async throws {
        let configuration: JSONTree = [
            "mcpServers": ["only": try ReferenceServer.stdio()], "limits": ["sessionIdle": "3s"],
        ]
        try await GatewayFixture.with(configuration) { gateway in
            let listening = try await SessionClient.open(gateway)
            let events = try await listening.openStream()
            let calling = try await SessionClient.open(gateway)
            let call = try await calling.begin("tools/call", ["name": "hang"], id: "h")
            try await gateway.wait(for: "call in flight") {
                try await gateway.text(calling: "inflight") == "1" ? () : nil
            }
            let idle = try await SessionClient.open(gateway)
            try await gateway.wait(for: "end of the idle session") { try await isKnown(idle) ? nil : () }
            #expect(try await isKnown(listening))
            #expect(try await isKnown(calling))

            // Once neither holds it, it goes as well, and the call with it.
            events.close()
            try await calling.cancel("h")
            #expect(try await calling.read(try await call.readAnswer()).response == nil)
            call.close()
            for client in [listening, calling] {
                try await gateway.wait(for: "end of the other sessions") { try await isKnown(client) ? nil : () }
            }
            for client in [idle, listening, calling] { await client.abandon() }
            try await gateway.waitUntilIdle()
        }
    }

    @Test("one session too many is refused with 503, and there is room again after one ends")
    func limit() async throws {
        let configuration: JSONTree = [
            "mcpServers": ["only": try ReferenceServer.stdio()], "limits": ["maxSessions": 2],
        ]
        try await GatewayFixture.with(configuration) { gateway in
            let first = try await SessionClient.open(gateway)
            let second = try await SessionClient.open(gateway)
            let body = #"""
                {"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25",
                "capabilities":{},"clientInfo":{"name":"a","version":"1"}}}
                """#
            let refused = try await gateway.post(body)
            #expect(try refused.problem(status: 503).contains("limits.maxSessions"))
            try await first.close()
            try await SessionClient.with(gateway) { third in
                let pong = try await third.request("ping")
                #expect(pong.result == [:])
            }
            try await second.close()
        }
    }
}
