import TestSupport
import Testing

/// Tasks of clients of 2025-11-25 at servers that have the extension.
@Suite("Tasks of 2025-11-25 at servers of 2026-07-28")
struct CoreTaskTests {
    private func begin(_ client: SessionClient, _ tool: String, _ arguments: JSONTree = [:]) async throws -> String {
        let answer = try await client.request(
            "tools/call", ["name": .string(tool), "arguments": arguments, "task": ["ttl": 60_000]])
        return try #require(answer.result?["task"]?["taskId"]?.string, "\(answer.http)")
    }

    private func about(_ id: String) -> JSONTree { ["taskId": .string(id)] }

    @Test("every tool can be called as a task", arguments: TaskCase.modern)
    func offered(at place: TaskCase) async throws {
        try await place.run { gateway in
            try await SessionClient.with(gateway) { client in
                let tools = try await client.request("tools/list").result?["tools"]?.elements ?? []
                #expect(!tools.isEmpty)
                #expect(tools.allSatisfy { $0["execution"] == ["taskSupport": "optional"] })
                #expect(
                    client.initializeResult["capabilities"]?["tasks"]
                        == ["list": [:], "cancel": [:], "requests": ["tools": ["call": [:]]]])
            }
            try await SessionClient.with(gateway, revision: "2025-06-18") { client in
                let tools = try await client.request("tools/list").result?["tools"]?.elements ?? []
                #expect(tools.allSatisfy { $0["execution"] == nil })
            }
        }
    }

    @Test("a task is created, read, listed and has its result", arguments: TaskCase.modern)
    func lifecycle(at place: TaskCase) async throws {
        try await place.run { gateway in
            try await SessionClient.with(gateway) { client in
                let id = try await begin(client, "slow_compute", ["seconds": .number("0.2")])
                let working = try await client.request("tasks/get", about(id))
                #expect(working.result?["taskId"]?.string == id)
                #expect(working.result?["status"] == "working")
                let result = try await client.request("tasks/result", about(id))
                #expect(result.text == "computed for 0.2 s", "\(result.http)")
                #expect(result.result?["resultType"] == nil)
                #expect(
                    result.result?["_meta"]?["io.modelcontextprotocol/related-task"]?["taskId"]?.string == id)
                #expect(try await client.request("tasks/get", about(id)).result?["status"] == "completed")
                let listed = try await client.request("tasks/list").result?["tasks"]?.elements ?? []
                #expect(listed.map { $0["taskId"]?.string } == [id])
                #expect(listed.first?["status"] == "completed")
            }
        }
    }

    @Test("changes of its status are told", arguments: TaskCase.modern)
    func told(at place: TaskCase) async throws {
        try await place.run { gateway in
            try await SessionClient.with(gateway) { client in
                let events = try await client.openStream()
                defer { events.close() }
                let id = try await begin(client, "slow_compute", ["seconds": .number("0.2")])
                let told = try #require(try await events.next())
                #expect(told["method"] == "notifications/tasks/status")
                #expect(told["params"]?["taskId"]?.string == id)
                #expect(told["params"]?["status"] == "completed")
            }
        }
    }

    @Test("how it fails, as that revision has it", arguments: TaskCase.modern)
    func failures(at place: TaskCase) async throws {
        try await place.run { gateway in
            try await SessionClient.with(gateway) { client in
                let failing = try await begin(client, "failing_job", ["ms": 10])
                let failed = try await client.request("tasks/result", about(failing))
                #expect(failed.isToolError, "\(failed.http)")
                #expect(try await client.request("tasks/get", about(failing)).result?["status"] == "failed")
                let breaking = try await begin(client, "protocol_error_job", ["ms": 10])
                let broken = try await client.request("tasks/result", about(breaking))
                #expect(broken.errorCode == -32603, "\(broken.http)")
                #expect(try await client.request("tasks/get", about(breaking)).result?["status"] == "failed")
            }
        }
    }

    @Test("it can be cancelled, once", arguments: TaskCase.modern)
    func cancellation(at place: TaskCase) async throws {
        try await place.run { gateway in
            try await SessionClient.with(gateway) { client in
                let id = try await begin(client, "slow_compute", ["seconds": 60])
                let cancelled = try await client.request("tasks/cancel", about(id))
                #expect(cancelled.result?["taskId"]?.string == id, "\(cancelled.http)")
                #expect(cancelled.result?["status"] == "cancelled")
                #expect(try await client.request("tasks/cancel", about(id)).errorCode == -32602)
                #expect(try await client.request("tasks/get", about("unknown")).errorCode == -32602)
            }
        }
    }

    @Test("a call that is answered at once is a task that has ended", arguments: TaskCase.modern)
    func atOnce(at place: TaskCase) async throws {
        try await place.run { gateway in
            try await SessionClient.with(gateway) { client in
                let id = try await begin(client, "greet", ["name": "Ada"])
                #expect(try await client.request("tasks/get", about(id)).result?["status"] == "completed")
                let result = try await client.request("tasks/result", about(id))
                #expect(result.text == "Hello, Ada!")
                #expect(
                    result.result?["_meta"]?["io.modelcontextprotocol/related-task"]?["taskId"]?.string == id)
                #expect(try await client.request("tasks/cancel", about(id)).errorCode == -32602)
                #expect(try await client.call("greet").text == "Hello, World!")
            }
        }
    }

    @Test("what it asks is asked while its result is waited for", arguments: TaskCase.modern)
    func asks(at place: TaskCase) async throws {
        try await place.run { gateway in
            try await SessionClient.with(gateway, capabilities: ["elicitation": [:]]) { client in
                let id = try await begin(client, "confirm_delete", ["filename": "a.txt"])
                let connection = try await client.begin("tasks/result", about(id), id: client.makeID())
                defer { connection.close() }
                _ = try await connection.readHead()
                let question = try #require(try await connection.readEvent()).json()
                try await client.record(question.bytes, from: .server)
                #expect(question["method"] == "elicitation/create")
                #expect(
                    question["params"]?["_meta"]?["io.modelcontextprotocol/related-task"]?["taskId"]?.string == id)
                let answer: JSONTree = [
                    "jsonrpc": "2.0", "id": try #require(question["id"]), "result": TaskClient.confirmed(),
                ]
                #expect(try await client.post(answer.bytes).http.status == 202)
                let result = try #require(try await connection.readEvent()).json()
                try await client.record(result.bytes, from: .server)
                #expect(result["result"]?["content"]?[0]?["text"] == "deleted a.txt", "\(result)")
            }
        }
    }
}
