/// The answer to a request.
package struct JSONRPCResponse: Equatable, Sendable {
    package enum Outcome: Equatable, Sendable {
        case result(RawJSON)
        case error(JSONRPCError)
    }

    /// `nil` only with an error, when the peer could not read the request's id.
    package var id: RequestID?
    package var outcome: Outcome
    /// Whether whoever read it has seen that its result is an answer, and neither asks nor names a task (MCP 2026-07-28,
    /// Base Protocol, "`resultType`").
    package var hasPlainResult = false

    package init(id: RequestID?, outcome: Outcome) {
        self.id = id
        self.outcome = outcome
    }
}
