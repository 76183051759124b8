import AsyncIO
import MCPClient
import MCPProtocol

/// What the server tells in the course of a call, in the client's terms.
extension CallRun {
    /// The params for the client; `nil` if it should not see the notification.
    func translate(_ notification: JSONRPCNotification) -> RawJSON? {
        guard let params = notification.params, params.kind == .object else { return nil }
        guard notification.method == "notifications/progress" else {
            return caller.session?.withOwnTaskID(params, from: session) ?? params
        }
        // Whatever stream it came on: a token that was never given out is nobody's.
        guard params.member("progressToken").flatMap(RequestID.init(_:))?.echoedInteger == sentToken else {
            // With the result of a task comes what is told of the call that made it.
            if current.taskID != nil { session?.inbox.takeProgress(params) }
            return nil
        }
        let anyToken = caller.takesAllProgress ? params.member("progressToken") : nil
        guard let clientToken = call.progressToken ?? anyToken, let progress = params.member("progress")?.doubleValue
        else { return nil }
        // Progress must increase (MCP, Progress, "Behavior Requirements").
        if let lastProgress, progress <= lastProgress { return nil }
        lastProgress = progress
        let own = RawJSON(unchecked: params.replacingMembers([("progressToken", Array(clientToken.bytes))])[...])
        return caller.session?.withOwnTaskID(own, from: session) ?? own
    }

    /// Takes a notification that came outside of the call's own stream but can only belong to it.
    func take(_ notification: JSONRPCNotification) {
        guard !isCancelled else { return }
        let told = caller.session?.withOwnTaskID(notification, from: session) ?? notification
        // It may have ended between the look and the hop here: then the client is told outside of the call.
        if case .running = state { caller.link?.note(told) } else { caller.session?.notify(told) }
    }
}
