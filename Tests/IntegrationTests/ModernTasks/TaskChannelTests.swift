import TestSupport
import Testing

/// Tasks of a client of 2026-07-28 on standard streams, where all its requests and subscriptions share one way.
@Suite("Tasks on standard streams")
struct TaskChannelTests {
    private func send(
        _ client: StdioClient, _ method: String, _ params: [JSONTree.Member] = [], id: JSONTree
    ) throws {
        let meta: JSONTree = [
            "io.modelcontextprotocol/protocolVersion": .string(TaskClient.revision),
            "io.modelcontextprotocol/clientCapabilities": TaskClient.askable,
        ]
        try client.send(method, .object(params + [.init("_meta", meta)]), id: id)
    }

    /// Waits until the server has been listed: before, nobody knows which of its tools can be tasks.
    private func waitForTools(_ client: StdioClient) async throws {
        for number in 1...1000 {
            let id: JSONTree = .string("list \(number)")
            try send(client, "tools/list", id: id)
            if try await client.answer(to: id)["result"]?["tools"]?.elements?.isEmpty == false { return }
        }
        Issue.record("the server has no tools")
    }

    @Test("a task is created, listened to, asks and ends", arguments: TaskCase.Era.allCases)
    func lifecycle(era: TaskCase.Era) async throws {
        let server = try ReferenceServer.stdio(["--era", era.rawValue])
        try await StdioClient.with(["mcpServers": ["far": server]], capabilities: nil) { client in
            try await waitForTools(client)
            try send(client, "tools/call", [.init("name", "confirm_delete"), .init("arguments", [:])], id: 1)
            let created = try #require(try await client.answer(to: 1)["result"])
            #expect(created["resultType"] == "task")
            let id = try #require(created["taskId"])
            try send(client, "subscriptions/listen", [.init("notifications", ["taskIds": [id]])], id: "listen")
            let acknowledged = try await client.message("acknowledgement") {
                $0["method"] == "notifications/subscriptions/acknowledged"
            }
            #expect(acknowledged["params"]?["notifications"] == ["taskIds": [id]])
            let asking = try await client.message("question of the task") {
                $0["params"]?["status"] == "input_required"
            }
            #expect(asking["params"]?["_meta"]?["io.modelcontextprotocol/subscriptionId"] == "listen")
            let key = try #require(asking["params"]?["inputRequests"]?.members?.first?.name)
            try send(
                client, "tasks/update",
                [.init("taskId", id), .init("inputResponses", [key: TaskClient.confirmed()])], id: 2)
            // In either order.
            var (taken, ended): (JSONTree?, JSONTree?)
            while taken == nil || ended == nil {
                let message = try await client.message("answer, and end of the task") { _ in true }
                if message["id"] == 2 { taken = message }
                if message["params"]?["status"] == "completed" { ended = message }
            }
            #expect(taken?["result"]?["resultType"] == "complete")
            #expect(ended?["params"]?["result"]?["content"]?[0]?["text"] == "deleted report.txt")
            try send(client, "tasks/get", [.init("taskId", id)], id: 3)
            #expect(try await client.answer(to: 3)["result"]?["status"] == "completed")
        }
    }
}
