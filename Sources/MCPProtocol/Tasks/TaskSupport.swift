/// Whether a tool runs as a task: `execution.taskSupport` of MCP 2025-11-25, Tools.
package enum TaskSupport: String, Hashable, Sendable {
    case forbidden, optional, required

    /// A tool that does not say, or says something unknown, does not.
    package init(ofTool definition: RawJSON) {
        self = definition["execution", "taskSupport"]?.stringValue.flatMap(TaskSupport.init(rawValue:)) ?? .forbidden
    }
}

extension RawJSON {
    /// This tool for clients of 2025-11-25, saying whether it runs as a task: tools of 2026-07-28 do not say, their server
    /// decides with each call.
    package func runningAsTask(_ support: TaskSupport) -> RawJSON {
        replacing([(["execution", "taskSupport"], JSONWriter.quote(support.rawValue))])
    }
}
