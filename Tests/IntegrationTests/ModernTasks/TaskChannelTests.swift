import TestSupport
import Testing

/// Tasks of a client of 2026-07-28 on standard streams, where all its requests and subscriptions share one way.
@Suite("Tasks on standard streams")
struct TaskChannelTests {
    private func send(
        _ client: StdioClient, _ method: String, _ params: [JSONTree.Member], id: JSONTree
    ) async throws -> JSONTree {
        let meta: JSONTree = [
            "io.modelcontextprotocol/protocolVersion": .string(TaskClient.revision),
            "io.modelcontextprotocol/clientCapabilities": TaskClient.askable,
        ]
        try client.send(method, .object(params + [.init("_meta", meta)]), id: id)
        guard method != "subscriptions/listen" else { return .null }
        return try #require(try await client.answer(to: id)["result"])
    }

    @Test("a task is created, listened to, asks and ends", arguments: TaskCase.Era.allCases)
    func lifecycle(era: TaskCase.Era) async throws {
        let server = try ReferenceServer.stdio(["--era", era.rawValue])
        try await StdioClient.with(["mcpServers": ["far": server]], capabilities: nil) { client in
            let created = try await send(
                client, "tools/call", [.init("name", "confirm_delete"), .init("arguments", [:])], id: 1)
            #expect(created["resultType"] == "task")
            let id = try #require(created["taskId"])
            _ = try await send(
                client, "subscriptions/listen", [.init("notifications", ["taskIds": [id]])], id: "listen")
            let acknowledged = try await client.message("acknowledgement") {
                $0["method"] == "notifications/subscriptions/acknowledged"
            }
            #expect(acknowledged["params"]?["notifications"] == ["taskIds": [id]])
            let asking = try await client.message("question of the task") {
                $0["params"]?["status"] == "input_required"
            }
            #expect(asking["params"]?["_meta"]?["io.modelcontextprotocol/subscriptionId"] == "listen")
            let key = try #require(asking["params"]?["inputRequests"]?.members?.first?.name)
            let taken = try await send(
                client, "tasks/update",
                [.init("taskId", id), .init("inputResponses", [key: TaskClient.confirmed()])], id: 2)
            #expect(taken["resultType"] == "complete")
            let ended = try await client.message("end of the task") { $0["params"]?["status"] == "completed" }
            #expect(ended["params"]?["result"]?["content"]?[0]?["text"] == "deleted report.txt")
            let got = try await send(client, "tasks/get", [.init("taskId", id)], id: 3)
            #expect(got["status"] == "completed")
        }
    }
}
