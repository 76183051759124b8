import MCPClient
import MCPProtocol

/// What a front waits for while a call is in progress.
package enum RunEvent: Sendable {
    /// A notification for the client, its token and names already the client's own.
    case notification(method: String, params: RawJSON)
    /// The end. Nothing comes after it.
    case finished(RunOutcome, RunFacts)
}

/// What is known of a run besides how it ended. An object: it goes the same long way as the outcome.
package final class RunFacts: Sendable {
    /// The session the call went to last.
    let session: UpstreamSession?
    /// The server that it went to last.
    let server: String
    /// The URI that the client asked for, and the one that this server was asked for instead.
    let uris: (asked: String, sent: String)?
    /// What the server asked last although no client can be asked.
    let refusedQuestion: JSONRPCRequest?
    /// Whether the result has been seen to answer, and not to ask or to name a task (MCP 2026-07-28, Base Protocol,
    /// "`resultType`").
    let hasPlainResult: Bool
    /// The server's.
    let revision: ProtocolRevision

    init(
        session: UpstreamSession?, server: String, uris: (asked: String, sent: String)?,
        refusedQuestion: JSONRPCRequest?, hasPlainResult: Bool
    ) {
        self.session = session
        self.server = server
        self.uris = uris
        self.refusedQuestion = refusedQuestion
        self.hasPlainResult = hasPlainResult
        revision = session?.connection.revision ?? .latestLegacy
    }
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
