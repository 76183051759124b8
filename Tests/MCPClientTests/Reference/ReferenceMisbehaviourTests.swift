import MCPProtocol
import TestSupport
import Testing

@Suite("The reference server misbehaves as asked")
struct ReferenceMisbehaviourTests {
    private static let ping: JSONTree = ["jsonrpc": "2.0", "id": 1, "method": "ping"]

    @Test("statuses instead of what belongs there")
    func statuses() async throws {
        try await RawPeer.with(.http, ["--no-get"], opensStream: false) { peer in
            let error = await #expect(throws: RawPeer.Failure.self) { try await peer.openStream() }
            #expect(error?.description == "GET /mcp: 405")
        }
        try await RawPeer.with(.http, ["--status", "204"], opensStream: false) { peer in
            let failure = try await peer.traffic.wait(for: "failure") { $0.failure }
            #expect(failure.hasPrefix("HTTP 204"))
        }
    }

    @Test("a refused handshake at /mcp, and a server of HTTP+SSE only")
    func fallback() async throws {
        try await RawPeer.with(.sse, ["--initialize-status", "404"]) { peer in
            let body: JSONTree = [
                "jsonrpc": "2.0", "id": 1, "method": "initialize",
                "params": [
                    "protocolVersion": "2025-11-25", "capabilities": [:],
                    "clientInfo": ["name": "n", "version": "1"],
                ],
            ]
            let connection = try await peer.connect()
            let headers = [("Content-Type", "application/json"), ("Accept", "application/json, text/event-stream")]
            let answer = try await connection.request("POST", "/mcp", headers: headers, body: body.bytes)
            #expect(answer.status == 404)
        }
        try await RawPeer.with(.sse, ["--sse-only"]) { peer in
            let connection = try await peer.connect()
            for (method, path, status) in [("POST", "/mcp", 404), ("GET", "/mcp", 404), ("POST", "/sse", 405)] {
                let answer = try await connection.request(method, path, headers: peer.headers, body: Self.ping.bytes)
                #expect(answer.status == status, "\(method) \(path)")
            }
        }
    }

    @Test("a call's stream ends without the answer")
    func earlyEnd() async throws {
        try await RawPeer.with(.http, ["--close-sse-early"]) { peer in
            #expect(try await peer.request("tools/list")["result"] != nil)
            let body: JSONTree = [
                "jsonrpc": "2.0", "id": 1, "method": "tools/call",
                "params": ["name": "progress", "arguments": [:], "_meta": ["progressToken": 1]],
            ]
            let answer = try await peer.connect().request("POST", "/mcp", headers: peer.headers, body: body.bytes)
            #expect(answer.status == 200 && answer.events().count == 3)
            #expect(!answer.text.contains("result"))
        }
    }

    @Test("calls are answered twice, and cancelled ones too", arguments: RawPeer.Transport.allCases)
    func tooManyAnswers(transport: RawPeer.Transport) async throws {
        try await RawPeer.with(transport, ["--late-answers"]) { peer in
            let id = try await peer.begin("tools/call", ["name": "test_simple_text"])
            _ = try await peer.traffic.wait(for: "two answers") { traffic in
                traffic.responses.filter { $0["id"] == id }.count == 2 ? true : nil
            }
            let hanging = try await peer.begin("tools/call", ["name": "hang"])
            try await peer.wait(for: "inflight") { $0 == "1" || $0 == "2" }
            try await peer.notify("notifications/cancelled", ["requestId": hanging])
            let answer = try await peer.answer(to: hanging)
            #expect(answer["result"]?["content"]?[0]?["text"] == "answered although it was cancelled")
        }
    }

    @Test("ids come back as strings")
    func stringIDs() async throws {
        let command = try RunningProcess.Command.built("reference-server", ["--echo-string-ids"])
        try await RunningProcess.with(command) { process in
            try process.writeLine(Self.ping.description)
            let line = try await process.line("answer") { _ in true }
            #expect(line == #"{"jsonrpc":"2.0","id":"1","result":{}}"#)
        }
    }

    @Test("responses and progress that nobody asked for come before the answers", arguments: RawPeer.Transport.allCases)
    func unknown(transport: RawPeer.Transport) async throws {
        let options = ["--unknown-response", "--unknown-progress"]
        // The log would find the response to nothing, which is what this is about.
        try await RawPeer.with(transport, options, checksMessages: false) { peer in
            let text = try await peer.text("test_simple_text")
            #expect(text == "This is a simple text response for testing.")
            let traffic = peer.traffic.value
            #expect(traffic.responses.contains { $0["id"] == "nobody-asked" })
            #expect(traffic.notifications.contains { $0["params"]?["progressToken"] == "nobody-gave-this" })
        }
    }

    @Test("a list of tools that does not come to rest")
    func flapping() async throws {
        try await RawPeer.with(.stdio, ["--flap", "5ms"]) { peer in
            _ = try await peer.traffic.wait(for: "changes") { $0.notifications.count >= 4 ? true : nil }
        }
    }

    @Test("pages without end, and pages that lead back")
    func pages() async throws {
        for arguments in [["--endless-pages"], ["--endless-pages", "--page-size", "7"]] {
            try await RawPeer.with(.stdio, arguments) { peer in
                var cursor: JSONTree?
                var seen: Set<JSONTree> = []
                for _ in 0..<30 {
                    let page = try await peer.request("tools/list", cursor.map { ["cursor": $0] })["result"]
                    cursor = try #require(page?["nextCursor"])
                    #expect(seen.insert(try #require(cursor)).inserted)
                }
            }
        }
        for arguments in [["--repeat-cursor"], ["--repeat-cursor", "--page-size", "7"]] {
            try await RawPeer.with(.stdio, arguments) { peer in
                let first = try await peer.request("prompts/list")["result"]?["nextCursor"]
                let again = try await peer.request("prompts/list", ["cursor": first ?? ""])["result"]?["nextCursor"]
                #expect(first != nil && first == again)
            }
        }
    }

    @Test("tools that are there twice, and tools that are none")
    func tools() async throws {
        try await RawPeer.with(.stdio, ["--duplicate-tools"]) { peer in
            let tools = try await peer.request("tools/list")["result"]?["tools"]?.elements ?? []
            #expect(tools.filter { $0["name"] == "echo" }.count == 2)
        }
        try await RawPeer.with(.stdio, ["--invalid-tools"], checksMessages: false) { peer in
            let tools = try await peer.request("tools/list")["result"]?["tools"]?.elements ?? []
            #expect(tools.contains { $0["name"] == nil } && tools.contains { $0["name"] == "" })
            #expect(tools.contains { $0["inputSchema"]?["type"] == "string" })
            #expect(tools.contains { $0["name"] == "echo" })
            #expect(await !peer.log.problems().isEmpty)
        }
    }

    @Test(
        "lists that are refused",
        arguments: ["tools/list", "resources/list", "resources/templates/list", "prompts/list"])
    func refusals(method: String) async throws {
        try await RawPeer.with(.http, ["--refuse", method]) { peer in
            let refused = try await peer.request(method)
            #expect(refused["error"]?["code"] == -32603)
            let other = try await peer.request(method == "tools/list" ? "prompts/list" : "tools/list")
            #expect(other["result"] != nil)
        }
    }

    @Test(
        "options that cannot be obeyed are explained",
        arguments: [
            (["--ask-at-start", "nothing"], "--ask-at-start nothing: not one of sampling/createMessage"),
            (["--refuse", "ping"], "--refuse ping: not one of tools/list"),
            (["--flap", "0"], "--flap 0: must be longer than nothing"),
            (["--status", "99"], "--status 99: not a whole number from 200 to 599"),
        ])
    func options(arguments: [String], message: String) async throws {
        let command = try RunningProcess.Command.built("reference-server", arguments)
        try await RunningProcess.with(command) { process in
            let exit = try await process.exit()
            #expect(exit == .code(2) && process.standardError.text.contains(message))
        }
    }
}
