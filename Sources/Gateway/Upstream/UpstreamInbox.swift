import AsyncIO
import MCPClient
import MCPProtocol
import Synchronization

/// Takes what a server says outside of any call's own stream, and finds whom it is for.
///
/// Over stdio and HTTP+SSE everything comes this way, over Streamable HTTP what is on the stream of the session. Nothing
/// on the wire says which call a question belongs to, so it goes to the newest call in flight whose client can be asked,
/// and only if all calls in flight are of one client: then the right person answers whichever call carries it. With calls
/// of several clients in flight it is refused, not guessed. Clients of 2026-07-28 without an affinity share sessions
/// without knowing it; their calls therefore keep out of the way of those that have been found to lead to such questions.
final class UpstreamInbox: Sendable {
    struct State {
        /// Oldest first.
        var runs: [CallRun] = []
        /// Questions that came while no call was in flight.
        var held: [JSONRPCRequest] = []
        /// Whether there has been a call.
        var isUsed = false
        /// Questions that clients have been asked, by the server's own ids.
        var open: [RequestID: OpenQuestion] = [:]
        /// What was said of tasks that no client knows of yet, oldest first.
        var unknownTasks: [(id: String, params: RawJSON)] = []
        var taskProgress = TaskProgressState()
        /// When a client last answered; from then on silence is the server's again.
        var lastAnswer: MonotonicInstant?
        weak var session: UpstreamSession?
    }

    /// News of unknown tasks that are kept.
    private static let maxUnknownTasks = 64

    /// The client the session is for; `nil` if it is for several.
    weak let owner: FrontSession?
    weak let upstream: Upstream?
    let server: ServerConfiguration
    let namesServer: Bool
    let home: EventLoop
    private let log: Log
    let state = Mutex(State())

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

    /// Whether there has been a call.
    var isUsed: Bool { state.withLock { $0.isUsed } }

    var hasRuns: Bool { state.withLock { !$0.runs.isEmpty } }

    // MARK: Calls

    /// Notes a call in flight.
    ///
    /// - Parameter mustStay: the call has nowhere else to go.
    /// - Returns: `false`, with nothing noted, if other calls are in flight, anybody may have made them, and the server would
    ///   not say which of them it asks about.
    func begin(_ run: CallRun, mustStay: Bool) -> Bool {
        let isOneOfMany = run.caller.isOneOfMany && run.caller.canBeAsked
        let held = state.withLock { state -> [JSONRPCRequest]? in
            if isOneOfMany, !mustStay, !state.runs.isEmpty, hasAsker(among: state.runs, run) { return nil }
            state.runs.append(run)
            state.isUsed = true
            guard run.caller.canBeAsked else { return [] }
            defer { state.held = [] }
            return state.held
        }
        guard let held else { return false }
        for request in held { take(request) }
        return true
    }

    /// Whether the server has asked in the course of such a call before, in a way that does not say in which.
    private func hasAsker(among runs: [CallRun], _ run: CallRun) -> Bool {
        upstream?.askers.withLock { askers in
            !askers.isEmpty && (runs + [run]).contains { askers.contains($0.call.subject) }
        } ?? false
    }

    /// Notes that one of these calls has led to a question.
    func noteAsker(among runs: [CallRun]) {
        upstream?.askers.withLock { askers in
            for run in runs where run.caller.canBeAsked && askers.count < Upstream.maxAskers {
                askers.insert(run.call.subject)
            }
        }
    }

    /// - Parameter wasAnswered: the call came to its end; it was not given up.
    func end(_ run: CallRun, wasAnswered: Bool) {
        let isLast = state.withLock { state in
            state.runs.removeAll { $0 === run }
            return state.runs.isEmpty && !state.open.isEmpty
        }
        if isLast, !wasAnswered { withdrawQuestionsOfCalls() }
    }

    /// The call that a session was opened for has ended.
    func callEnded(in session: UpstreamSession) {
        guard let upstream else { return }
        Task(executorPreference: home) { await upstream.callEnded(in: session) }
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
        case "notifications/progress": takeProgress(notification.params)
        case "notifications/elicitation/complete":
            if let id = notification.params?.member("elicitationId")?.stringValue { upstream?.visits.end(id) }
            tellOwner(notification)
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

    /// Whether all calls are surely of one client.
    static func areOfOneClient(_ runs: [CallRun]) -> Bool {
        guard let first = runs.first else { return true }
        return runs.dropFirst().allSatisfy { $0.caller.isSame(as: first.caller) }
    }

    /// A log message goes to the one client it can be meant for, else to nobody: it may be about another's call.
    private func passLog(_ notification: JSONRPCNotification) {
        let runs = state.withLock { $0.runs }
        if let newest = runs.last, Self.areOfOneClient(runs) {
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
}
