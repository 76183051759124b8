import MCPClient
import MCPProtocol

/// Requests about tasks, and calls that become one (extension `io.modelcontextprotocol/tasks`).
extension ModernDispatcher {
    static let taskMethods: Set<String> = ["tasks/get", "tasks/update", "tasks/cancel"]

    /// - Throws: that the client did not declare the extension, which all who ask about tasks have to.
    static func requireTasks(of request: ModernRequest) throws(JSONRPCError) {
        guard request.partition.capabilities.tasks else { throw RequiredCapabilities.error(TasksExtension.capability) }
    }

    func answerAboutTask(_ request: ModernRequest, _ reply: any Reply) async throws(JSONRPCError) {
        try Self.requireTasks(of: request)
        let params = request.request.params ?? .emptyObject
        if let name = params.duplicatedMember(of: ["taskId", "inputResponses"]) {
            throw .invalidParams("params.\(name) appears more than once")
        }
        guard let id = params.member("taskId")?.stringValue else {
            throw .invalidParams("params.taskId must be a string")
        }
        guard let task = tasks.task(id, of: request.partition.principal) else {
            throw .invalidParams("task \"\(id.prefix(200))\" is unknown or has expired")
        }
        let result: RawJSON
        switch request.request.method {
        case "tasks/get":
            result = RawJSON(unchecked: try await task.details().encodeResult(serverInfo: encodedServerInfo)[...])
        case "tasks/update":
            guard params.member("inputResponses")?.kind == .object else {
                throw .invalidParams("params.inputResponses must be an object")
            }
            let answers: InputAnswers
            do throws(MessageError) {
                answers = try InputAnswers(params: params)
            } catch {
                throw .invalidParams("\(error)")
            }
            try await task.update(answers, params)
            result = RawJSON.emptyObject.completeResult(serverInfo: encodedServerInfo)
        default:
            try await task.cancel(params)
            result = RawJSON.emptyObject.completeResult(serverInfo: encodedServerInfo)
        }
        await reply.send(JSONRPC.response(id: request.id, result: result))
    }

    /// The answer to a call that its server has made a task of.
    ///
    /// - Returns: `nil` for a result that is none.
    func created(
        _ result: RawJSON, of run: CallRun, _ facts: RunFacts, _ request: ModernRequest
    ) async -> Answer? {
        guard run.call.method == "tools/call", request.tasks == .extended, !facts.hasPlainResult,
            let session = facts.session
        else { return nil }
        let created: TaskDescription
        do throws(MessageError) {
            if session.connection.revision.isModern {
                guard TasksExtension.isTask(result) else { return nil }
                created = try TaskDescription(extension: result)
            } else {
                guard run.call.asksForTask, result.member("task")?.kind == .object else { return nil }
                created = try TaskDescription(core: result)
            }
        } catch {
            return Answer(request.id, .internalError("server \"\(run.call.server)\" answered wrongly: \(error)"))
        }
        let task = ClientTask(
            created, in: session, of: run.call.upstream, for: request.partition, origin: request.origin,
            context: request.context, router: router, serverInfo: encodedServerInfo, loop: run.loop)
        // Before the client hears of it: it may ask at once.
        if let refusal = tasks.add(task) {
            session.cancelTask(created.id)
            return Answer(request.id, .internalError(refusal))
        }
        if session.connection.revision.isLegacy, let token = await run.sentToken { await task.hearProgress(of: token) }
        let own = await task.creation().completeResult(serverInfo: encodedServerInfo)
        return Answer(JSONRPC.response(id: request.id, result: own))
    }

    /// Of the tasks that a subscription is about, those of its client.
    func knownTasks(_ ids: [String], of request: ModernRequest) -> [ClientTask] {
        ids.compactMap { tasks.task($0, of: request.partition.principal) }
    }
}
