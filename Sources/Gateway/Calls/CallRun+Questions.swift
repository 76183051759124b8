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
        /// It came on the call's own stream. Any other may be of another call in the same session.
        let isOwn: Bool
    }

    /// Questions one call may have open; servers ask one, rarely a few at a time.
    static let maxQuestions = 64

    /// Takes a question that came outside of the call's own stream.
    ///
    /// - Parameter others: calls that had ended when it came to them.
    func take(_ request: JSONRPCRequest, in session: UpstreamSession, after others: [CallRun] = []) {
        switch state {
        case .running(_, let running) where running === session && !isCancelled:
            lastSign = .now
            ask(request, in: session, isOwn: false)
        case .waiting where !isCancelled && early.count < Self.maxQuestions:
            early.append((request, session))
        default:
            // It ended between the look and the hop here, so it was not this one that led to the question.
            session.inbox.take(request, after: others + [self])
        }
    }

    /// Asks what came while the call was being sent, or says that nobody will.
    func askEarly() {
        let questions = early
        early = []
        for (request, session) in questions { take(request, in: session) }
    }

    /// - Parameter isOwn: whether it came on the call's own stream.
    func ask(_ request: JSONRPCRequest, in session: UpstreamSession, isOwn: Bool) {
        guard let link = caller.link, link.canBeAsked else {
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
                .error(.internalError("\(Self.maxQuestions) questions of this call are open, which is the limit")))
            return
        }
        let limit = session.limits.questionTimeout.map { MonotonicInstant.now + $0 } ?? .distantFuture
        questions[request.id] = Question(ticket: nil, method: request.method, expiry: limit, isOwn: isOwn)
        let own = caller.session?.withOwnTaskID(request, from: session) ?? request
        let asked = link.ask(own, of: current.upstream.configuration) { [weak self] outcome in
            Task {
                let isTaken = await self?.answered(request.id, outcome, in: session) ?? false
                // This call has ended, but another one may have led to the question.
                if !isTaken { session.inbox.answered(request.id, outcome) }
            }
        }
        switch asked {
        case .asked(let ticket):
            questions[request.id]?.ticket = ticket
            deadlineMoved()
        case .answered(let outcome):
            questions[request.id] = nil
            session.answer(request.id, outcome)
        }
    }

    /// - Returns: `false` for a question that is no longer this call's: it was taken back, or given up.
    private func answered(_ id: RequestID, _ outcome: JSONRPCResponse.Outcome, in session: UpstreamSession) -> Bool {
        guard let question = questions.removeValue(forKey: id) else { return false }
        session.pass(outcome, to: id, of: question.method)
        // From here on silence is the server's again.
        lastSign = .now
        deadlineMoved()
        return true
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

    /// Gives all open questions up: the call has ended, so the server waits for no answer in its course. Those that may be
    /// of another call of the client's stay open for as long as there is one.
    func giveUpQuestions(in session: UpstreamSession?) {
        guard !questions.isEmpty else { return }
        for (id, question) in questions {
            if !question.isOwn, let session, session.inbox.adopt(question, id: id, from: self) { continue }
            if let ticket = question.ticket { caller.link?.withdraw(ticket, reason: "the call that asked has ended") }
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
        if method == "elicitation/create" { return .result(cancelled) }
        return .error(.internalError("\(method): \(fact)"))
    }

    private static let cancelled = RawJSON(unchecked: Array(#"{"action":"cancel"}"#.utf8)[...])
}
