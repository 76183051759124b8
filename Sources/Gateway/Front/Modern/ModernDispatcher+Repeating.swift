import AsyncIO
import MCPProtocol

/// Calls that are no longer in progress here when their client comes back with answers: another gateway has them, or they
/// ended with a gateway that is gone.
extension ModernDispatcher {
    /// Makes the call again where its server is configured for that (`replay`) and it does no harm; what it asks as before is
    /// answered by what the client has brought, anything else is asked anew.
    ///
    /// - Parameters:
    ///   - asked: what the client was asked, by key; empty where the call is not to be repeated.
    ///   - keeper: who had the call.
    func beginAgain(
        _ request: ModernRequest, asked: [String: String], keeper: String, of server: String,
        with answers: InputAnswers, _ reply: any Reply, _ cancellation: RequestCancellation, on loop: EventLoop
    ) async throws(JSONRPCError) {
        let isElsewhere = keeper != sealer.keeper
        guard !asked.isEmpty else { throw Self.noLongerInProgress(elsewhere: isElsewhere) }
        var sent = request.request
        sent.params = sent.params?.replacing([(["inputResponses"], nil), (["requestState"], nil)])
        let recalled = RecalledAnswers(to: asked, answers.responses, fromElsewhere: isElsewhere)
        try await begin(sending: sent, request, of: server, recalling: recalled, reply, cancellation, on: loop)
    }

    /// - Parameter elsewhere: it was in progress at another gateway, or at this one before it was restarted.
    static func noLongerInProgress(elsewhere: Bool) -> JSONRPCError {
        var error = JSONRPCError.invalidParams(
            "params.requestState: the call that asked is no longer in progress; call again")
        if elsewhere { error.data = RawJSON(unchecked: Array(#"{"restarted":true}"#.utf8)[...]) }
        return error
    }
}
