import TestSupport
import Testing

/// Tasks of clients of 2026-07-28, at servers of either era.
@Suite("Tasks of clients that know the extension")
struct TaskLifecycleTests {
    @Test("the extension is advertised, to clients of its revision alone", arguments: TaskCase.all)
    func advertised(of place: TaskCase) async throws {
        try await place.run { gateway in
            try await TaskClient.with(gateway) { client in
                let found = try await client.request("server/discover")
                #expect(found.result?["capabilities"]?["extensions"]?["io.modelcontextprotocol/tasks"] == [:])
                #expect(found.result?["capabilities"]?["tasks"] == nil)
                let tools = try await client.request("tools/list").result?["tools"]?.elements ?? []
                #expect(tools.contains { $0["name"] == "slow_compute" })
                #expect(tools.allSatisfy { $0["execution"] == nil })
            }
            try await SessionClient.with(gateway) { client in
                let capabilities = client.initializeResult["capabilities"]
                #expect(capabilities?["tasks"]?["requests"]?["tools"]?["call"] != nil)
                #expect(capabilities?["extensions"]?["io.modelcontextprotocol/tasks"] == nil)
            }
        }
    }

    @Test("a task is told of at once and known from then on, and its result stands in it", arguments: TaskCase.all)
    func completes(at place: TaskCase) async throws {
        try await place.run { gateway in
            try await TaskClient.with(gateway) { client in
                // The wish of 2025-11-25 for a task is nothing here.
                let created = try await client.call(
                    "slow_compute", ["seconds": .number("0.2")], [.init("task", ["ttl": 1])])
                let id = try #require(created.taskID, "\(created.http)")
                #expect(created.resultType == "task")
                #expect(created.status == "working")
                let ttl = try #require(created.result?["ttlMs"]?.int)
                #expect(ttl > 1)
                let pollInterval = try #require(created.result?["pollIntervalMs"]?.int)
                #expect(pollInterval > 0)
                for old in ["ttl", "pollInterval", "task", "requestState"] { #expect(created.result?[old] == nil) }
                #expect(try await client.get(id).result?["createdAt"] == created.result?["createdAt"])
                let done = try await client.wait(for: id, status: "completed")
                #expect(done.taskText == "computed for 0.2 s")
                #expect(done.result?["result"]?["resultType"] == "complete")
                #expect(done.result?["result"]?["_meta"]?["io.modelcontextprotocol/related-task"] == nil)
                #expect(try await client.get(id).result == done.result)
                #expect(try await client.call("greet").text == "Hello, World!")
            }
        }
    }

    @Test("a tool that fails has completed, an error has failed", arguments: TaskCase.all)
    func fails(at place: TaskCase) async throws {
        try await place.run { gateway in
            try await TaskClient.with(gateway) { client in
                let failing = try await client.begin("failing_job", ["ms": 20])
                let breaking = try await client.begin("protocol_error_job", ["ms": 20])
                let failed = try await client.wait(for: failing, status: "completed")
                #expect(failed.result?["result"]?["isError"] == true)
                let broken = try await client.wait(for: breaking, status: "failed")
                #expect(broken.result?["error"]?["code"]?.int == -32603, "\(broken.http)")
                #expect(broken.result?["result"] == nil)
            }
        }
    }

    @Test("a cancellation is acknowledged, also of what has ended", arguments: TaskCase.all)
    func cancels(at place: TaskCase) async throws {
        try await place.run { gateway in
            try await TaskClient.with(gateway) { client in
                let id = try await client.begin("slow_compute", ["seconds": 60])
                for _ in 0..<2 {
                    let acknowledged = try await client.cancel(id)
                    #expect(acknowledged.resultType == "complete", "\(acknowledged.http)")
                    #expect(acknowledged.taskID == nil)
                    _ = try await client.wait(for: id, status: "cancelled")
                }
                let short = try await client.begin("slow_compute", ["seconds": 0])
                _ = try await client.wait(for: short, status: "completed")
                #expect(try await client.cancel(short).resultType == "complete")
                #expect(try await client.get(short).status == "completed")
            }
            try await gateway.waitForServerIdle()
        }
    }

    @Test("a task asks, and goes on with the answer", arguments: TaskCase.all, [true, false])
    func asks(at place: TaskCase, isConfirmed: Bool) async throws {
        try await place.run { gateway in
            try await TaskClient.with(gateway) { client in
                let id = try await client.begin("confirm_delete", ["filename": "a.txt"])
                let asking = try await client.wait(for: id, status: "input_required")
                #expect(asking.keys.count == 1)
                let key = try #require(asking.keys.first)
                let question = try #require(asking.result?["inputRequests"]?[key])
                #expect(question["method"] == "elicitation/create")
                #expect(question["params"]?["message"]?.string?.contains("Delete a.txt?") == true)
                #expect(question["params"]?["_meta"] == nil)
                #expect(try await client.get(id).keys == asking.keys)
                let taken = try await client.update(id, [key: TaskClient.confirmed(isConfirmed)])
                #expect(taken.resultType == "complete", "\(taken.http)")
                let done = try await client.wait(for: id, status: "completed")
                #expect(done.taskText?.hasPrefix(isConfirmed ? "deleted a.txt" : "kept a.txt") == true, "\(done.http)")
            }
        }
    }

    @Test(
        "of two questions the answered one is asked no more, and answers to nothing change nothing",
        arguments: TaskCase.all)
    func asksTwo(at place: TaskCase) async throws {
        try await place.run { gateway in
            try await TaskClient.with(gateway) { client in
                let id = try await client.begin("multi_input")
                let asking = try await client.wait(for: id, until: "asks twice") { $0.keys.count == 2 }
                let byMessage = { (text: String) in
                    asking.keys.first { key in
                        asking.result?["inputRequests"]?[key]?["params"]?["message"]?.string?.contains(text) == true
                    }
                }
                let name = try #require(byMessage("name"))
                let other = try #require(byMessage("Go on"))
                #expect(try await client.update(id, ["nothing": TaskClient.named("x")]).resultType == "complete")
                #expect(try await client.update(id, [:]).resultType == "complete")
                #expect(try await client.get(id).keys.count == 2)
                #expect(try await client.update(id, [name: TaskClient.named("Ada")]).resultType == "complete")
                _ = try await client.wait(for: id, until: "asks once") { $0.keys == [other] }
                #expect(try await client.update(id, [name: TaskClient.named("Bob")]).resultType == "complete")
                #expect(try await client.update(id, [other: TaskClient.confirmed()]).resultType == "complete")
                let done = try await client.wait(for: id, status: "completed")
                #expect(done.taskText?.contains("Ada") == true)
                #expect(done.taskText?.contains("Bob") == false)
                #expect(try await client.update(id, [other: TaskClient.confirmed()]).resultType == "complete")
            }
        }
    }

    @Test("what no answer is leaves the question open", arguments: TaskCase.legacy)
    func wrongAnswers(at place: TaskCase) async throws {
        try await place.run { gateway in
            try await TaskClient.with(gateway) { client in
                let id = try await client.begin("confirm_delete")
                let key = try #require(try await client.wait(for: id, status: "input_required").keys.first)
                for bad: JSONTree in [.null, 7, [], ["action": "perhaps"], ["action": "accept", "content": "yes"]] {
                    #expect(try await client.update(id, [key: bad]).errorCode == -32602)
                }
                for bad: JSONTree in [.null, 7, [], "q1"] {
                    #expect(try await client.update(id, bad).errorCode == -32602)
                }
                #expect(try await client.get(id).keys == [key])
                #expect(try await client.update(id, [key: TaskClient.confirmed()]).resultType == "complete")
                #expect(try await client.wait(for: id, status: "completed").taskText == "deleted report.txt")
            }
        }
    }

    @Test("what has to be known first is asked before there is a task", arguments: TaskCase.modern)
    func asksFirst(at place: TaskCase) async throws {
        try await place.run { gateway in
            try await TaskClient.with(gateway) { client in
                let asked = try await client.call("test_tool_with_task")
                #expect(asked.resultType == "input_required", "\(asked.http)")
                let key = try #require(asked.keys.first)
                let created = try await client.call(
                    "test_tool_with_task", [:],
                    [
                        .init("inputResponses", [key: TaskClient.named("Ada")]),
                        .init("requestState", try #require(asked.result?["requestState"])),
                    ])
                #expect(created.resultType == "task", "\(created.http)")
                #expect(created.result?["requestState"] == nil)
                let done = try await client.wait(for: try #require(created.taskID), status: "completed")
                #expect(done.taskText == "Hello, Ada!")
            }
        }
    }
}
