/// Whether a tool runs as a task: `execution.taskSupport` of MCP 2025-11-25, Tools.
package enum TaskSupport: String, Hashable, Sendable {
    case forbidden, optional, required

    /// A tool that does not say, or says something unknown, does not.
    package init(ofTool definition: RawJSON) {
        self = definition["execution", "taskSupport"]?.stringValue.flatMap(TaskSupport.init(rawValue:)) ?? .forbidden
    }
}

extension RawJSON {
    /// This tool as one that can be called as a task.
    package var supportingTasks: RawJSON {
        replacing([(["execution", "taskSupport"], JSONWriter.quote(TaskSupport.optional.rawValue))])
    }
}
