extension QuestionForClient {
    /// What is wrong with a client's result, `nil` when it has the shape its method asks for. A cheap look: members
    /// beyond those that every reader relies on are the server's to judge.
    package static func isValidAnswer(method: String, result: RawJSON) -> String? {
        guard result.kind == .object else { return "result must be an object" }
        switch method {
        case elicitation:
            let (action, content) = result.members("action", "content")
            guard let action, action.isString("accept") || action.isString("decline") || action.isString("cancel")
            else {
                return "result.action must be \"accept\", \"decline\" or \"cancel\""
            }
            if let content, content.kind != .object, !content.isNull { return "result.content must be an object" }
        case sampling:
            let (role, content, model) = result.members("role", "content", "model")
            guard let role, role.isString("assistant") || role.isString("user") else {
                return "result.role must be \"assistant\" or \"user\""
            }
            guard content?.kind == .object || content?.kind == .array else {
                return "result.content must be an object or an array"
            }
            guard model?.kind == .string else { return "result.model must be a string" }
        case roots:
            guard result.member("roots")?.kind == .array else { return "result.roots must be an array" }
        default:
            break
        }
        return nil
    }
}

extension RawJSON {
    /// These params of `elicitation/create` with `[server] ` before their message: behind a gateway, the user would not
    /// know otherwise who is asking (MCP 2025-11-25, Elicitation, "Security Considerations").
    package func naming(server: String) -> RawJSON {
        guard let message = member("message"), message.kind == .string else { return self }
        let quote = message.bytes.startIndex
        // With the opening quote, without the closing one: the message's own bytes follow.
        return applying([JSONEdit(quote..<(quote + 1), JSONWriter.quote("[\(server)] ").dropLast())])
    }

    /// This answer of a client to a question, as a server of `revision` can read it, whatever the client speaks. An answer of
    /// the right shape: see ``QuestionForClient/isValidAnswer(method:result:)``.
    ///
    /// - Parameter method: of the question.
    package func answer(to method: String, for revision: ProtocolRevision) -> RawJSON {
        var editor = ObjectEditor(self, Self.answerMembers)
        // Answers are no results in 2026-07-28, and have no type; before, no result has one.
        editor.remove(0)
        if revision.isModern, method == QuestionForClient.elicitation {
            editor.remove(1)
        } else {
            editor.removeEnvelope(from: 1, Self.answerMeta(for: revision))
        }
        if method == QuestionForClient.elicitation, let content = editor[2], content.isNull { editor.remove(2) }
        let answer = editor.finish()
        return method == QuestionForClient.sampling ? answer.samplingResult(for: revision) : answer
    }

    private static let answerMembers = ["resultType", "_meta", "content"]

    private static func answerMeta(for revision: ProtocolRevision) -> [String] {
        revision.hasCoreTasks ? MetaKey.envelope : MetaKey.envelope + [RelatedTask.key]
    }
}
