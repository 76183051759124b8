import MCPProtocol

/// Why a server could not be reached, or a request to it has no answer.
///
/// An answer that is a JSON-RPC error is *not* one of these: it is an answer.
package struct MCPClientError: Error, Sendable, CustomStringConvertible {
    package enum Kind: Sendable, Hashable {
        /// No connection, no process: nothing was sent.
        case connectionFailed
        /// The connection or process ended while the answer was awaited.
        case closed
        /// Nothing came until the deadline of the wait.
        case timedOut
        /// The task that waited was cancelled.
        case cancelled
        /// The server does not know our session any more (HTTP 404); it did not process the request.
        case sessionExpired
        /// The server wants other credentials than it was given (HTTP 401 or 403).
        case unauthorized
        /// An HTTP status that is neither an answer nor one of the above.
        case unexpectedStatus(Int)
        /// The server broke the protocol.
        case protocolViolation
        /// A message over a limit.
        case tooLarge(limit: Int)
        /// The server takes no more: too much is waiting to be written to it.
        case overloaded
        /// The server and we speak no common revision, or it refused the handshake.
        case handshakeRefused
    }

    package let kind: Kind
    /// The cause in words, without secrets.
    package let detail: String
    /// Whether the server may have acted on the request. Only a request that was certainly not executed may be sent
    /// again without asking.
    package let mayHaveExecuted: Bool

    package init(_ kind: Kind, _ detail: String, mayHaveExecuted: Bool) {
        self.kind = kind
        self.detail = detail
        self.mayHaveExecuted = mayHaveExecuted
    }

    /// What a wait on an exchange ends with that was cancelled or is over.
    static let givenUp = MCPClientError(.cancelled, "the request was given up", mayHaveExecuted: true)

    /// `initialize` is sent once, by the connection itself.
    static let secondInitialize = MCPClientError(
        .protocolViolation, "a session is initialized once, when it is opened", mayHaveExecuted: false)

    package var description: String { detail }

    /// A short fixed word for metrics and for `data.stage`.
    package var label: String {
        switch kind {
        case .connectionFailed: "connect"
        case .closed: "closed"
        case .timedOut: "timeout"
        case .cancelled: "cancelled"
        case .sessionExpired: "session"
        case .unauthorized: "auth"
        case .unexpectedStatus: "status"
        case .protocolViolation: "protocol"
        case .tooLarge: "too_large"
        case .overloaded: "overloaded"
        case .handshakeRefused: "handshake"
        }
    }
}
