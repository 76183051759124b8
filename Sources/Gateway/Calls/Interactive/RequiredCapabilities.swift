import MCPProtocol

/// What a client must declare to be asked something: the `data` of error -32021 (MCP 2026-07-28, Base Protocol, "Errors").
enum RequiredCapabilities {
    /// - Returns: `nil` for what no capability covers.
    static func of(_ question: JSONRPCRequest) -> RawJSON? {
        switch question.method {
        case QuestionForClient.roots: object("roots", nil)
        case QuestionForClient.elicitation:
            object("elicitation", question.params?.member("mode")?.stringValue == "url" ? "url" : "form")
        case QuestionForClient.sampling:
            object("sampling", question.params?.member("tools") == nil ? nil : "tools")
        default: nil
        }
    }

    private static func object(_ name: String, _ part: String?) -> RawJSON {
        RawJSON.emptyObject.replacing([([name] + (part.map { [$0] } ?? []), Array("{}".utf8))])
    }

    static func error(_ required: RawJSON) -> JSONRPCError {
        JSONRPCError(
            code: ErrorCode.missingRequiredClientCapability, message: "Missing required client capability",
            data: RawJSON.emptyObject.replacing([(["requiredCapabilities"], Array(required.bytes))]))
    }
}
