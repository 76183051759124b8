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
}
