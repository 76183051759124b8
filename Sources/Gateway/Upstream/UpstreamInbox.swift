import AsyncIO
import MCPClient
import MCPProtocol
import Synchronization

/// Takes what a server says outside of any call's own stream, and finds whom it is for.
///
/// Over stdio and HTTP+SSE everything comes this way, over Streamable HTTP what is on the stream of the session. Nothing
/// on the wire says which call a question belongs to, so it goes to the client with the newest call in flight whose client
/// can be asked, and only if all calls in flight are of one client: then the right person answers whichever call carries
/// it. With calls of several clients in flight it is refused, not guessed. It stays open until the last call that may have
/// led to it has ended: the one that carried it may be another.
final class UpstreamInbox: Sendable {
    private struct State {
        /// Oldest first.
        var runs: [CallRun] = []
        /// Questions that came while no call was in flight.
        var held: [JSONRPCRequest] = []
        var asked: [RequestID: Asked] = [:]
        weak var session: UpstreamSession?
    }

    /// A question that a client has been asked.
    private struct Asked {
        /// The calls in flight when it came, less those that have ended since; the server waits in one of them. Empty from
        /// the start if there were none.
        var calls: [CallRun] = []
        /// `nil` while the client is being asked: the answer may come before the ticket is known.
        var ticket: QuestionTicket?
        let withdraw: @Sendable (QuestionTicket, _ reason: String) -> Void

        func within(_ calls: [CallRun]) -> Asked { Asked(calls: calls, ticket: ticket, withdraw: withdraw) }
    }

    /// Questions held at a time; one more is refused.
    static let maxHeld = 16
    /// How long a question waits for a call: servers ask for roots right after the handshake, while the call that opened
    /// the session is about to be sent.
    static let holdTime = Duration.seconds(2)

    /// The client the session is for; `nil` if it is for several.
    weak let owner: FrontSession?
    private weak let upstream: Upstream?
    let server: ServerConfiguration
    private let namesServer: Bool
    private let home: EventLoop
    private let log: Log
    private let state = Mutex(State())

    /// - Parameter namesServer: whether a question says which server asks.
    init(
        owner: FrontSession?, upstream: Upstream, server: ServerConfiguration, namesServer: Bool, home: EventLoop,
        log: Log
    ) {
        self.namesServer = namesServer
        self.owner = owner
        self.upstream = upstream
        self.server = server
        self.home = home
        self.log = log
    }

    func attach(_ session: UpstreamSession) { state.withLock { $0.session = session } }

    var hasRuns: Bool { state.withLock { !$0.runs.isEmpty } }

    // MARK: Calls

    func begin(_ run: CallRun) {
        let (held, session) = state.withLock { state -> ([JSONRPCRequest], UpstreamSession?) in
            state.runs.append(run)
            guard run.caller.canBeAsked else { return ([], nil) }
            defer { state.held = [] }
            return (state.held, state.session)
        }
        guard let session, !held.isEmpty else { return }
        Task(executorPreference: home) { for request in held { await self.ask(request, through: run, in: session) } }
    }

    func end(_ run: CallRun) {
        let moot = state.withLock { state -> [Asked] in
            state.runs.removeAll { $0 === run }
            var moot: [Asked] = []
            for (id, var asked) in state.asked where asked.calls.contains(where: { $0 === run }) {
                asked.calls.removeAll { $0 === run }
                state.asked[id] = asked.calls.isEmpty ? nil : asked
                if asked.calls.isEmpty { moot.append(asked) }
            }
            return moot
        }
        // The server has ended every call that can have asked, so it waits for no answer.
        for asked in moot {
            if let ticket = asked.ticket { asked.withdraw(ticket, "the call that asked has ended") }
        }
    }

    /// The call that a session was opened for has ended.
    func callEnded(in session: UpstreamSession) {
        guard let upstream else { return }
        Task(executorPreference: home) { await upstream.callEnded(in: session) }
    }

    /// The newest call whose client can be asked, if all calls are of one client.
    private static func eligible(_ runs: [CallRun]) -> CallRun? {
        guard let newest = runs.last(where: { $0.caller.canBeAsked }) else { return nil }
        return runs.allSatisfy { $0.caller.session === newest.caller.session } ? newest : nil
    }

    // MARK: Questions

    /// A request of the server's, on the connection's loop.
    func take(_ request: JSONRPCRequest) {
        enum Destination {
            case run(CallRun, UpstreamSession)
            case owner(UpstreamSession)
            case held
            case refused(UpstreamSession?, String)
        }
        let destination = state.withLock { state -> Destination in
            let session = state.session
            if state.asked[request.id] != nil {
                return .refused(session, "a request with this id has not been answered yet")
            }
            if let session, let run = Self.eligible(state.runs) { return .run(run, session) }
            if !state.runs.isEmpty, owner == nil {
                return .refused(session, "calls of several clients are in flight, and nothing says whose this is")
            }
            if let session, owner?.canBeAskedUnsolicited == true { return .owner(session) }
            guard state.held.count < Self.maxHeld else {
                return .refused(session, "\(Self.maxHeld) questions wait for a call already")
            }
            state.held.append(request)
            return .held
        }
        switch destination {
        case .run(let run, let session):
            Task(executorPreference: home) { await self.ask(request, through: run, in: session) }
        case .owner(let session): askOwner(request, in: session)
        case .held: refuseLater(request)
        case .refused(let session, let fact):
            session?.answer(request.id, UnansweredQuestion.outcome(of: request.method, fact))
        }
    }

    /// Puts a question to a client, by way of one of its calls.
    private func ask(_ request: JSONRPCRequest, through run: CallRun, in session: UpstreamSession) async {
        let link = run.caller.link
        let asked = Asked(ticket: nil) { link?.withdraw($0, reason: $1) }
        let calls = state.withLock { state -> [CallRun] in
            guard state.runs.contains(where: { $0 === run }) else { return [] }
            state.asked[request.id] = asked.within(state.runs)
            return state.runs
        }
        // It ended between the look and the hop here.
        guard !calls.isEmpty else { return take(request) }
        let limit = session.limits.questionTimeout.map { MonotonicInstant.now + $0 } ?? .distantFuture
        for call in calls { await call.questionOpened(request.id, until: limit) }
        var outcome: QuestionOutcome?
        for carrier in [run] + calls.reversed() where outcome == nil {
            outcome = await carrier.carry(request, in: session) { [weak self] in
                self?.answered(request, $0, in: session, calls: calls)
            }
        }
        settle(request, asked, outcome, in: session)
        if state.withLock({ $0.asked[request.id] == nil }) { resume(calls, after: request) }
    }

    /// Puts a question to the owner although no call of his is in flight.
    private func askOwner(_ request: JSONRPCRequest, in session: UpstreamSession) {
        let asked = Asked(ticket: nil) { [weak owner] in owner?.withdraw($0, reason: $1) }
        // Known before it is asked: the answer may come at once.
        state.withLock { $0.asked[request.id] = asked }
        let own = owner?.withOwnTaskID(request, from: session) ?? request
        let outcome = owner?.askUnsolicited(own, of: server, namesServer: namesServer) { [weak self] in
            self?.answered(request, $0, in: session, calls: [])
        }
        settle(request, asked, outcome, in: session)
    }

    /// After a client has been asked, or could not be.
    private func settle(
        _ request: JSONRPCRequest, _ asked: Asked, _ outcome: QuestionOutcome?, in session: UpstreamSession
    ) {
        switch outcome {
        case .asked(let ticket):
            let isOpen = state.withLock { state -> Bool in
                state.asked[request.id]?.ticket = ticket
                return state.asked[request.id] != nil
            }
            if isOpen { return expire(request, in: session) }
            // Answered already, where this has no effect, or nobody needs the answer any more.
            asked.withdraw(ticket, "the server no longer needs the answer")
        case .answered(let outcome):
            state.withLock { $0.asked[request.id] = nil }
            session.answer(request.id, outcome)
        case nil:
            state.withLock { $0.asked[request.id] = nil }
            session.answer(request.id, UnansweredQuestion.outcome(of: request.method, "the client is gone"))
        }
    }

    private func answered(
        _ request: JSONRPCRequest, _ outcome: JSONRPCResponse.Outcome, in session: UpstreamSession, calls: [CallRun]
    ) {
        guard state.withLock({ $0.asked.removeValue(forKey: request.id) }) != nil else { return }
        session.pass(outcome, to: request.id, of: request.method)
        resume(calls, after: request)
    }

    /// From here on silence is the server's again.
    private func resume(_ calls: [CallRun], after request: JSONRPCRequest) {
        Task(executorPreference: home) { for call in calls { await call.questionClosed(request.id) } }
    }

    private func expire(_ request: JSONRPCRequest, in session: UpstreamSession) {
        guard let limit = session.limits.questionTimeout else { return }
        after(limit) { inbox in
            guard let asked = inbox.state.withLock({ $0.asked.removeValue(forKey: request.id) }) else { return }
            if let ticket = asked.ticket { asked.withdraw(ticket, "not answered in time") }
            session.answer(
                request.id,
                UnansweredQuestion.outcome(
                    of: request.method,
                    "the client has not answered within \(limit.inWords) (limits.questionTimeout)"))
            inbox.resume(asked.calls, after: request)
        }
    }

    private func refuseLater(_ request: JSONRPCRequest) {
        after(Self.holdTime) { inbox in
            let session = inbox.state.withLock { state -> UpstreamSession? in
                guard let index = state.held.firstIndex(where: { $0.id == request.id }) else { return nil }
                state.held.remove(at: index)
                return state.session
            }
            session?.answer(
                request.id, UnansweredQuestion.outcome(of: request.method, "no call is in flight and no client listens")
            )
        }
    }

    private func after(_ duration: Duration, _ body: @escaping @Sendable (UpstreamInbox) -> Void) {
        home.execute { [home, weak self] in
            // The timer holds the inbox weakly: it must not keep a session that has ended.
            _ = home.schedule(at: .now + duration) { [weak self] in if let self { body(self) } }
        }
    }

    // MARK: Notifications

    /// A notification that belongs to no request in progress, on the connection's loop.
    func take(_ notification: JSONRPCNotification) {
        if let kinds = Set<ListKind>(announcedBy: notification.method) { return announce(kinds) }
        switch notification.method {
        case "notifications/resources/updated":
            guard let uri = notification.params?.member("uri")?.stringValue else { return }
            tell { upstream, share in await upstream.resourceUpdated(uri, in: share) }
        case "notifications/message": passLog(notification)
        case "notifications/tasks/status": passTaskStatus(notification)
        case "notifications/elicitation/complete": owner?.notify(notification)
        case "notifications/cancelled": withdraw(notification.params)
        default: log.debug("notification dropped", ["server": server.name, "method": notification.method.prefix(80)])
        }
    }

    private func announce(_ kinds: Set<ListKind>) {
        tell { upstream, _ in await upstream.noteChange(of: kinds) }
    }

    private func tell(_ body: @escaping @Sendable (Upstream, UpstreamShare) async -> Void) {
        guard let upstream else { return }
        let share = state.withLock { $0.session?.share } ?? .everybody
        Task(executorPreference: home) { await body(upstream, share) }
    }

    /// A log message goes to the one client it can be meant for, else to nobody: it may be about another's call.
    private func passLog(_ notification: JSONRPCNotification) {
        let runs = state.withLock { $0.runs }
        if let newest = runs.last, runs.allSatisfy({ $0.caller.session === newest.caller.session }) {
            Task(executorPreference: home) { await newest.take(notification) }
        } else if let owner {
            owner.notify(notification)
        } else if runs.isEmpty {
            upstream?.sessions.only?.notify(notification)
        }
    }

    private func passTaskStatus(_ notification: JSONRPCNotification) {
        guard let session = state.withLock({ $0.session }), let params = notification.params,
            let id = params.taskIDs(in: .task).first
        else { return }
        if let owner {
            owner.taskChanged(id, in: session, params: params)
        } else {
            upstream?.sessions.owner(ofTask: id, in: session)?.taskChanged(id, in: session, params: params)
        }
    }

    /// The server takes a question back.
    private func withdraw(_ params: RawJSON?) {
        guard let id = params?.member("requestId").flatMap(RequestID.init(_:)) else { return }
        let (runs, asked) = state.withLock { state -> ([CallRun], Asked?) in
            state.held.removeAll { $0.id == id }
            return (state.runs, state.asked.removeValue(forKey: id))
        }
        if let asked {
            if let ticket = asked.ticket { asked.withdraw(ticket, "the server no longer needs the answer") }
            Task(executorPreference: home) { for call in asked.calls { await call.questionClosed(id) } }
        }
        Task(executorPreference: home) { for run in runs { await run.withdrawQuestion(named: params) } }
    }
}
