import AsyncIO
import MCPClient
import MCPProtocol
import Synchronization

/// Questions that came beside any call's own stream: whom they go to, and that each is answered once.
///
/// A question is not tied to the call that carries it: that call may end first, and the server still waits.
extension UpstreamInbox {
    struct OpenQuestion {
        /// Tells whoever was asked that the answer is no longer needed.
        typealias TakingBack = @Sendable (QuestionTicket, _ reason: String) -> Void

        let method: String
        let takeBack: TakingBack
        /// `nil` while the client is being asked: the answer may come before the ticket is known.
        var ticket: QuestionTicket?
        /// Whether a call carried it.
        let isOfCall: Bool
    }

    /// Questions held at a time; one more is refused.
    private static let maxHeld = 16
    /// Questions clients may be asked at a time in one session; one more is refused.
    private static let maxOpen = 64
    /// How long a question waits for a call: servers ask for roots right after the handshake, while the call that opened
    /// the session is about to be sent.
    private static let holdTime = Duration.seconds(2)
    /// The same in a session that was opened ahead of the client's first call, to ask for its lists, and of a question that
    /// belongs to a task.
    private static let firstHoldTime = Duration.seconds(30)

    /// Whether the server waits for a client, so that its silence is not its own; else since when it no longer does.
    var clientsTurn: ClientsTurn {
        state.withLock { state in state.open.isEmpty ? .over(since: state.lastAnswer) : .present }
    }

    enum ClientsTurn {
        case present
        case over(since: MonotonicInstant?)
    }

    private enum Destination {
        case run(CallRun)
        case owner
        case held
        case refused(JSONRPCResponse.Outcome)
    }

    /// A request of the server's, from any thread.
    func take(_ request: JSONRPCRequest) {
        let destination = state.withLock { state in choose(request, &state) }
        switch destination {
        case .run(let run):
            Task(executorPreference: home) { [self] in
                let outcome = await run.carry(request) { [weak self] in self?.answered(request.id, $0) }
                if let outcome {
                    asked(request, outcome, Self.takingBack(from: run))
                } else {
                    // It ended between the look and the hop; another one may do.
                    _ = close(request.id)
                    take(request)
                }
            }
        case .owner:
            let own = session.flatMap { owner?.withOwnTaskID(request, from: $0) } ?? request
            let outcome = owner?.askUnsolicited(own, of: server, namesServer: namesServer) { [weak self] in
                self?.answered(request.id, $0)
            }
            asked(
                request, outcome ?? .answered(UnansweredQuestion.outcome(of: request.method, "the client is gone")),
                Self.takingBack(from: owner))
        case .held: refuseLater(request, after: isUsed && !isOfTask(request) ? Self.holdTime : Self.firstHoldTime)
        case .refused(let outcome): session?.answer(request.id, outcome)
        }
    }

    private var session: UpstreamSession? { state.withLock { $0.session } }

    private func choose(_ request: JSONRPCRequest, _ state: inout State) -> Destination {
        func refusal(_ fact: String) -> Destination {
            .refused(UnansweredQuestion.outcome(of: request.method, fact))
        }
        noteAsker(among: state.runs)
        if state.open[request.id] != nil {
            return .refused(.error(.invalidRequest("a request with this id has not been answered yet")))
        }
        guard state.open.count < Self.maxOpen else {
            return .refused(.error(.internalError("\(Self.maxOpen) questions are open, which is the limit")))
        }
        let taskID = RelatedTask.id(in: request.params)
        let ofTask = taskID.flatMap { id in state.runs.last { $0.call.taskID == id && $0.caller.canBeAsked } }
        // It is asked in the course of the task, whose client comes for it by itself.
        let isWaited = taskID != nil && ofTask == nil && owner?.revision.isModern == true
        if !isWaited, state.session != nil, let run = ofTask ?? Self.eligible(state.runs) {
            state.open[request.id] = OpenQuestion(
                method: request.method, takeBack: Self.takingBack(from: run), ticket: nil, isOfCall: true)
            return .run(run)
        }
        if !isWaited, owner == nil ? !state.runs.isEmpty : !Self.areOfOneClient(state.runs) {
            return refusal("calls of several clients are in flight, and nothing says whose this is")
        }
        if state.session != nil, owner?.canBeAskedUnsolicited == true {
            state.open[request.id] = OpenQuestion(
                method: request.method, takeBack: Self.takingBack(from: owner), ticket: nil, isOfCall: false)
            return .owner
        }
        guard state.held.count < Self.maxHeld else { return refusal("\(Self.maxHeld) wait for a call already") }
        state.held.append(request)
        return .held
    }

    private func isOfTask(_ request: JSONRPCRequest) -> Bool { RelatedTask.id(in: request.params) != nil }

    /// The newest call whose client can be asked, if all calls are of one client; of a tool, if there is one: hardly
    /// anything else asks.
    private static func eligible(_ runs: [CallRun]) -> CallRun? {
        let askable = runs.filter { $0.caller.canBeAsked }
        guard let newest = askable.last(where: \.call.isOfTool) ?? askable.last else { return nil }
        return areOfOneClient(runs) ? newest : nil
    }

    // MARK: Ends

    private static func takingBack(from run: CallRun) -> OpenQuestion.TakingBack {
        { [link = run.caller.link] ticket, reason in link?.withdraw(ticket, reason: reason) }
    }

    private static func takingBack(from client: FrontSession?) -> OpenQuestion.TakingBack {
        { [weak client] ticket, reason in client?.withdraw(ticket, reason: reason) }
    }

    private func asked(
        _ request: JSONRPCRequest, _ outcome: QuestionOutcome, _ takeBack: OpenQuestion.TakingBack
    ) {
        switch outcome {
        case .answered(let outcome):
            if close(request.id) != nil { session?.pass(outcome, to: request.id, of: request.method) }
        case .asked(let ticket):
            let isOpen = state.withLock { state in
                state.open[request.id]?.ticket = ticket
                return state.open[request.id] != nil
            }
            // Answered or taken back meanwhile; in the latter case the client has to hear of it.
            if isOpen { expire(request) } else { takeBack(ticket, "no longer needed") }
        }
    }

    /// - Returns: the question, if it was open.
    private func close(_ id: RequestID) -> OpenQuestion? {
        state.withLock { state in
            state.lastAnswer = .now
            return state.open.removeValue(forKey: id)
        }
    }

    private func answered(_ id: RequestID, _ outcome: JSONRPCResponse.Outcome) {
        guard let question = close(id) else { return }
        session?.pass(outcome, to: id, of: question.method) { [weak self] error in
            for run in self?.state.withLock({ $0.runs }) ?? [] { await run.answerLost(error) }
        }
    }

    private func expire(_ request: JSONRPCRequest) {
        guard let limit = session?.limits.questionTimeout else { return }
        after(limit) { inbox in
            guard let question = inbox.close(request.id) else { return }
            question.withdraw("not answered in time")
            inbox.session?.answer(
                request.id,
                UnansweredQuestion.outcome(
                    of: request.method,
                    "the client has not answered within \(limit.inWords) (limits.questionTimeout)"))
        }
    }

    private func refuseLater(_ request: JSONRPCRequest, after patience: Duration) {
        after(patience) { inbox in
            let session = inbox.state.withLock { state -> UpstreamSession? in
                guard let index = state.held.firstIndex(where: { $0.id == request.id }) else { return nil }
                state.held.remove(at: index)
                return state.session
            }
            session?.answer(
                request.id,
                UnansweredQuestion.outcome(of: request.method, "no call is in flight and no client listens"))
        }
    }

    /// The owner can be told something now: what was held for it goes out.
    func ownerListens() {
        guard owner?.canBeAskedUnsolicited == true else { return }
        let held = state.withLock { state in
            defer { state.held = [] }
            return state.held
        }
        for request in held { take(request) }
    }

    /// The server takes a question back.
    func withdraw(_ params: RawJSON?) {
        guard let id = params?.member("requestId").flatMap(RequestID.init(_:)) else { return }
        state.withLock { state in state.held.removeAll { $0.id == id } }
        close(id)?.withdraw(params?.member("reason")?.stringValue ?? "the server no longer needs the answer")
    }

    /// A call has been given up, and is about to end.
    func callCancelled(_ run: CallRun) {
        let isLast = state.withLock { state in state.runs.allSatisfy { $0 === run } && !state.open.isEmpty }
        if isLast { withdrawQuestionsOfCalls() }
    }

    /// The last call was given up, so no server waits for what was asked in the course of one. After an answer a question
    /// stays open: it need not have been the call's, as when a server asks for roots right after the handshake.
    func withdrawQuestionsOfCalls() {
        let questions = state.withLock { state in
            let ended = state.open.filter(\.value.isOfCall)
            for id in ended.keys { state.open[id] = nil }
            return Array(ended.values)
        }
        for question in questions { question.withdraw("the call that asked has ended") }
    }

    /// The session with the server has ended.
    func withdrawAllQuestions() {
        let questions = state.withLock { state in
            defer {
                state.open = [:]
                state.held = []
            }
            return Array(state.open.values)
        }
        for question in questions { question.withdraw("the server is gone") }
    }

    private func after(_ duration: Duration, _ body: @escaping @Sendable (UpstreamInbox) -> Void) {
        home.execute { [home, weak self] in
            // The timer holds the inbox weakly: it must not keep a session that has ended.
            _ = home.schedule(at: .now + duration) { [weak self] in if let self { body(self) } }
        }
    }
}

extension UpstreamInbox.OpenQuestion {
    fileprivate func withdraw(_ reason: String) {
        if let ticket { takeBack(ticket, reason) }
    }
}
