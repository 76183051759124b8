/// A request of a server, to be put to a client: MCP 2025-11-25, Client Features.
package struct QuestionForClient: Equatable, Sendable {
    package static let roots = "roots/list"
    package static let sampling = "sampling/createMessage"
    package static let elicitation = "elicitation/create"

    package var method: String
    package var params: RawJSON?

    package init(method: String, params: RawJSON? = nil) {
        self.method = method
        self.params = params
    }

    /// Whether and how a client can be asked. A `ping` needs none: it is answered at once.
    package func judged(for client: ClientCapabilities, revision: ProtocolRevision) -> QuestionJudgement {
        do throws(JSONRPCError) {
            switch method {
            case "ping": return .refuse(.result(.emptyObject))
            case Self.roots: return try judgedRoots(client, revision)
            case Self.sampling: return try judgedSampling(client, revision)
            case Self.elicitation: return try judgedElicitation(client, revision)
            default:
                throw JSONRPCError(code: ErrorCode.methodNotFound, message: "\(method) is no question for a client")
            }
        } catch {
            return .refuse(.error(error))
        }
    }

    private func judgedRoots(
        _ client: ClientCapabilities, _ revision: ProtocolRevision
    ) throws(JSONRPCError) -> QuestionJudgement {
        guard client.roots else { throw lacking("roots") }
        guard let params else { return .deliver(params: nil, answer: .unchanged) }
        guard params.kind == .object else { throw invalid("params", "must be an object") }
        let own = params.replacing(Self.hopMembers(for: revision))
        return .deliver(params: revision.isModern && own.isEmptyObject ? nil : own, answer: .unchanged)
    }

    private func judgedSampling(
        _ client: ClientCapabilities, _ revision: ProtocolRevision
    ) throws(JSONRPCError) -> QuestionJudgement {
        guard client.sampling else { throw lacking("sampling") }
        let params = try object(whereOnce: ["messages", "tools", "toolChoice", "includeContext"])
        if !client.samplingTools {
            for name in ["tools", "toolChoice"] where params.member(name).map({ !$0.isNull }) ?? false {
                throw invalid(
                    "params.\(name)", "needs the capability \"sampling.tools\", which the client did not declare")
            }
        }
        guard let messages = params.member("messages"), messages.kind == .array else {
            throw invalid("params.messages", "must be an array")
        }
        if let fault = Self.fault(inMessages: messages, client, revision) { throw invalid(fault.path, fault.fact) }
        var changes = Self.hopMembers(for: revision)
        if let context = params.member("includeContext"),
            context.isString("thisServer") || context.isString("allServers")
        {
            // The client has one server, the gateway: "this server" would be the context of all behind it.
            changes.append((["includeContext"], Array("\"none\"".utf8)))
        }
        return .deliver(params: params.replacing(changes), answer: .unchanged)
    }

    /// The first content in `messages` that the client cannot read.
    private static func fault(
        inMessages messages: RawJSON, _ client: ClientCapabilities, _ revision: ProtocolRevision
    ) -> MessageError? {
        var fault: MessageError?
        var index = 0
        messages.forEachElement { message in
            let path = "params.messages[\(index)].content"
            index += 1
            guard let content = message.member("content") else { return true }
            let lacksTools = "needs the capability \"sampling.tools\", which the client did not declare"
            if content.kind == .array, !client.samplingTools {
                fault = MessageError(path: path, fact: "is an array, which \(lacksTools)")
            } else if let type = content.member("type") {
                if type.isString("tool_use") || type.isString("tool_result"), !client.samplingTools {
                    fault = MessageError(path: path, fact: lacksTools)
                } else if type.isString("audio"), !revision.hasAudioContent {
                    fault = MessageError(path: path, fact: "is audio, which MCP \(revision.rawValue) does not have")
                }
            }
            return fault == nil
        }
        return fault
    }

    private func judgedElicitation(
        _ client: ClientCapabilities, _ revision: ProtocolRevision
    ) throws(JSONRPCError) -> QuestionJudgement {
        let params = try object(whereOnce: ["mode", "message", "requestedSchema", "url"])
        let mode = params.member("mode")
        if mode?.isString("url") ?? false {
            guard client.elicitationURL else { throw invalid("params.mode", "\"url\" is not supported by the client") }
            for name in ["message", "url"] { try string(name, of: params) }
            return .deliver(params: params.replacing(Self.hopMembers(for: revision)), answer: .unchanged)
        }
        guard mode?.isString("form") ?? true else { throw invalid("params.mode", "must be \"form\" or \"url\"") }
        // As if the user had said no: a tool that asks has to live with that answer anyway.
        guard client.elicitationForm else { return .refuse(.result(Self.declined)) }
        try string("message", of: params)
        guard let schema = params.member("requestedSchema"), schema.kind == .object else {
            throw invalid("params.requestedSchema", "must be an object")
        }
        var changes = Self.hopMembers(for: revision)
        if !revision.hasURLElicitation { changes.append((["mode"], nil)) }
        guard !revision.hasChoiceSchemas else {
            return .deliver(params: params.replacing(changes), answer: .unchanged)
        }
        do throws(MessageError) {
            let form = try SimplifiedForm(schema, path: "params.requestedSchema")
            changes.append((["requestedSchema"], Array(form.schema.bytes)))
            return .deliver(params: params.replacing(changes), answer: form.answer)
        } catch {
            throw invalid(error.path, error.fact)
        }
    }

    static let declined = RawJSON(unchecked: Array(#"{"action":"decline"}"#.utf8)[...])
    /// The answer to an elicitation that nobody has looked at.
    package static let cancelled = RawJSON(unchecked: Array(#"{"action":"cancel"}"#.utf8)[...])

    /// What means something on one connection only: the server's progress token, its wish for a task, which was never
    /// offered to it, and, for those who know it, the task the question belongs to. In results of 2026-07-28 questions are
    /// no requests of their own: they have no `_meta`, nor an id by which something would be told of them later.
    private static func hopMembers(for revision: ProtocolRevision) -> [(path: [String], value: [UInt8]?)] {
        if revision.isModern { return [(["_meta"], nil), (["task"], nil), (["elicitationId"], nil)] }
        var members: [(path: [String], value: [UInt8]?)] = [(["_meta", "progressToken"], nil), (["task"], nil)]
        if !revision.hasCoreTasks { members.append((["_meta", RelatedTask.key], nil)) }
        return members
    }

    /// The params, in which two readers cannot see different `names`.
    private func object(whereOnce names: [String]) throws(JSONRPCError) -> RawJSON {
        guard let params, params.kind == .object else { throw invalid("params", "must be an object") }
        if let name = params.duplicatedMember(of: names) { throw invalid("params.\(name)", "appears more than once") }
        return params
    }

    private func string(_ name: String, of params: RawJSON) throws(JSONRPCError) {
        guard params.member(name)?.kind == .string else { throw invalid("params.\(name)", "must be a string") }
    }

    private func invalid(_ path: String, _ fact: String) -> JSONRPCError {
        JSONRPCError(code: ErrorCode.invalidParams, message: "\(method): \(path) \(fact)")
    }

    private func lacking(_ capability: String) -> JSONRPCError {
        JSONRPCError(
            code: ErrorCode.methodNotFound,
            message: "\(method): the client did not declare the capability \"\(capability)\"")
    }
}
