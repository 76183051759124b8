import MCPProtocol
import Synchronization

/// The tasks of a client, wherever they run.
extension FrontSession {
    /// Tasks on one page of `tasks/list`.
    private static let pageSize = 100

    /// A task of this client; `nil` for any other id.
    func task(_ id: String) -> TaskRegistry.Entry? { state.withLock { $0.tasks.entry(id) } }

    func hasTask(_ upstreamID: String, in session: UpstreamSession) -> Bool {
        state.withLock { $0.tasks.entry(upstreamID: upstreamID, in: session) != nil }
    }

    /// Notes a task that a server has created for this client.
    ///
    /// - Parameter result: the server's `CreateTaskResult`.
    /// - Returns: the same with the gateway's id.
    func register(
        _ result: RawJSON, taskID upstreamID: String, in session: UpstreamSession, of server: String
    ) -> RawJSON {
        let id = SessionStore.makeID()
        let own = result.mappingTaskIDs(in: .createResult) { _ in id }
        let entry = TaskRegistry.Entry(
            id: id, server: server, session: session, upstreamID: upstreamID,
            task: own.member("task") ?? .emptyObject, hasEnded: own.member("task").map(TaskRegistry.hasEnded) ?? false)
        remember(entry)
        return own
    }

    func remember(_ entry: TaskRegistry.Entry) {
        if !entry.hasEnded { entry.session.beginUse() }
        let forgotten = state.withLock { $0.tasks.add(entry) }
        for entry in forgotten where !entry.hasEnded { entry.session.endUse() }
    }

    /// A task as its server describes it, to be told to the client.
    ///
    /// - Returns: the same with the gateway's id; unchanged if it is no task of this client.
    func noteTask(_ task: RawJSON, from session: UpstreamSession?) -> RawJSON {
        guard let upstreamID = task.taskIDs(in: .task).first, let session,
            let entry = state.withLock({ $0.tasks.entry(upstreamID: upstreamID, in: session) })
        else { return task }
        let own = task.mappingTaskIDs(in: .task) { _ in entry.id }
        let ends = state.withLock { $0.tasks.note(own, of: entry.id) }
        if ends { entry.session.endUse() }
        return own
    }

    /// A server has told that a task's status has changed.
    func taskChanged(_ upstreamID: String, in session: UpstreamSession, params: RawJSON) {
        guard hasTask(upstreamID, in: session) else { return }
        let own = noteTask(params, from: session)
        push(JSONRPC.notification(method: "notifications/tasks/status", params: own))
    }

    /// A message of a task, with the gateway's id where it names its task; of a task the client knows nothing of, without.
    func withOwnTaskID(_ message: RawJSON, from session: UpstreamSession?) -> RawJSON {
        guard let upstreamID = RelatedTask.id(in: message) else { return message }
        let entry = session.flatMap { session in
            state.withLock { $0.tasks.entry(upstreamID: upstreamID, in: session) }
        }
        return message.relatedTask(entry?.id)
    }

    func withOwnTaskID(_ request: JSONRPCRequest, from session: UpstreamSession?) -> JSONRPCRequest {
        var request = request
        request.params = request.params.map { withOwnTaskID($0, from: session) }
        return request
    }

    func withOwnTaskID(_ notification: JSONRPCNotification, from session: UpstreamSession?) -> JSONRPCNotification {
        var notification = notification
        notification.params = notification.params.map { withOwnTaskID($0, from: session) }
        return notification
    }

    /// A page of this client's tasks, as last heard of.
    func taskList(_ params: RawJSON?) throws(JSONRPCError) -> RawJSON {
        var start = 0
        let tasks = state.withLock { $0.tasks.all }
        if let cursor = params?.member("cursor"), !cursor.isNull {
            guard let text = cursor.stringValue, let index = tasks.firstIndex(where: { $0.id == text }) else {
                throw .invalidParams("params.cursor is not one of ours, or has expired; start the list again")
            }
            start = index
        }
        let page = tasks[start...].prefix(Self.pageSize)
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("tasks")
        writer.beginArray()
        for entry in page { writer.raw(entry.task) }
        writer.endArray()
        if page.endIndex < tasks.endIndex {
            writer.key("nextCursor")
            writer.string(tasks[page.endIndex].id)
        }
        writer.endObject()
        return RawJSON(unchecked: writer.finish()[...])
    }
}
