/// A task of the extension with all there is to say of it: what `tasks/get` answers and `notifications/tasks` tells.
package struct DetailedTask: Equatable, Sendable {
    package enum Detail: Equatable, Sendable {
        /// Nothing more: it is at work, or was cancelled.
        case none
        /// What has to be answered before it goes on.
        case inputRequests([InputRequired.Question])
        /// The answer to the call it was made of.
        case result(RawJSON)
        /// The error in its place.
        case error(JSONRPCError)
    }

    /// Its status always goes with ``detail``.
    package private(set) var task: TaskDescription
    package private(set) var detail: Detail

    /// - Parameter value: the result of `tasks/get`, or the params of `notifications/tasks`.
    /// - Throws: what makes it unusable: a task that has ended says how.
    package init(_ value: RawJSON) throws(MessageError) {
        task = try TaskDescription(extension: value)
        let given = value.member("taskId") == nil ? value.member("task") ?? value : value
        switch task.status {
        case .working, .cancelled: detail = .none
        case .inputRequired:
            detail = .inputRequests(
                try InputRequired.questions(in: given.member("inputRequests"), path: "task.inputRequests"))
        case .completed:
            guard let result = given.member("result"), result.kind == .object else {
                throw MessageError(path: "task.result", fact: "must be an object")
            }
            detail = .result(result)
        case .failed:
            guard let error = given.member("error").flatMap(JSONRPCError.init(_:)) else {
                throw MessageError(path: "task.error", fact: "must be an error object")
            }
            detail = .error(error)
        }
    }

    /// A task of 2025-11-25.
    ///
    /// - Parameters:
    ///   - questions: those its server waits for answers to, which that revision does not put into the task.
    ///   - outcome: what `tasks/result` answered, once it has ended. There a failed task may have a result, of a tool that
    ///     could not do its work; here that is a completed one, and only an error makes it fail.
    package init(core task: TaskDescription, questions: [InputRequired.Question], outcome: JSONRPCResponse.Outcome?) {
        self.task = task
        switch (task.status, outcome) {
        case (.completed, .result(let result)?), (.failed, .result(let result)?):
            self.task.status = .completed
            detail = .result(result)
        case (.completed, .error(let error)?), (.failed, .error(let error)?):
            self.task.status = .failed
            detail = .error(error)
        case (.cancelled, _): detail = .none
        default:
            // What is asked is what there is to answer: without a question nothing but time is missing.
            self.task.status = questions.isEmpty ? .working : .inputRequired
            detail = questions.isEmpty ? .none : .inputRequests(questions)
        }
    }

    /// The task in the words of 2025-11-25, where a tool that could not do its work has failed.
    package var core: TaskDescription {
        guard case .result(let result) = detail, result.member("isError")?.boolValue == true else { return task }
        var failed = task
        failed.status = .failed
        return failed
    }

    /// The same under another id.
    package func identified(as id: String) -> DetailedTask {
        var own = self
        own.task.id = id
        return own
    }

    /// The same with a limit of its life in milliseconds, where its own is longer.
    package func limited(toTTL limit: Int64) -> DetailedTask {
        var own = self
        own.task.ttl = min(task.ttl ?? limit, limit)
        return own
    }

    /// The same with the result that `map` makes of its own.
    package func mappingResult(_ map: (RawJSON) -> RawJSON) -> DetailedTask {
        guard case .result(let result) = detail else { return self }
        var own = self
        own.detail = .result(map(result))
        return own
    }

    /// The same, ended by an error.
    package func failed(_ error: JSONRPCError) -> DetailedTask {
        var own = self
        own.task.status = .failed
        own.detail = .error(error)
        return own
    }

    /// The same with these questions open; at work, if there are none.
    package func asking(_ questions: [InputRequired.Question]) -> DetailedTask {
        var own = self
        own.task.status = questions.isEmpty ? .working : .inputRequired
        own.detail = questions.isEmpty ? .none : .inputRequests(questions)
        return own
    }

    // MARK: Writing

    /// As the result of `tasks/get`.
    ///
    /// - Parameter serverInfo: who answers, an object.
    package func encodeResult(serverInfo: [UInt8]) -> [UInt8] {
        encode { writer in
            writer.key("resultType")
            writer.string("complete")
        } last: { writer in
            writer.key("_meta")
            writer.beginObject()
            writer.key(MetaKey.serverInfo)
            writer.raw(serverInfo)
            writer.endObject()
        }
    }

    /// As the params of `notifications/tasks`.
    package func encodeParams() -> [UInt8] {
        encode { _ in
        } last: { _ in
        }
    }

    private func encode(
        first: (inout JSONWriter) -> Void, last: (inout JSONWriter) -> Void
    ) -> [UInt8] {
        var writer = JSONWriter(capacity: 512)
        writer.beginObject()
        first(&writer)
        task.write(to: &writer)
        switch detail {
        case .none: break
        case .inputRequests(let questions):
            writer.key("inputRequests")
            InputRequired.write(questions, to: &writer)
        case .result(let result):
            writer.key("result")
            writer.raw(result)
        case .error(let error):
            writer.key("error")
            writer.raw(error.encode())
        }
        last(&writer)
        writer.endObject()
        return writer.finish()
    }
}
