import TestSupport
import Testing

/// Servers of 2025-11-25 that say odd things of their tasks.
@Suite("Faulty tasks")
struct TaskFaultTests {
    static let declared: JSONTree = ["extensions": TaskClient.tasks]

    private func with(
        created: String = ScriptedTasks.creation(), _ handlers: [String: ScriptedHTTPServer.Handler] = [:],
        body: (TaskClient, ScriptedHTTPServer) async throws -> Void
    ) async throws {
        try await ScriptedTasks.with(created: created, handlers) { gateway, server in
            try await TaskClient.with(gateway, capabilities: Self.declared) { client in try await body(client, server) }
        }
    }

    @Test("the result of a task that has ended is fetched once")
    func fetchedOnce() async throws {
        try await with([
            "tasks/get": ScriptedTasks.answering(ScriptedTasks.task("completed")),
            "tasks/result": ScriptedTasks.answering(ScriptedMCP.text("done")),
        ]) { client, server in
            let id = try await client.begin("work")
            #expect(id != "native")
            for _ in 0..<3 { #expect(try await client.get(id).taskText == "done") }
            #expect(server.requests(for: "tasks/result").count == 1)
            #expect(server.requests(for: "tasks/get").count == 1)
            #expect(server.requests(for: "tasks/get").first?.json?["params"]?["taskId"] == "native")
            // What the server calls it is nothing to clients.
            #expect(try await client.get("native").errorCode == -32602)
        }
    }

    @Test("a result too long to be kept is fetched each time")
    func longResult() async throws {
        let text = String(repeating: "x", count: 100_000)
        try await with([
            "tasks/get": ScriptedTasks.answering(ScriptedTasks.task("completed")),
            "tasks/result": ScriptedTasks.answering(ScriptedMCP.text(text)),
        ]) { client, server in
            let id = try await client.begin("work")
            for _ in 0..<2 { #expect(try await client.get(id).taskText == text) }
            #expect(server.requests(for: "tasks/result").count == 2)
        }
    }

    @Test("an error in place of the result makes it fail, whatever its status was", arguments: ["completed", "failed"])
    func refusedResult(status: String) async throws {
        try await with([
            "tasks/get": ScriptedTasks.answering(ScriptedTasks.task(status)),
            "tasks/result": ScriptedTasks.refusing(-32099),
        ]) { client, _ in
            let id = try await client.begin("work")
            let failed = try await client.get(id)
            #expect(failed.status == "failed", "\(failed.http)")
            #expect(failed.result?["error"]?["code"]?.int == -32099)
        }
    }

    @Test("a task that its server has forgotten is unknown")
    func forgotten() async throws {
        try await with(["tasks/get": ScriptedTasks.refusing(-32602), "tasks/cancel": ScriptedTasks.refusing(-32602)]) {
            client, _ in
            let id = try await client.begin("work")
            #expect(try await client.get(id).errorCode == -32602)
            #expect(try await client.cancel(id).resultType == "complete")
        }
    }

    @Test("a task whose time is over is unknown")
    func expired() async throws {
        try await with(
            created: ScriptedTasks.creation(ttl: "300"),
            ["tasks/get": ScriptedTasks.answering(ScriptedTasks.task("working"))]
        ) { client, _ in
            let created = try await client.call("work")
            #expect(created.result?["ttlMs"]?.int == 300)
            let id = try #require(created.taskID)
            try await client.gateway.wait(for: "expiry") { try await client.get(id).errorCode == -32602 ? () : nil }
            #expect(try await client.cancel(id).errorCode == -32602)
            #expect(try await client.update(id, [:]).errorCode == -32602)
        }
    }

    @Test("a task without an end of its life gets one")
    func endless() async throws {
        try await with(created: ScriptedTasks.creation(ttl: "null")) { client, _ in
            let ttl = try #require(try await client.call("work").result?["ttlMs"]?.int)
            #expect(ttl > 0)
        }
    }

    @Test(
        "what is no task is an error that names the server",
        arguments: [
            #"{"task":{}}"#, #"{"task":{"taskId":7,"status":"working","createdAt":"","lastUpdatedAt":""}}"#,
            #"{"task":{"taskId":"t","status":"new","createdAt":"","lastUpdatedAt":""}}"#,
        ])
    func invalidCreation(created: String) async throws {
        try await with(created: created) { client, _ in
            let answer = try await client.call("work")
            #expect(answer.errorCode == -32603, "\(answer.http)")
            #expect(answer.response?["error"]?["message"]?.string?.contains("\"far\"") == true)
        }
    }

    @Test("so is what is said of it later", arguments: ["{}", #"{"taskId":"native","status":7}"#, "7"])
    func invalidTask(said: String) async throws {
        try await with(["tasks/get": ScriptedTasks.answering(said)]) { client, _ in
            let id = try await client.begin("work")
            let answer = try await client.get(id)
            #expect(answer.errorCode == -32603, "\(answer.http)")
            #expect(answer.response?["error"]?["message"]?.string?.contains("\"far\"") == true)
        }
    }

    @Test("a call that is answered in spite of the wish for a task is answered")
    func plain() async throws {
        try await with(created: ScriptedMCP.text("at once")) { client, _ in
            let answer = try await client.call("work")
            #expect(answer.resultType == "complete")
            #expect(answer.text == "at once")
        }
    }
}
