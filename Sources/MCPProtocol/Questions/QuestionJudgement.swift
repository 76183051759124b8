/// What becomes of a server's question to a client.
package enum QuestionJudgement: Equatable, Sendable {
    /// The client can be asked, with these params; what it answers goes back through `answer`.
    case deliver(params: RawJSON?, answer: AnswerConversion)
    /// The client cannot be asked; the server gets this answer.
    case refuse(JSONRPCResponse.Outcome)

    /// Whether and how a server's request can be put to a client.
    ///
    /// - Parameters:
    ///   - capabilities: what the client declared.
    ///   - revision: what the client speaks. The params are in its form then, every byte that need not change as it was.
    package static func judge(
        _ request: JSONRPCRequest, for capabilities: ClientCapabilities, revision: ProtocolRevision
    ) -> QuestionJudgement {
        QuestionForClient(method: request.method, params: request.params).judged(for: capabilities, revision: revision)
    }
}
