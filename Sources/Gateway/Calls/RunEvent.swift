import MCPClient
import MCPProtocol

/// What a front waits for while a call is in progress.
package enum RunEvent: Sendable {
    /// A notification for the client, its token and names already the client's own.
    case notification(method: String, params: RawJSON)
    /// The end. Nothing comes after it.
    case finished(RunOutcome)
}

/// How a call ended.
package enum RunOutcome: Sendable {
    case result(RawJSON)
    /// The server's own error answer.
    case error(JSONRPCError)
    /// A large outcome that is passed on while it arrives.
    case stream(any OutcomeStream)
    /// No answer from the server.
    case failed(UpstreamFailure)
    /// The client gave the call up; it gets no answer.
    case cancelled
}
