import MCPProtocol
import TestSupport
import Testing

@Suite("The reference server's streams can be resumed")
struct ReferenceStreamTests {
    /// Posts a call and gives the open connection, its head read.
    private func post(_ tool: String, _ arguments: JSONTree, id: Int, on peer: RawPeer) async throws -> RawHTTPClient {
        let connection = try await peer.connect()
        let message: JSONTree = [
            "jsonrpc": "2.0", "id": .number(String(id)), "method": "tools/call",
            "params": ["name": .string(tool), "arguments": arguments, "_meta": ["progressToken": .number(String(id))]],
        ]
        try await connection.sendRequest("POST", "/mcp", headers: peer.headers, body: message.bytes)
        let head = try await connection.readHead()
        #expect(head["Content-Type"] == "text/event-stream")
        return connection
    }

    private func events(of stream: RawHTTPClient) async throws -> [EventStreamEvent] {
        var events: [EventStreamEvent] = []
        while let event = try await stream.readEvent(includingEmpty: true) { events.append(event) }
        return events
    }

    @Test("a connection that ends early is asked to wait, and the answer comes to the next one")
    func polling() async throws {
        try await RawPeer.with(.http, ["--resumable"]) { peer in
            let connection = try await post("test_reconnection", [:], id: 1, on: peer)
            let first = try await events(of: connection)
            #expect(first.allSatisfy { $0.data.isEmpty && $0.id != nil })
            #expect(first.last?.retryMilliseconds == 200)
            let last = try #require(first.last?.id)
            let rest = try await events(of: try await peer.stream(at: "/mcp", after: last))
            #expect(rest.first?.data == "" && rest.count == 2)
            let answer = try #require(try rest.last?.json())
            #expect(answer["id"] == 1 && answer["result"]?["content"]?[0]?["text"] == "Reconnected")
        }
    }

    @Test("only 2025-11-25 primes its streams", arguments: ProtocolRevision.legacy)
    func priming(revision: ProtocolRevision) async throws {
        guard revision.hasStreamableHTTP else { return }
        try await RawPeer.with(.http, ["--resumable"], revision: revision) { peer in
            let events = try await events(of: try await post("progress", ["steps": 2], id: 1, on: peer))
            #expect(events.first?.data.isEmpty == revision.hasPollingStreams)
            #expect(events.allSatisfy { $0.id != nil } && Set(events.map(\.id)).count == events.count)
        }
    }

    @Test("a stream that broke goes on after the last event that arrived, wherever that was")
    func replay() async throws {
        try await RawPeer.with(.http, ["--resumable"]) { peer in
            let connection = try await post("progress", ["steps": 10, "delayMs": 1], id: 1, on: peer)
            let all = try await events(of: connection)
            #expect(all.count == 12)
            for cut in 0..<all.count {
                let id = try #require(all[cut].id)
                let rest = try await events(of: try await peer.stream(at: "/mcp", after: id))
                #expect(rest.filter { !$0.data.isEmpty } == Array(all[(cut + 1)...]))
            }
        }
    }

    @Test("the standalone stream keeps what was said while nobody listened")
    func standalone() async throws {
        try await RawPeer.with(.http, ["--resumable"], opensStream: false) { peer in
            let stream = try await peer.stream(at: "/mcp")
            let id = try #require(try await stream.readEvent(includingEmpty: true)?.id)
            stream.reset()
            for _ in 0..<3 { _ = try await peer.call("change_tools") }
            try await peer.openStream(after: id)
            _ = try await peer.traffic.wait(for: "changes") { $0.notifications.count >= 3 ? true : nil }
            #expect(peer.traffic.value.notifications.count == 3)
        }
    }

    @Test("a question is asked again over the connection that resumes its stream")
    func question() async throws {
        try await RawPeer.with(.http, ["--resumable"]) { peer in
            let connection = try await post("test_elicitation", ["message": "m"], id: 1, on: peer)
            let first = try #require(try await connection.readEvent(includingEmpty: true)?.id)
            let asked = try #require(try await connection.readEvent(includingEmpty: true)).json()
            connection.reset()
            let resumed = try await peer.stream(at: "/mcp", after: first)
            _ = try await resumed.readEvent(includingEmpty: true)
            #expect(try await resumed.readEvent(includingEmpty: true)?.json() == asked)
            let answer: JSONTree = ["jsonrpc": "2.0", "id": asked["id"] ?? 0, "result": ["action": "decline"]]
            let status = try await peer.connect().request("POST", "/mcp", headers: peer.headers, body: answer.bytes)
                .status
            #expect(status == 202)
            let result = try #require(try await resumed.readEvent(includingEmpty: true)).json()["result"]
            #expect(result?["content"]?[0]?["text"] == #"User response: {"action":"decline"}"#)
        }
    }

    @Test("an event of another session, or none, cannot be resumed from", arguments: ["7-1", "x", "-", "1-", "1-2-3"])
    func unknown(id: String) async throws {
        try await RawPeer.with(.http, ["--resumable"]) { peer in
            let error = await #expect(throws: RawPeer.Failure.self) { try await peer.stream(at: "/mcp", after: id) }
            #expect(error?.description == "GET /mcp: 400")
        }
    }

    @Test("without the option nothing has an id")
    func plain() async throws {
        try await RawPeer.with(.http) { peer in
            let events = try await events(of: try await post("progress", ["steps": 2], id: 1, on: peer))
            #expect(events.count == 3 && events.allSatisfy { $0.id == nil })
            let text = try await peer.text("test_reconnection")
            #expect(text == "This connection cannot be ended early")
        }
    }
}
