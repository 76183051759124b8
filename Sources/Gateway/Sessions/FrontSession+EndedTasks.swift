import AsyncIO
import MCPProtocol

/// Tasks of a client of 2025-11-25 whose server answered at once. Whoever asks for a task is to get one (MCP 2025-11-25,
/// Tasks, "Task Creation"), so the gateway keeps the answer as the result of a task that has ended.
extension FrontSession {
    /// - Parameters:
    ///   - result: the tool's, in the client's form.
    ///   - session: where the call was made.
    /// - Returns: the result that tells the client of the task.
    func register(ended result: RawJSON, in session: UpstreamSession, of server: String) -> RawJSON {
        let id = SessionStore.makeID()
        let now = Log.timestamp()
        let hasFailed = result.member("isError")?.boolValue == true
        let task = TaskDescription(
            id: id, status: hasFailed ? .failed : .completed, createdAt: now, lastUpdatedAt: now, ttl: nil)
        remember(
            TaskRegistry.Entry(
                id: id, server: server, session: session, upstreamID: nil,
                task: RawJSON(unchecked: task.encodeCore()[...]), hasEnded: true, result: result.detached()))
        return RawJSON(unchecked: task.encodeCoreCreation()[...])
    }

    /// The answer to a request about such a task.
    ///
    /// - Returns: `nil` for requests about anything else.
    func answerAboutEndedTask(_ request: JSONRPCRequest) throws(JSONRPCError) -> RawJSON? {
        guard let id = request.params?.member("taskId")?.stringValue, let entry = task(id), let result = entry.result
        else { return nil }
        switch request.method {
        case "tasks/get": return entry.task
        case "tasks/result": return result.relatedTask(id)
        case "tasks/cancel": throw .invalidParams("task \"\(id)\" has ended already")
        default: return nil
        }
    }
}
