/// The answer to a request.
package struct JSONRPCResponse: Equatable, Sendable {
    package enum Outcome: Equatable, Sendable {
        case result(RawJSON)
        case error(JSONRPCError)
    }

    /// `nil` only with an error, when the peer could not read the request's id.
    package var id: RequestID?
    package var outcome: Outcome

    package init(id: RequestID?, outcome: Outcome) {
        self.id = id
        self.outcome = outcome
    }
}
