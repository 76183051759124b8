/// A task of the extension as `tasks/get` and `notifications/tasks` tell it: flat, and with what came of it inside (Tasks
/// Extension, "DetailedTask").
///
/// In 2025-11-25 what comes of a task is asked for separately, by `tasks/result`, and a tool that failed has made its task
/// fail: here that is a task completed with a result that says so, and only a JSON-RPC error is a failure.
package struct DetailedTask: Equatable, Sendable {
    package enum Detail: Equatable, Sendable {
        /// Nothing yet, or nothing any more: the task is at work, or cancelled.
        case none
        /// What the client has to answer before the task can go on; empty while it is not known what that is.
        case questions([InputRequired.Question])
        /// The result of the request that became the task.
        case result(RawJSON)
        case error(JSONRPCError)
    }

    package let id: String
    package let status: TaskStatus
    package let detail: Detail
    /// How long to wait before asking again, in milliseconds; `nil` when the server does not say.
    package let pollIntervalMilliseconds: Int64?
    /// As it was given: of either form.
    private let raw: RawJSON

    private static let members = ["taskId", "status", "pollIntervalMs", "result", "error", "inputRequests"]

    /// Reads the result of `tasks/get`, the params of `notifications/tasks`, or the result of a call that became a task.
    ///
    /// A `task` of its own inside is looked into: there are servers that write it as 2025-11-25 does.
    package init(extensionTask given: RawJSON) throws(MessageError) {
        let value = given.flatTask
        let editor = ObjectEditor(value, Self.members)
        guard let id = editor[0]?.stringValue else { throw MessageError(path: "taskId", fact: "must be a string") }
        guard let status = editor[1]?.stringValue.flatMap(TaskStatus.init(rawValue:)) else {
            throw MessageError(path: "status", fact: "must be a status of a task")
        }
        switch status {
        case .working, .cancelled: detail = .none
        case .inputRequired: detail = .questions(try InputRequired.questions(in: editor[5], path: "inputRequests"))
        case .completed:
            guard let result = editor[3], result.kind == .object else {
                throw MessageError(path: "result", fact: "must be an object, for the task is completed")
            }
            detail = .result(result)
        case .failed:
            guard let error = editor[4].flatMap(JSONRPCError.init(_:)) else {
                throw MessageError(path: "error", fact: "must be an error, for the task has failed")
            }
            detail = .error(error)
        }
        self.id = id
        self.status = status
        pollIntervalMilliseconds = editor[2]?.intValue
        raw = value
    }

    /// A `Task` of 2025-11-25 with what is known of its outcome.
    ///
    /// What came of a task decides its status. Without it, one that should have a result is still at work: the client asks
    /// again. One that has failed for reasons unknown has failed with an internal error.
    ///
    /// - Parameter detail: a result in the form of 2026-07-28, see ``RawJSON/toolResult(from:for:structuredIsWrapped:)``.
    package init(coreTask task: RawJSON, detail: Detail) throws(MessageError) {
        let editor = ObjectEditor(task, ["taskId", "status", "pollInterval", "statusMessage"])
        guard let id = editor[0]?.stringValue else { throw MessageError(path: "taskId", fact: "must be a string") }
        guard let status = editor[1]?.stringValue.flatMap(TaskStatus.init(rawValue:)) else {
            throw MessageError(path: "status", fact: "must be a status of a task")
        }
        self.id = id
        pollIntervalMilliseconds = editor[2]?.roundedInteger
        raw = task
        switch (status, detail) {
        case (.cancelled, _): (self.status, self.detail) = (.cancelled, .none)
        case (_, .result): (self.status, self.detail) = (.completed, detail)
        case (_, .error): (self.status, self.detail) = (.failed, detail)
        case (.inputRequired, .questions(let questions)) where !questions.isEmpty:
            (self.status, self.detail) = (.inputRequired, detail)
        case (.failed, _):
            let error = JSONRPCError(
                code: ErrorCode.internalError, message: editor[3]?.stringValue ?? "the task has failed")
            (self.status, self.detail) = (.failed, .error(error))
        case (.working, _), (.inputRequired, _), (.completed, _): (self.status, self.detail) = (.working, .none)
        }
    }

    /// Of the extension, an object: the params of `notifications/tasks`, or with ``RawJSON/completeResult(serverInfo:)``
    /// the result of `tasks/get`.
    package var extensionTask: RawJSON {
        var editor = ObjectEditor(raw.withExtensionNames, ["status", "result", "error", "inputRequests"])
        editor.set(0, to: JSONWriter.quote(status.rawValue))
        for name in 1...3 { editor.remove(name) }
        switch detail {
        case .none: break
        case .questions(let questions): editor.set(3, to: InputRequired.encode(questions))
        case .result(let result): editor.set(1, to: result.withResultType.bytes)
        case .error(let error): editor.set(2, to: error.encode())
        }
        return editor.finish()
    }

    /// A `Task` of 2025-11-25, an object: the result of `tasks/get` and `tasks/cancel`, the params of
    /// `notifications/tasks/status`.
    package var coreTask: RawJSON {
        var task = ObjectEditor(raw.withCoreNames, ["status"])
        task.set(0, to: JSONWriter.quote(coreStatus.rawValue))
        return task.finish()
    }

    /// A tool that failed has made its task fail.
    private var coreStatus: TaskStatus {
        guard case .result(let result) = detail, result.member("isError")?.boolValue == true else { return status }
        return .failed
    }
}

extension RawJSON {
    fileprivate var withResultType: RawJSON {
        var editor = ObjectEditor(self, ["resultType"])
        if editor[0] == nil { editor.set(0, to: Array(#""complete""#.utf8)) }
        return editor.finish()
    }
}
