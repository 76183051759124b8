import AsyncIO
import MCPClient
import MCPProtocol

/// What the server asks in the course of a call: each question goes to the caller, and each answer to the server, once.
extension CallRun {
    struct Question {
        /// `nil` while the client is being asked: the answer may come before the ticket is known.
        var ticket: QuestionTicket?
        let method: String
        let expiry: MonotonicInstant
    }

    /// Questions one call may have open; servers ask one, rarely a few at a time.
    static let maxQuestions = 64

    /// Puts a question that came beside any call's stream to the client of this call.
    ///
    /// - Returns: `nil` if the call has ended.
    func carry(
        _ request: JSONRPCRequest, answer: @escaping @Sendable (JSONRPCResponse.Outcome) -> Void
    ) -> QuestionOutcome? {
        guard let link = caller.link, link.canBeAsked, !isCancelled else { return nil }
        if case .over = state { return nil }
        let own = session.flatMap { caller.session?.withOwnTaskID(request, from: $0) } ?? request
        return link.ask(own, of: current.upstream.configuration, outlivesCall: true, answer: answer)
    }

    /// Asks what the server has asked on the stream of this call.
    func ask(_ request: JSONRPCRequest, in session: UpstreamSession) {
        guard let link = caller.link, link.canBeAsked else {
            refusedQuestion = request
            session.answer(request.id, UnansweredQuestion.outcome(of: request.method, "no client can be asked"))
            return
        }
        guard questions[request.id] == nil else {
            session.answer(request.id, .error(.invalidRequest("a request with this id has not been answered yet")))
            return
        }
        guard questions.count < Self.maxQuestions else {
            session.answer(
                request.id,
                .error(.internalError("\(Self.maxQuestions) questions are open, which is the limit")))
            return
        }
        let limit = session.limits.questionTimeout.map { MonotonicInstant.now + $0 } ?? .distantFuture
        questions[request.id] = Question(ticket: nil, method: request.method, expiry: limit)
        let own = caller.session?.withOwnTaskID(request, from: session) ?? request
        let asked = link.ask(own, of: current.upstream.configuration, outlivesCall: false) { [weak self] outcome in
            guard let self else { return }
            // At once where that is possible: right behind it the call may be cancelled, which drops its questions.
            guard !loop.isCurrent else { return assumeIsolated { $0.answered(request.id, outcome, in: session) } }
            Task { await self.answered(request.id, outcome, in: session) }
        }
        switch asked {
        case .asked(let ticket):
            questions[request.id]?.ticket = ticket
            deadlineMoved()
        case .answered(let outcome):
            questions[request.id] = nil
            session.pass(outcome, to: request.id, of: request.method)
        }
    }

    private func answered(_ id: RequestID, _ outcome: JSONRPCResponse.Outcome, in session: UpstreamSession) {
        // Taken back meanwhile: the server has been answered, or wants no answer any more.
        guard let question = questions.removeValue(forKey: id) else { return }
        session.pass(outcome, to: id, of: question.method) { [weak self] error in await self?.answerLost(error) }
        // From here on silence is the server's again.
        lastSign = .now
        deadlineMoved()
    }

    /// The server has not taken an answer. Where it never will, the call cannot come to its end.
    func answerLost(_ error: MCPClientError) async {
        guard case .running(let exchange, _) = state, !isCancelled, exceeded == nil else { return }
        switch error.kind {
        case .sessionExpired, .connectionFailed:
            lostAnswer = error
            await exchange.cancel(reason: "the answer to a question was not delivered")
        default: break
        }
    }

    /// The server takes a question back.
    func withdrawQuestion(named params: RawJSON?) {
        guard let id = params?.member("requestId").flatMap(RequestID.init(_:)),
            let question = questions.removeValue(forKey: id)
        else { return }
        if let ticket = question.ticket {
            let reason = params?.member("reason")?.stringValue
            caller.link?.withdraw(ticket, reason: reason ?? "the server no longer needs the answer")
        }
        lastSign = .now
        deadlineMoved()
    }

    /// Takes all open questions back; the server has ended the call, so it waits for no answer.
    func withdrawQuestions(reason: String) {
        guard !questions.isEmpty else { return }
        for question in questions.values {
            if let ticket = question.ticket { caller.link?.withdraw(ticket, reason: reason) }
        }
        questions = [:]
    }

    func expireQuestions(now: MonotonicInstant, in session: UpstreamSession) {
        for (id, question) in questions where question.expiry <= now {
            questions[id] = nil
            if let ticket = question.ticket { caller.link?.withdraw(ticket, reason: "not answered in time") }
            let budget = session.limits.questionTimeout?.inWords ?? "the time allowed"
            session.answer(
                id,
                UnansweredQuestion.outcome(
                    of: question.method, "the client has not answered within \(budget) (limits.questionTimeout)"))
            lastSign = now
        }
    }
}

/// The answer to a question that nobody answers.
enum UnansweredQuestion {
    /// A form that is not filled in is cancelled, which every server understands; anything else is an error.
    static func outcome(of method: String, _ fact: String) -> JSONRPCResponse.Outcome {
        if method == QuestionForClient.elicitation { return .result(QuestionForClient.cancelled) }
        return .error(.internalError("\(method): \(fact)"))
    }
}
