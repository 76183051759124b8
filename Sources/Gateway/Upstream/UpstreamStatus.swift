import MCPClient
import MCPProtocol

/// What an operator wants to know of an upstream server.
package struct UpstreamStatus: Sendable {
    package enum State: String, Sendable {
        case connecting, ready, failed, stopped
    }

    package var state: State
    /// `nil` before the first connection.
    package var transport: MCPTransportKind?
    /// The last thing that went wrong, and when, as RFC 3339; stays after a recovery.
    package var lastError: (message: String, since: String)?
    /// What is known of the server's era, and from what; `nil` before the first connection, unless it is remembered.
    package var verdict: EraVerdict?
    package var revision: ProtocolRevision?
    package var serverInfo: Implementation?
    package var restarts: Int
    package var processID: Int32?
    /// Sessions open with the server: the common one, and those of clients that need their own.
    package var sessions: Int
    /// Answers of the common session that nobody waited for any more.
    package var lateAnswers: Int
    package var recentErrors: [String]
}
