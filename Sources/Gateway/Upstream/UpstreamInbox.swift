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
        /// Whether there has been a call.
        var isUsed = false
        /// Questions put to the owner outside of any call.
        var asked: [RequestID: QuestionTicket?] = [:]
        weak var session: UpstreamSession?
    }

    /// Questions held at a time; one more is refused.
    static let maxHeld = 16
    /// How long a question waits for a call: servers ask for roots right after the handshake, while the call that opened
    /// the session is about to be sent.
    static let holdTime = Duration.seconds(2)
    /// The same in a session that was opened ahead of the client's first call, to ask for its lists.
    static let firstHoldTime = Duration.seconds(30)

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

    /// Whether the session has been used for a call.
    var isUsed: Bool { state.withLock { $0.isUsed } }

    // MARK: Calls

    func begin(_ run: CallRun) {
        let (held, session) = state.withLock { state -> ([JSONRPCRequest], UpstreamSession?) in
            state.runs.append(run)
            state.isUsed = true
            guard run.caller.canBeAsked else { return ([], nil) }
            defer { state.held = [] }
            return (state.held, state.session)
        }
        guard let session, !held.isEmpty else { return }
        // Behind the step that is sending the call, which is on the same loop.
        Task(executorPreference: home) { for request in held { await run.take(request, in: session) } }
    }

    func end(_ run: CallRun) { state.withLock { state in state.runs.removeAll { $0 === run } } }

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
            Task(executorPreference: home) { await run.take(request, in: session) }
        case .owner(let session): askOwner(request, in: session)
        case .held: refuseLater(request)
        case .refused(let session, let fact):
            session?.answer(request.id, UnansweredQuestion.outcome(of: request.method, fact))
        }
    }

    /// Puts a question to the owner although no call of his is in flight.
    private func askOwner(_ request: JSONRPCRequest, in session: UpstreamSession) {
        // Known before it is asked: the answer may come at once.
        state.withLock { $0.asked[request.id] = .some(nil) }
        let outcome = owner?.askUnsolicited(request, of: server, namesServer: namesServer) { [weak self] outcome in
            guard let self, self.state.withLock({ $0.asked.removeValue(forKey: request.id) }) != nil else { return }
            session.pass(outcome, to: request.id, of: request.method)
        }
        switch outcome {
        case .asked(let ticket):
            state.withLock { if $0.asked[request.id] != nil { $0.asked[request.id] = .some(ticket) } }
            expire(request, in: session)
        case .answered(let outcome):
            state.withLock { $0.asked[request.id] = nil }
            session.answer(request.id, outcome)
        case nil:
            state.withLock { $0.asked[request.id] = nil }
            session.answer(request.id, UnansweredQuestion.outcome(of: request.method, "the client is gone"))
        }
    }

    private func expire(_ request: JSONRPCRequest, in session: UpstreamSession) {
        guard let limit = session.limits.questionTimeout else { return }
        after(limit) { inbox in
            guard let ticket = inbox.state.withLock({ $0.asked.removeValue(forKey: request.id) }) else { return }
            if let ticket { inbox.owner?.withdraw(ticket, reason: "not answered in time") }
            session.answer(
                request.id,
                UnansweredQuestion.outcome(
                    of: request.method,
                    "the client has not answered within \(limit.inWords) (limits.questionTimeout)"))
        }
    }

    /// The owner may have become able to take what was held.
    func ownerListens() {
        let (held, session) = state.withLock { state -> ([JSONRPCRequest], UpstreamSession?) in
            guard !state.held.isEmpty, let session = state.session, owner?.canBeAskedUnsolicited == true else {
                return ([], nil)
            }
            defer { state.held = [] }
            return (state.held, session)
        }
        guard let session else { return }
        for request in held { askOwner(request, in: session) }
    }

    private func refuseLater(_ request: JSONRPCRequest) {
        after(isUsed ? Self.holdTime : Self.firstHoldTime) { inbox in
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
        let now = MonotonicInstant.now
        tell { upstream, share in await upstream.noteChange(of: kinds, in: share, at: now) }
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
        let (runs, ticket) = state.withLock { state -> ([CallRun], QuestionTicket?) in
            state.held.removeAll { $0.id == id }
            return (state.runs, state.asked.removeValue(forKey: id) ?? nil)
        }
        if let ticket { owner?.withdraw(ticket, reason: "the server no longer needs the answer") }
        Task(executorPreference: home) { for run in runs { await run.withdrawQuestion(named: params) } }
    }
}
