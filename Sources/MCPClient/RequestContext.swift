import MCPProtocol

/// What a request says of the client it is made for, beside its params.
///
/// Servers of the revisions with a handshake hear of a client at the beginning of its session, and of its log level by a
/// request of its own: for them this is without meaning. For all others it stands in the request's `_meta` (MCP
/// 2026-07-28, Base Protocol, "`_meta`").
package struct RequestContext: Sendable {
    /// The client itself, an object; `nil`: who opened the connection.
    package var clientInfo: RawJSON?
    /// What the client can be asked, an object; `nil`: what the connection was opened with.
    package var capabilities: RawJSON?
    /// The least severe log messages the client wants; `nil`: what the connection was asked for by `logging/setLevel`.
    package var logLevel: String?
    /// `Mcp-Param-*` headers of the client's that its tool does not declare, for a server that reads headers (MCP
    /// 2026-07-28, Transports, "Custom Headers"). They go with the call of the tool alone.
    package var parameterHeaders: [(name: String, value: String)] = []
    /// Hands a result that asks (`input_required`) out as the answer it is. Otherwise the exchange hands out its questions
    /// as ``ExchangeEvent/request(_:)``, and asks again with their answers.
    package var handsOutQuestions = false
    /// What becomes of a task that the server makes of the request, and how tasks are spoken of.
    package var tasks = Tasks.awaited

    package enum Tasks: Hashable, Sendable {
        /// Whoever made the request knows none. The server is told that tasks are understood only if the request cannot be
        /// answered without one; the exchange then waits for the task's end, and its outcome is the answer.
        case awaited
        /// As in the core of MCP 2025-11-25: a task is handed out in a result as that revision has it, and is asked about
        /// by that revision's requests.
        case core
        /// As in the extension: all passes as it is.
        case extended
    }

    package init() {}
}
