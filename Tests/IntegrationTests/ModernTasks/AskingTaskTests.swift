import TestSupport
import Testing

/// Tasks that clients know nothing of, and that ask: the question comes as it would in any call.
@Suite("Questions of tasks of clients that know none")
struct AskingTaskTests {
    static let askable: JSONTree = ["elicitation": ["form": [:]]]

    @Test("a client of 2026-07-28 is asked in a result, and its answer reaches the task")
    func modern() async throws {
        try await ScriptedModernTasks.with { gateway, server in
            try await TaskClient.with(gateway, capabilities: Self.askable) { client in
                let asked = try await client.call("work")
                #expect(asked.resultType == "input_required", "\(asked.http)")
                let key = try #require(asked.keys.first)
                let state = try #require(asked.result?["requestState"])
                let done = try await client.call(
                    "work", [:], [.init("inputResponses", [key: TaskClient.confirmed()]), .init("requestState", state)])
                #expect(done.resultType == "complete", "\(done.http)")
                #expect(done.text == "went on: accept")
                #expect(server.answer == TaskClient.confirmed())
            }
        }
    }

    @Test("a client of an older revision is asked in its stream", arguments: ["2025-06-18", "2025-11-25"])
    func older(revision: String) async throws {
        try await ScriptedModernTasks.with { gateway, server in
            try await SessionClient.with(gateway, revision: revision, capabilities: ["elicitation": [:]]) { client in
                let connection = try await client.begin(
                    "tools/call", ["name": "work", "arguments": [:]], id: client.makeID())
                defer { connection.close() }
                _ = try await connection.readHead()
                let question = try #require(try await connection.readEvent()).json()
                try await client.record(question.bytes, from: .server)
                #expect(question["method"] == "elicitation/create")
                #expect(question["params"]?["_meta"]?["io.modelcontextprotocol/related-task"] == nil)
                let answer: JSONTree = [
                    "jsonrpc": "2.0", "id": try #require(question["id"]), "result": ["action": "decline"],
                ]
                #expect(try await client.post(answer.bytes).http.status == 202)
                let result = try #require(try await connection.readEvent()).json()
                try await client.record(result.bytes, from: .server)
                #expect(result["result"]?["content"]?[0]?["text"] == "went on: decline", "\(result)")
                #expect(server.answer == ["action": "decline"])
            }
        }
    }

    @Test("a server that asks who cannot be asked has broken the rules: the call fails, and its task is cancelled")
    func cannotBeAsked() async throws {
        try await ScriptedModernTasks.with { gateway, server in
            try await SessionClient.with(gateway) { client in
                let answer = try await client.call("work")
                #expect(answer.isToolError, "\(answer.http)")
                #expect(answer.text?.contains("\"far\"") == true)
                try await server.requests.wait(for: "cancellation of the task") {
                    $0.contains("tasks/cancel") ? () : nil
                }
                #expect(server.requests.value.count { $0 == "tools/call" } == 2)
            }
        }
    }

    @Test("a call that is given up is cancelled at its server, once, and its task is not made twice")
    func cancelled() async throws {
        try await ScriptedModernTasks.with { gateway, server in
            try await SessionClient.with(gateway, capabilities: ["elicitation": [:]]) { client in
                let id = client.makeID()
                let connection = try await client.begin("tools/call", ["name": "work", "arguments": [:]], id: id)
                defer { connection.close() }
                _ = try await connection.readHead()
                let question = try #require(try await connection.readEvent()).json()
                try await client.record(question.bytes, from: .server)
                try await client.cancel(id)
                try await server.requests.wait(for: "cancellation of the task") {
                    $0.contains("tasks/cancel") ? () : nil
                }
                #expect(server.requests.value.count { $0 == "tasks/cancel" } == 1)
                #expect(server.requests.value.count { $0 == "tools/call" } == 2)
            }
        }
    }

    @Test("with several servers a question says whose it is, and ids lead to the right one")
    func severalServers() async throws {
        let servers: JSONTree = [
            "one": try ReferenceServer.stdio(["--era", "legacy"]),
            "two": try ReferenceServer.stdio(["--era", "modern"]),
        ]
        try await GatewayFixture.with(["mcpServers": servers]) { gateway in
            try await TaskClient.with(gateway) { client in
                var ids: [String: String] = [:]
                for server in ["one", "two"] {
                    ids[server] = try await client.begin("\(server)__confirm_delete", ["filename": .string(server)])
                }
                for (server, id) in ids {
                    let asking = try await client.wait(for: id, status: "input_required")
                    let key = try #require(asking.keys.first)
                    #expect(
                        asking.result?["inputRequests"]?[key]?["params"]?["message"]?.string
                            == "[\(server)] Delete \(server)?")
                    _ = try await client.update(id, [key: TaskClient.confirmed()])
                    #expect(try await client.wait(for: id, status: "completed").taskText == "deleted \(server)")
                }
            }
        }
    }
}
