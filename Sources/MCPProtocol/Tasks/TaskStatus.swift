/// How far a task is: MCP 2025-11-25, Tasks, "Task Status Lifecycle".
package enum TaskStatus: String, CaseIterable, Hashable, Sendable {
    case working
    case inputRequired = "input_required"
    case completed, failed, cancelled

    /// Nothing follows any more.
    package var isTerminal: Bool { self == .completed || self == .failed || self == .cancelled }
}
