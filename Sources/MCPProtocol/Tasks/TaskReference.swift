/// Where messages of MCP 2025-11-25, Tasks, have the id of a task.
package enum TaskReference: Hashable, Sendable {
    /// The result of a call that asked for a task: `task.taskId`.
    case createResult
    /// A task itself, or what names one: `taskId`. Results of `tasks/get` and `tasks/cancel`, params of
    /// `notifications/tasks/status` and of requests about a task.
    case task
    /// The result of `tasks/list`: `tasks[].taskId`.
    case list
}

extension RawJSON {
    /// The ids of the tasks in this value, in order.
    package func taskIDs(in place: TaskReference) -> [String] {
        var ids: [String] = []
        forEachTaskID(in: place) { value in
            if let id = value.stringValue { ids.append(id) }
        }
        return ids
    }

    /// This value with the ids of its tasks replaced by what `map` makes of them and every other byte as it was.
    ///
    /// - Parameter map: `nil` keeps the id.
    package func mappingTaskIDs(in place: TaskReference, _ map: (String) -> String?) -> RawJSON {
        var edits: [JSONEdit] = []
        forEachTaskID(in: place) { value in
            guard let id = value.stringValue, let mapped = map(id), !mapped.utf8.elementsEqual(id.utf8) else { return }
            edits.append(JSONEdit(value, JSONWriter.quote(mapped)))
        }
        return applying(edits)
    }

    private func forEachTaskID(in place: TaskReference, _ body: (RawJSON) -> Void) {
        func visit(_ task: RawJSON?) {
            if let id = task?.member("taskId"), id.kind == .string { body(id) }
        }
        switch place {
        case .createResult: visit(member("task"))
        case .task: visit(self)
        case .list:
            member("tasks")?.forEachElement { task in
                visit(task)
                return true
            }
        }
    }

    /// These params of `tools/call` asking for a task.
    ///
    /// - Parameter ttl: how long the server is to keep it, in milliseconds; `nil` leaves that to the server.
    package func addingTask(ttl: Int64?) -> RawJSON {
        replacing([(["task"], Array((ttl.map { "{\"ttl\":\($0)}" } ?? "{}").utf8))])
    }
}

extension RawJSON {
    /// The params of a request about one task.
    package static func taskParams(_ id: String) -> [UInt8] {
        Array("{\"taskId\":".utf8) + JSONWriter.quote(id) + [.closeBrace]
    }
}
