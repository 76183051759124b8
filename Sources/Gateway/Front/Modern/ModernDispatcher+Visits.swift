import AsyncIO
import MCPClient
import MCPProtocol

/// Calls that a server of 2025-11-25 has ended because its user has to visit URLs first (MCP 2025-11-25, Elicitation, "URL
/// Mode With Elicitation Required Error"): the client is asked to, and makes the call again.
extension ModernDispatcher {
    /// The answer that asks for the visits.
    ///
    /// - Returns: `nil` where the client cannot be asked for any.
    func visit(
        _ error: JSONRPCError, of run: CallRun, in session: UpstreamSession?, _ request: ModernRequest
    ) -> Answer? {
        guard request.partition.capabilities.elicitationURL else {
            guard run.call.toolName != nil, let required = URLElicitationRequired(error) else { return nil }
            let result = required.toolResult.completeResult(serverInfo: encodedServerInfo)
            return Answer(JSONRPC.response(id: request.id, result: result))
        }
        var questions: [InputRequired.Question] = []
        var ids: [String] = []
        for elicitation in error.data?.member("elicitations")?.elements ?? [] {
            let asked = JSONRPCRequest(id: 0, method: QuestionForClient.elicitation, params: elicitation)
            let shownName = router.configuration.shownName(of: run.call.server)
            guard case .deliver(let params, _) = request.partition.judge(asked, namedAs: shownName) else { continue }
            questions.append(
                InputRequired.Question(
                    key: "q\(questions.count + 1)", method: QuestionForClient.elicitation, params: params))
            if let id = elicitation.member("elicitationId")?.stringValue { ids.append(id) }
        }
        guard !questions.isEmpty else { return nil }
        let upstream = run.call.upstream
        if let session, upstream.holds(session) { ids = upstream.visits.note(ids, askedIn: session) } else { ids = [] }
        return asking(
            questions, .visit(keys: questions.map(\.key), elicitations: ids), run.call.server, request, round: 1)
    }

    /// Waits until the server has said that the visits are over, or will not say so any more, at most for
    /// `limits.visitTimeout`: whether they have led to something shows when the call is made again.
    ///
    /// - Returns: `false` if the client has given its request up.
    func awaitVisits(
        _ elicitations: [String], at server: String, _ reply: any Reply, _ cancellation: RequestCancellation,
        on loop: EventLoop
    ) async -> Bool {
        guard !elicitations.isEmpty, let visits = router.upstreams[server]?.visits else { return true }
        let deadline = MonotonicInstant.now + limits.visitTimeout
        let signal = LoopSignal(loop: loop)
        // Meanwhile they are in use.
        let sessions = visits.sessions(of: elicitations)
        for session in sessions { session.beginUse() }
        defer { for session in sessions { session.endUse() } }
        cancellation.handle { loop.execute { signal.signal() } }
        await withPatience(reply) {
            while !cancellation.isCancelled, visits.arePending(elicitations, waking: signal, on: loop) {
                guard case .signalled = await signal.wait(until: deadline) else { break }
            }
        }
        visits.stopWaiting(signal)
        cancellation.finish()
        return !cancellation.isCancelled
    }
}
