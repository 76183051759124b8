import AsyncIO
import MCPClient
import MCPProtocol
import Synchronization

/// Takes what a server says outside of any call's own stream, and finds whom it is for.
///
/// Over stdio and HTTP+SSE everything comes this way, over Streamable HTTP what is on the stream of the session. Nothing
/// on the wire says which call a question belongs to, so it goes to the newest call in flight whose client can be asked,
/// and only if all calls in flight are of one client: then the right person answers whichever call carries it. With calls
/// of several clients in flight it is refused, not guessed.
final class UpstreamInbox: Sendable {
    private struct State {
        /// Oldest first.
        var runs: [CallRun] = []
        /// Questions that came while no call was in flight.
        var held: [JSONRPCRequest] = []
        /// Questions put to a client that are no call's.
        var asked: [RequestID: Asked] = [:]
        /// News of tasks that no client knows yet, oldest first.
        var unknownTasks: [(id: String, params: RawJSON)] = []
        weak var session: UpstreamSession?
    }

    /// A question that a client has been asked, and that no call in progress answers for.
    private struct Asked {
        let method: String
        weak var client: FrontSession?
        /// `nil` while the client is being asked: the answer may come before the ticket is known.
        var ticket: QuestionTicket?
        /// It was a call's, and may be of another one that goes on.
        var isAdopted = false

        func withdraw(_ reason: String) {
            if let ticket { client?.withdraw(ticket, reason: reason) }
        }
    }

    /// Questions held at a time; one more is refused.
    static let maxHeld = 16
    /// News of unknown tasks held at a time; the oldest make way.
    static let maxUnknownTasks = 16
    /// How long a question waits for a call: servers ask for roots right after the handshake, while the call that opened
    /// the session is about to be sent.
    static let holdTime = Duration.seconds(2)

    /// The client the session is for; `nil` if it is for several.
    weak let owner: FrontSession?
    private weak let upstream: Upstream?
    private let server: ServerConfiguration
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
        // Behind the step that is sending the call, which is on the same loop.
        Task(executorPreference: home) { for request in held { await run.take(request, in: session) } }
    }

    func end(_ run: CallRun) {
        let adopted = state.withLock { state -> [Asked] in
            state.runs.removeAll { $0 === run }
            guard state.runs.isEmpty, state.asked.contains(where: \.value.isAdopted) else { return [] }
            defer { state.asked = state.asked.filter { !$0.value.isAdopted } }
            return state.asked.values.filter(\.isAdopted)
        }
        for question in adopted { question.withdraw("the call that asked has ended") }
    }

    /// The call that a session was opened for has ended.
    func callEnded(in session: UpstreamSession) {
        guard let upstream else { return }
        Task(executorPreference: home) { await upstream.callEnded(in: session) }
    }

    /// The newest call whose client can be asked, if all calls are of one client; of a tool, if there is one: hardly
    /// anything else asks.
    private static func eligible(_ runs: [CallRun]) -> CallRun? {
        let askable = runs.filter { $0.caller.canBeAsked }
        guard let newest = askable.last(where: \.call.isOfTool) ?? askable.last else { return nil }
        return runs.allSatisfy { $0.caller.session === newest.caller.session } ? newest : nil
    }

    // MARK: Questions

    /// A request of the server's.
    ///
    /// - Parameter others: calls that had ended when it came to them.
    func take(_ request: JSONRPCRequest, after others: [CallRun] = []) {
        enum Destination {
            case run(CallRun, UpstreamSession)
            case owner(UpstreamSession)
            case held
            case refused(UpstreamSession?, String)
        }
        let destination = state.withLock { state -> Destination in
            let session = state.session
            let runs = state.runs.filter { run in !others.contains { $0 === run } }
            if let session, let run = Self.eligible(runs) { return .run(run, session) }
            if !runs.isEmpty, owner == nil {
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
            Task(executorPreference: home) { await run.take(request, in: session, after: others) }
        case .owner(let session): askOwner(request, in: session)
        case .held: refuseLater(request)
        case .refused(let session, let fact):
            session?.answer(request.id, UnansweredQuestion.outcome(of: request.method, fact))
        }
    }

    /// Puts a question to the owner although no call of his is in flight.
    private func askOwner(_ request: JSONRPCRequest, in session: UpstreamSession) {
        // Known before it is asked: the answer may come at once.
        state.withLock { $0.asked[request.id] = Asked(method: request.method, client: owner) }
        let own = owner?.withOwnTaskID(request, from: session) ?? request
        let outcome = owner?.askUnsolicited(own, of: server, namesServer: namesServer) { [weak self] outcome in
            self?.answered(request.id, outcome)
        }
        switch outcome {
        case .asked(let ticket):
            state.withLock { $0.asked[request.id]?.ticket = ticket }
            if let limit = session.limits.questionTimeout { expire(request.id, in: session, after: limit) }
        case .answered(let outcome):
            state.withLock { $0.asked[request.id] = nil }
            session.answer(request.id, outcome)
        case nil:
            state.withLock { $0.asked[request.id] = nil }
            session.answer(request.id, UnansweredQuestion.outcome(of: request.method, "the client is gone"))
        }
    }

    /// Takes a question over from a call that has ended, and that it need not have been of: others of the same client go
    /// on.
    ///
    /// - Returns: `false` if there are none.
    func adopt(_ question: CallRun.Question, id: RequestID, from ended: CallRun) -> Bool {
        let session = state.withLock { state -> UpstreamSession? in
            guard
                state.runs.contains(where: { $0 !== ended && $0.caller.session === ended.caller.session })
            else { return nil }
            state.asked[id] = Asked(
                method: question.method, client: ended.caller.session, ticket: question.ticket, isAdopted: true)
            return state.session
        }
        guard let session else { return false }
        if question.expiry != .distantFuture {
            expire(id, in: session, after: max(.zero, question.expiry - MonotonicInstant.now))
        }
        return true
    }

    /// The client has answered a question that is no call's; of no effect on any other.
    func answered(_ id: RequestID, _ outcome: JSONRPCResponse.Outcome) {
        let (asked, session) = state.withLock { ($0.asked.removeValue(forKey: id), $0.session) }
        guard let asked, let session else { return }
        session.pass(outcome, to: id, of: asked.method)
    }

    private func expire(_ id: RequestID, in session: UpstreamSession, after limit: Duration) {
        after(limit) { inbox in
            guard let asked = inbox.state.withLock({ $0.asked.removeValue(forKey: id) }) else { return }
            asked.withdraw("not answered in time")
            let budget = session.limits.questionTimeout?.inWords ?? "the time allowed"
            session.answer(
                id,
                UnansweredQuestion.outcome(
                    of: asked.method, "the client has not answered within \(budget) (limits.questionTimeout)"))
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
        case "notifications/elicitation/complete": tellOwner(notification)
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
        } else if owner != nil {
            tellOwner(notification)
        } else if runs.isEmpty {
            upstream?.sessions.only?.notify(notification)
        }
    }

    private func tellOwner(_ notification: JSONRPCNotification) {
        guard let owner else { return }
        owner.notify(owner.withOwnTaskID(notification, from: state.withLock { $0.session }))
    }

    private func passTaskStatus(_ notification: JSONRPCNotification) {
        guard let session = state.withLock({ $0.session }), let params = notification.params,
            let id = params.taskIDs(in: .task).first
        else { return }
        // Held first: the answer that makes the task known may be on its way to the client.
        state.withLock { state in
            if state.unknownTasks.count >= Self.maxUnknownTasks { state.unknownTasks.removeFirst() }
            state.unknownTasks.append((id, params.detached()))
        }
        if let client = owner ?? upstream?.sessions.owner(ofTask: id, in: session) { passHeldStatus(to: client) }
    }

    /// Tells a client what has been said of its tasks and could not be told before it knew them.
    func passHeldStatus(to client: FrontSession) {
        let (known, session) = state.withLock { state -> ([(id: String, params: RawJSON)], UpstreamSession?) in
            guard !state.unknownTasks.isEmpty, let session = state.session else { return ([], nil) }
            let known = state.unknownTasks.filter { client.hasTask($0.id, in: session) }
            // By what was found: meanwhile the client may have come to know of another.
            state.unknownTasks.removeAll { news in known.contains { $0.id == news.id } }
            return (known, session)
        }
        guard let session else { return }
        for news in known { client.taskChanged(news.id, in: session, params: news.params) }
    }

    /// The server takes a question back.
    private func withdraw(_ params: RawJSON?) {
        guard let id = params?.member("requestId").flatMap(RequestID.init(_:)) else { return }
        let (runs, asked) = state.withLock { state -> ([CallRun], Asked?) in
            state.held.removeAll { $0.id == id }
            return (state.runs, state.asked.removeValue(forKey: id))
        }
        asked?.withdraw("the server no longer needs the answer")
        Task(executorPreference: home) { for run in runs { await run.withdrawQuestion(named: params) } }
    }
}
