/// Tasks outside of the core: extension `io.modelcontextprotocol/tasks` of MCP 2026-07-28.
package enum TasksExtension {
    package static let id = "io.modelcontextprotocol/tasks"
    /// Tells of a task on a subscription that asked for it; the params are a ``DetailedTask``.
    package static let notification = "notifications/tasks"

    /// Whether a peer with these capabilities knows tasks of this form.
    package static func isDeclared(in capabilities: RawJSON?) -> Bool {
        capabilities?["extensions", id]?.kind == .object
    }

    /// These capabilities, with tasks declared.
    package static func declared(in capabilities: RawJSON) -> RawJSON {
        capabilities.replacing([(["extensions", id], Array("{}".utf8))])
    }

    /// What who asks about tasks, or calls what can only be a task, has to declare: `requiredCapabilities` of error -32021.
    package static let capability = declared(in: .emptyObject)

    /// Whether an error says that the request could only be answered with a task.
    package static func isRequired(by error: JSONRPCError) -> Bool {
        error.code == ErrorCode.missingRequiredClientCapability
            && isDeclared(in: error.data?.member("requiredCapabilities"))
    }

    /// Whether a result is a task instead of the answer.
    package static func isTask(_ result: RawJSON) -> Bool { InputRequired.isResultType("task", of: result) }
}
