import TestSupport
import Testing

@Suite("Bounds of remembered tasks")
struct TaskBoundTests {
    private func with(
        _ limits: JSONTree, ttl: String = "60000", body: (GatewayFixture) async throws -> Void
    ) async throws {
        try await ScriptedTasks.with(
            created: ScriptedTasks.creation(ttl: ttl),
            ["tasks/get": ScriptedTasks.answering(ScriptedTasks.task("working", ttl: ttl))], limits: limits
        ) { gateway, _ in try await body(gateway) }
    }

    @Test(
        "as many as are allowed; one more is refused with an error that names the limit",
        arguments: [("maxTasks", 2), ("maxTasksPerClient", 2)])
    func count(limit: String, count: Int) async throws {
        try await with(.object([.init(limit, .number("\(count)"))])) { gateway in
            try await TaskClient.with(gateway) { client in
                for _ in 0..<count { _ = try await client.begin("work") }
                let refused = try await client.call("work")
                #expect(refused.errorCode == -32603, "\(refused.http)")
                let words = refused.response?["error"]?["message"]?.string ?? ""
                #expect(words.contains("\(count) tasks") && words.contains("limits.\(limit)"), "\(words)")
            }
        }
    }

    @Test("a task lives no longer than limits.taskLifetime, which its client is told", arguments: ["60000", "null"])
    func lifetime(ttl: String) async throws {
        try await with(["taskLifetime": "1s"], ttl: ttl) { gateway in
            try await TaskClient.with(gateway) { client in
                let answer = try await client.call("work")
                #expect(answer.result?["ttlMs"]?.int == 1000, "\(answer.http)")
                let id = try #require(answer.taskID)
                try await gateway.wait(for: "end of the task") {
                    try await client.get(id).errorCode == -32602 ? () : nil
                }
            }
        }
    }
}
