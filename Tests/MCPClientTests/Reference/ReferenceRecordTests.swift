import MCPProtocol
import TestSupport
import Testing

@Suite("The reference server records what crosses the wire")
struct ReferenceRecordTests {
    @Test("both directions, each message once and as it was", arguments: RawPeer.Transport.allCases)
    func record(transport: RawPeer.Transport) async throws {
        let directory = try TemporaryDirectory()
        let log = try await recordedByPeer(transport, directory)
        let lines = try directory.read("record").split(separator: "\n").map { try JSONTree(parsing: String($0)) }
        #expect(lines.allSatisfy { $0["transport"]?.string == transport.rawValue })
        #expect(Set(lines.map { $0["session"] }).count == 1)
        #expect(lines.first?["revision"] == .null && lines.first?["message"]?["method"] == "initialize")
        #expect(lines.dropFirst().allSatisfy { $0["revision"]?.string == ProtocolRevision.latestLegacy.rawValue })
        for sender in [MessageValidator.Sender.client, .server] {
            let recorded = lines.filter { ($0["from"] == "client") == (sender == .client) }.map { $0["message"] }
            let seen = try log.filter { $0.sender == sender }.map { try JSONTree(parsing: $0.bytes) }
            #expect(recorded.count == seen.count)
            #expect(Set(recorded) == Set(seen))
        }
    }

    private func recordedByPeer(
        _ transport: RawPeer.Transport, _ directory: TemporaryDirectory
    ) async throws -> [MessageLog.Entry] {
        var entries: [MessageLog.Entry] = []
        try await RawPeer.with(transport, ["--record", directory.path("record")]) { peer in
            _ = try await peer.text("ask_many", ["count": 3, "tag": "t"])
            _ = try await peer.text("test_tool_with_progress")
            _ = try await peer.call("change_tools")
            try await peer.notification("notifications/tools/list_changed")
            _ = try await peer.call("large", ["bytes": 1000])
            _ = try await peer.request("resources/list")
            let params: JSONTree = ["name": "slow_compute", "arguments": ["seconds": 0], "task": [:]]
            let task = try await peer.request("tools/call", params)["result"]?["task"]?["taskId"]
            _ = try await peer.request("tasks/result", ["taskId": task ?? ""])
            try await peer.notification("notifications/tasks/status")
            entries = await peer.log.entries
        }
        return entries
    }

    @Test("a message over several lines becomes one")
    func lines() async throws {
        let directory = try TemporaryDirectory()
        try await RawPeer.with(.http, ["--record", directory.path("record")]) { peer in
            let body = "{\n  \"jsonrpc\": \"2.0\",\r\n  \"id\": 1,\n  \"method\": \"ping\"\n}"
            let answer = try await peer.connect().request(
                "POST", "/mcp", headers: peer.headers, body: Array(body.utf8))
            #expect(answer.status == 200)
        }
        let lines = try directory.read("record").split(separator: "\n").map(String.init)
        let wanted = #""message":{"jsonrpc":"2.0","id":1,"method":"ping"}}"#
        #expect(lines.contains { $0.hasSuffix(wanted) })
    }

    @Test("a file that cannot be written is a clear error at the start")
    func unwritable() async throws {
        let command = try RunningProcess.Command.built("reference-server", ["--record", "/nonexistent/record"])
        try await RunningProcess.with(command) { process in
            let exit = try await process.exit()
            #expect(exit == .code(1))
            #expect(process.standardError.text.contains("--record /nonexistent/record: No such file or directory"))
        }
    }
}
