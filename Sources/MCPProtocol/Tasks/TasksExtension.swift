/// Tasks of 2026-07-28, which are an extension: clients that declare it may get a task instead of a tool's result.
///
/// Only in name those of 2025-11-25, see ``DetailedTask``.
package enum TasksExtension {
    package static let id = "io.modelcontextprotocol/tasks"
    /// Tells a subscription with `taskIds` that a task has changed.
    package static let notification = "notifications/tasks"
    /// What 2025-11-25 tells instead.
    package static let coreNotification = "notifications/tasks/status"
    /// The `resultType` of a result that is a task.
    package static let resultType = "task"
}
