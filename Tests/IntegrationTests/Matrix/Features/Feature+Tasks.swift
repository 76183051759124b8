import TestSupport

extension Feature {
    /// Tasks of 2025-11-25: there where both sides have them, or the gateway bridges them; elsewhere such tools answer as
    /// any other.
    static let tasks = [
        Feature("a task from its creation to its result") { cell in
            guard let task = try await cell.begin("slow_compute", ["seconds": .number("0.04")]) else { return }
            let id = try cell.require(task["taskId"], "there is no taskId: \(task)")
            // A server of 2026-07-28 tells only who listens for the task: its client looks, and waits for the result.
            if cell.back.isModern {
                _ = try await cell.result("tasks/result", ["taskId": id])
            } else {
                _ = try await cell.client.told("status of task \(id)") {
                    $0["method"] == "notifications/tasks/status" && $0["params"]?["taskId"] == id
                        && $0["params"]?["status"] == "completed"
                }
            }
            let state = try await cell.result("tasks/get", ["taskId": id])
            try cell.expect(state["taskId"], means: id, "the id")
            try cell.expect(state["status"], means: "completed", "the status")
            let result = try await cell.result("tasks/result", ["taskId": id])
            try cell.expect(result["content"], means: [text("computed for 0.04 s")], "the result")
            try cell.expect(cell.relatedTask(of: result), means: id, "the task that the result names")
            let listed = try await cell.client.list("tasks/list", "tasks")
            try cell.expect(listed.contains { $0["taskId"] == id }, "it is not listed")
        },
        Feature("the cancellation of a task") { cell in
            guard cell.hasTasks else { return try await cell.expectNoTasks() }
            guard let task = try await cell.begin("slow_compute", ["seconds": 60]) else { return }
            let id = try cell.require(task["taskId"], "there is no taskId: \(task)")
            let cancelled = try await cell.result("tasks/cancel", ["taskId": id])
            try cell.expect(cancelled["taskId"], means: id, "the id")
            try cell.expect(cancelled["status"], means: "cancelled", "the status")
            try cell.expect(
                try await cell.result("tasks/get", ["taskId": id])["status"], means: "cancelled", "the status later")
        },
        Feature("a task that fails") { cell in
            guard cell.hasTasks else { return try await cell.expectNoTasks() }
            guard let task = try await cell.begin("failing_job", ["ms": 10]) else { return }
            let id = try cell.require(task["taskId"], "there is no taskId: \(task)")
            let result = try await cell.result("tasks/result", ["taskId": id])
            try cell.expect(result["isError"] == true, "the result is \(result)")
            try cell.expect(
                try await cell.result("tasks/get", ["taskId": id])["status"], means: "failed", "the status")
        },
        Feature("a task that asks") { cell in
            let file = "\(cell.server.name).txt"
            let arguments: JSONTree = ["filename": .string(file)]
            guard cell.hasTasks else {
                let answer = try await cell.call("confirm_delete", arguments)
                guard cell.common >= .v2025_06_18 else {
                    return try cell.expectCannotAsk(answer, "elicitation", .elicitation)
                }
                return try cell.expect(answer.result?["content"], means: [text("deleted \(file)")], "the result")
            }
            guard let task = try await cell.begin("confirm_delete", arguments) else { return }
            let id = try cell.require(task["taskId"], "there is no taskId: \(task)")
            let result = try await cell.result("tasks/result", ["taskId": id])
            try cell.expect(result["content"], means: [text("deleted \(file)")], "the result")
            let asked = cell.client.asked { $0["params"]?["message"]?.string?.contains(file) ?? false }
            try cell.expect(asked.count == 1, "asked was \(asked)")
            try cell.expect(cell.relatedTask(of: asked[0]["params"]), means: id, "the task that the question names")
        },
        Feature("a tool that is only a task") { cell in
            guard cell.back >= .v2025_11_25 else { return try await cell.expectUnknown("task_only") }
            if cell.hasTasks, let task = try await cell.begin("task_only", [:]) {
                let id = try cell.require(task["taskId"], "there is no taskId: \(task)")
                let result = try await cell.result("tasks/result", ["taskId": id])
                try cell.expect(result["content"], means: [text("done as a task")], "the result")
                return
            }
            let answer = try await cell.call("task_only")
            if cell.back.isModern, answer.text != "done as a task" {
                // Nothing but a task, and nobody who knows tasks.
                return try cell.expect(
                    answer.result?["isError"] == true || answer.error?["code"] == -32021, "got \(answer)")
            }
            let result = try cell.require(answer.result, "there is no result")
            try cell.expect(result["content"], means: [text("done as a task")], "the result")
            try cell.expect(cell.relatedTask(of: result) == nil, "it names a task the client knows nothing of")
        },
    ]
}

extension Cell {
    /// Whether the client can have tasks of this server: of the core where both have them there, else where the gateway
    /// lists them as such.
    fileprivate var hasTasks: Bool {
        guard front == .v2025_11_25, back >= .v2025_11_25 else { return false }
        let name = server.exposed(name: "slow_compute")
        let tool = matrix.lists.tools.first { $0["name"]?.string == name }
        return tool?["execution"]?["taskSupport"] == "optional"
    }

    /// Calls a tool as a task.
    ///
    /// - Returns: the task; `nil` where one side has none, which has been checked then.
    fileprivate func begin(_ tool: String, _ arguments: JSONTree) async throws -> JSONTree? {
        guard front == .v2025_11_25 else {
            try await expectNoTasks()
            return nil
        }
        guard hasTasks else {
            // Who has no tasks takes no notice of the wish for one.
            let answer = try await call(tool, arguments, task: back.isModern ? nil : ["ttl": 60_000])
            try expect(answer.text?.hasPrefix("computed for ") == true, "got \(answer)")
            return nil
        }
        let answer = try await call(tool, arguments, task: ["ttl": 60_000])
        let task = try require(answer.result?["task"], "got \(answer)")
        try expect(answer.result?["content"] == nil, "the answer is task and result at once: \(answer)")
        return task
    }

    /// A client whose revision has no tasks cannot ask for them, nor can one of servers that have none. In 2026-07-28 they
    /// are an extension, which this client does not declare.
    fileprivate func expectNoTasks() async throws {
        meets(.tasks)
        for method in ["tasks/get", "tasks/result", "tasks/cancel"] {
            guard front != .v2025_11_25 || back < .v2025_11_25 else { continue }
            let answer = try await client.request(method, ["taskId": "nobody-gave-this"])
            if front.isModern, method != "tasks/result", answer.error?["code"] == -32021 { continue }
            try expectError(answer, code: front == .v2025_11_25 ? -32602 : -32601)
        }
    }

    fileprivate func relatedTask(of value: JSONTree?) -> JSONTree? {
        value?["_meta"]?["io.modelcontextprotocol/related-task"]?["taskId"]
    }
}
