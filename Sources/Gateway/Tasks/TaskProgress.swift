import MCPClient
import MCPProtocol

/// Progress that a server of 2025-11-25 tells of a task, under the token that the call which made the task was given (MCP
/// 2025-11-25, Tasks, "Task Progress"). The extension has none: what it says for people becomes the task's status message.
struct TaskProgress: Equatable, Sendable {
    let token: Int64
    let value: Double
    /// For people; the beginning of it, where it is long.
    let message: String

    /// As much of a message as is kept, as there is one for each task.
    private static let maxMessageBytes = 4 << 10

    /// - Parameter params: of `notifications/progress`.
    /// - Returns: `nil` where there is nothing for people in it.
    init?(_ params: RawJSON) {
        guard let token = params.member("progressToken").flatMap(RequestID.init(_:))?.echoedInteger,
            let value = params.member("progress")?.doubleValue, let message = params.member("message")?.stringValue
        else { return nil }
        self.token = token
        self.value = value
        self.message = String(decoding: message.utf8.prefix(Self.maxMessageBytes), as: UTF8.self)
    }
}
