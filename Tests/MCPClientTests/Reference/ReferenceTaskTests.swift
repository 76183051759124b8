import MCPProtocol
import TestSupport
import Testing

@Suite("The reference server's tasks of 2025-11-25")
struct ReferenceTaskTests {
    private static let relation = "io.modelcontextprotocol/related-task"

    private func start(_ tool: String, _ arguments: JSONTree = [:], on peer: RawPeer) async throws -> JSONTree {
        let params: JSONTree = [
            "name": .string(tool), "arguments": arguments, "task": ["ttl": 60_000], "_meta": ["progressToken": "token"],
        ]
        let answer = try await peer.request("tools/call", params)
        let task = try #require(answer["result"]?["task"], "\(answer)")
        #expect(task["status"] == "working" && task["ttl"] == 60_000)
        return try #require(task["taskId"])
    }

    private func status(of id: JSONTree, on peer: RawPeer) async throws -> String? {
        try await peer.request("tasks/get", ["taskId": id])["result"]?["status"]?.string
    }

    @Test("a task works, reports, ends and gives its result", arguments: RawPeer.Transport.allCases)
    func lifecycle(transport: RawPeer.Transport) async throws {
        try await RawPeer.with(transport) { peer in
            let id = try await start("slow_compute", ["seconds": .number("0.1")], on: peer)
            let result = try await peer.request("tasks/result", ["taskId": id])["result"]
            #expect(result?["content"]?[0]?["text"] == "computed for 0.1 s")
            #expect(result?["_meta"]?[Self.relation]?["taskId"] == id)
            #expect(try await status(of: id, on: peer) == "completed")
            let told = try await peer.notification("notifications/tasks/status")
            #expect(told["params"]?["taskId"] == id)
            let progress = peer.traffic.value.notifications.filter { $0["method"] == "notifications/progress" }
            #expect(progress.allSatisfy { $0["params"]?["_meta"]?[Self.relation]?["taskId"] == id })
            let list = try await peer.request("tasks/list")["result"]?["tasks"]?.elements
            #expect(list?.map { $0["taskId"] } == [id])
        }
    }

    @Test("a failed job and a broken one give what the call would have given")
    func failures() async throws {
        try await RawPeer.with(.http) { peer in
            let failing = try await start("failing_job", ["ms": 10], on: peer)
            let result = try await peer.request("tasks/result", ["taskId": failing])["result"]
            #expect(result?["isError"] == true)
            #expect(try await status(of: failing, on: peer) == "failed")
            let broken = try await start("protocol_error_job", ["ms": 10], on: peer)
            let error = try await peer.request("tasks/result", ["taskId": broken])["error"]
            #expect(error?["code"] == -32603 && error?["message"] == "the job broke as it should")
            #expect(try await status(of: broken, on: peer) == "failed")
        }
    }

    @Test(
        "a task asks whoever waits for its result, and only then",
        arguments: RawPeer.Transport.allCases, [("confirm_delete", 1), ("multi_input", 2)])
    func input(transport: RawPeer.Transport, job: (tool: String, questions: Int)) async throws {
        try await RawPeer.with(transport) { peer in
            let id = try await start(job.tool, on: peer)
            try await peer.traffic.wait(for: "input_required") { traffic in
                traffic.notifications.contains { $0["params"]?["status"] == "input_required" } ? () : nil
            }
            #expect(try await status(of: id, on: peer) == "input_required")
            #expect(peer.traffic.value.questions.isEmpty)
            let result = try await peer.request("tasks/result", ["taskId": id])["result"]
            #expect(result?["isError"] == nil)
            let questions = peer.traffic.value.questions
            #expect(questions.count == job.questions)
            #expect(questions.allSatisfy { $0["params"]?["_meta"]?[Self.relation]?["taskId"] == id })
            #expect(try await status(of: id, on: peer) == "completed")
        }
    }

    @Test("a cancelled task stops, and cannot be cancelled again", arguments: RawPeer.Transport.allCases)
    func cancellation(transport: RawPeer.Transport) async throws {
        try await RawPeer.with(transport) { peer in
            let id = try await start("slow_compute", ["seconds": 3600], on: peer)
            let waiting = try await peer.begin("tasks/result", ["taskId": id])
            let cancelled = try await peer.request("tasks/cancel", ["taskId": id])["result"]
            #expect(cancelled?["status"] == "cancelled" && cancelled?["taskId"] == id)
            #expect(try await peer.answer(to: waiting)["error"] != nil)
            #expect(try await peer.request("tasks/cancel", ["taskId": id])["error"]?["code"] == -32602)
            try await peer.wait(for: "inflight") { $0 == "0" }
        }
    }

    @Test("a task is forgotten when its time is over")
    func expiry() async throws {
        try await RawPeer.with(.stdio) { peer in
            let params: JSONTree = ["name": "slow_compute", "arguments": ["seconds": 3600], "task": ["ttl": 20]]
            let task = try await peer.request("tools/call", params)["result"]?["task"]
            let id = try #require(task?["taskId"])
            try await peer.wait(for: "inflight") { $0 == "0" }
            #expect(try await peer.request("tasks/get", ["taskId": id])["error"]?["code"] == -32602)
        }
    }

    @Test("what cannot be a task, must be one, or is none, is refused")
    func refusals() async throws {
        try await RawPeer.with(.http) { peer in
            let forbidden: JSONTree = ["name": "echo", "arguments": ["message": "m"], "task": [:]]
            #expect(try await peer.request("tools/call", forbidden)["error"]?["code"] == -32601)
            #expect(try await peer.call("task_only")["error"]?["code"] == -32601)
            for method in ["tasks/get", "tasks/result", "tasks/cancel"] {
                #expect(try await peer.request(method, ["taskId": "nothing"])["error"]?["code"] == -32602)
            }
            let id = try await start("task_only", on: peer)
            let result = try await peer.request("tasks/result", ["taskId": id])["result"]
            #expect(result?["content"]?[0]?["text"] == "done as a task")
            let direct = try await peer.text("confirm_delete")
            #expect(direct == "deleted report.txt")
        }
    }

    @Test("older revisions have no tasks and call the same tools")
    func older() async throws {
        try await RawPeer.with(.stdio, revision: .v2025_06_18, customMethods: ["tasks/list"]) { peer in
            let refused = try await peer.request("tasks/list")
            #expect(refused["error"]?["code"] == -32601)
            let text = try await peer.text("slow_compute", ["seconds": 0])
            #expect(text == "computed for 0.0 s")
        }
    }

    @Test("tasks are listed in pages")
    func pages() async throws {
        try await RawPeer.with(.stdio, ["--page-size", "2"]) { peer in
            for _ in 0..<5 { _ = try await start("task_only", on: peer) }
            var count = 0
            var cursor: JSONTree?
            repeat {
                let page = try await peer.request("tasks/list", cursor.map { ["cursor": $0] })["result"]
                count += page?["tasks"]?.elements?.count ?? 0
                cursor = page?["nextCursor"]
            } while cursor != nil
            #expect(count == 5)
        }
    }
}
