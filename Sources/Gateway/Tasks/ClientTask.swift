import AsyncIO
import MCPClient
import MCPProtocol
import Synchronization

/// A task of a client of 2026-07-28, at a server of whichever era (extension `io.modelcontextprotocol/tasks`).
///
/// What is said of it is asked of its server each time. Where that is one of 2025-11-25, the result comes by a request of
/// its own, and so do its questions: see `ClientTask+Core.swift`. Lives on the loop of the call that made it.
actor ClientTask {
    nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
    /// Nobody can guess it.
    nonisolated let id: String
    nonisolated let principal: String
    /// Whom the caps count for.
    nonisolated let origin: String
    /// When it is forgotten.
    nonisolated let expiry: MonotonicInstant
    /// Milliseconds from its creation to that, as the client is told.
    nonisolated let ttl: Int64
    nonisolated let partition: FrontSession
    nonisolated let router: Router
    let upstream: Upstream
    /// The session it was created in. Of servers with sessions only that one knows it.
    let session: UpstreamSession
    let upstreamID: String
    let context: RequestContext
    private let serverInfo: [UInt8]

    private nonisolated let isOver = Atomic(false)
    /// What is said of it for ever, once it has ended; `nil` also where that is too long to be kept.
    private(set) var ended: DetailedTask?
    /// As its server described it last.
    private(set) var last: TaskDescription
    /// Whether sessions are kept open for it.
    private var isHeld = true

    // Of a task at a server of 2025-11-25.
    var questions = AskedQuestions()
    /// The request for its result, in progress.
    var collecting: CallRun?
    /// What that request came to.
    var outcome: RunOutcome?
    var waiters: [LoopSignal] = []
    /// The progress that its server tells of, under this token.
    private var progressToken: Int64?
    private var progress: TaskProgress?
    /// What the task's status message is because of that, until its server gives it another one.
    private(set) var progressMessage: String?

    // Subscriptions to it: see `ClientTask+Listeners.swift`.
    var listeners: [FrontSession] = []
    var watch: Task<Void, Never>?
    /// What listeners were told last.
    var told: DetailedTask?
    /// Its server does not tell of tasks.
    var isMute = false

    /// Results up to this size are kept; longer ones are fetched again.
    private static let maxKeptBytes = 64 << 10

    /// - Parameters:
    ///   - created: the task as its server described it, under its own id.
    ///   - context: what a server without sessions hears of the client.
    init(
        _ created: TaskDescription, in session: UpstreamSession, of upstream: Upstream, for partition: FrontSession,
        origin: String, context: RequestContext, router: Router, serverInfo: [UInt8], loop: EventLoop
    ) {
        id = SessionStore.makeID()
        upstreamID = created.id
        let longest = session.limits.taskLifetime.clampedNanoseconds / 1_000_000
        ttl = min(created.ttl ?? longest, longest)
        expiry = .now + .milliseconds(ttl)
        last = created
        principal = partition.principal
        self.session = session
        self.upstream = upstream
        self.partition = partition
        self.origin = origin
        self.context = context
        self.router = router
        self.serverInfo = serverInfo
        self.loop = loop
        session.beginUse()
        partition.hold()
    }

    deinit {
        if isHeld {
            session.endUse()
            partition.letGo()
        }
        if let progressToken { session.inbox.stopHearingProgress(of: progressToken) }
    }

    nonisolated var server: String { upstream.configuration.name }

    /// Whether nothing follows any more, as far as is known.
    nonisolated var hasEnded: Bool { isOver.load(ordering: .relaxed) }

    /// The result that tells the client of it.
    func creation() -> RawJSON {
        var own = last
        own.id = id
        own.ttl = ttl
        return RawJSON(unchecked: own.encodeCreation()[...])
    }

    // MARK: Requests

    /// Whether its server speaks of tasks as the client does.
    var isExtended: Bool { session.connection.revision.isModern }

    /// All there is to say of it.
    func details() async throws(JSONRPCError) -> DetailedTask {
        if let ended { return ended }
        guard isExtended || upstream.holds(session) else { return lose() }
        return adopt(isExtended ? try await extendedDetails() : try await coreDetails())
    }

    /// What is said of it under its own id; the end is kept.
    func adopt(_ details: DetailedTask) -> DetailedTask {
        let own = details.identified(as: id).limited(toTTL: ttl)
        if own.task.status.isTerminal { end(own) }
        return own
    }

    /// Takes answers to what its server has asked. Answers to what is answered already, or was never asked, change nothing.
    ///
    /// - Parameter params: of `tasks/update`.
    func update(_ answers: InputAnswers, _ params: RawJSON) async throws(JSONRPCError) {
        guard !isExtended else {
            _ = try await ask("tasks/update", params)
            return
        }
        try deliver(answers.responses)
    }

    /// Asks its server to end it, which takes as long as it takes. Of no effect once it has ended.
    func cancel(_ params: RawJSON) async throws(JSONRPCError) {
        guard ended == nil, isExtended || upstream.holds(session) else { return }
        if isExtended {
            _ = try await ask("tasks/cancel", params)
        } else {
            try await cancelCore()
        }
    }

    private func extendedDetails() async throws(JSONRPCError) -> DetailedTask {
        try read(try await ask("tasks/get", .emptyObject))
    }

    /// What its server says of it, with the result and the questions as the client is told them.
    ///
    /// - Parameter said: a task of the extension.
    func read(_ said: RawJSON) throws(JSONRPCError) -> DetailedTask {
        let details: DetailedTask
        do throws(MessageError) {
            details = try DetailedTask(said.detached())
        } catch {
            throw wrong(error)
        }
        last = details.task
        guard case .inputRequests(let asked) = details.detail else {
            return details.mappingResult { complete(router.withClientURIs($0, of: server, for: partition)) }
        }
        return details.asking(asked.compactMap(permitted))
    }

    /// A question as the client is asked it; `nil` for one that it did not say it can be asked.
    private func permitted(_ question: InputRequired.Question) -> InputRequired.Question? {
        let request = JSONRPCRequest(id: 0, method: question.method, params: question.params)
        let shownName = router.configuration.shownName(of: server)
        guard case .deliver(let params, _) = partition.judge(request, namedAs: shownName) else { return nil }
        return InputRequired.Question(key: question.key, method: question.method, params: params)
    }

    func complete(_ result: RawJSON) -> RawJSON { result.completeResult(serverInfo: serverInfo) }

    // MARK: Its server

    /// Makes a request about it.
    ///
    /// - Parameter params: of the client's own request.
    func ask(_ method: String, _ params: RawJSON) async throws(JSONRPCError) -> RawJSON {
        switch await outcome(of: makeRun(method, params)) {
        case .result(let result): return result
        case .error(let error) where error.code == ErrorCode.invalidParams && method != "tasks/update":
            throw .invalidParams("task \"\(id)\" is unknown to server \"\(server)\", or has expired: \(error.message)")
        case .error(let error):
            guard error.code != ErrorCode.invalidParams else { throw error }
            throw .internalError("server \"\(server)\": \(error.message) (\(error.code))")
        case .failed(let failure):
            if !isExtended, !upstream.holds(session) { throw lostError }
            throw failure.rpcError
        case .stream, .cancelled: throw .internalError("the gateway is stopping")
        }
    }

    func makeRun(_ method: String, _ params: RawJSON = .emptyObject, link: (any CallerLink)? = nil) -> CallRun {
        let bytes = Array(
            params.replacing([
                (["taskId"], JSONWriter.quote(upstreamID)), (["_meta", MetaKey.progressToken], nil),
            ]).bytes)
        var call = ClientCall(
            method: method, subject: "task \"\(id)\"", upstream: upstream, progressToken: nil,
            carrier: method == "tasks/result" ? .toolResult : nil
        ) { _ in OutgoingParams(bytes) }
        call.isSelfDescribing = true
        call.isSafe = method == "tasks/get" || method == "tasks/result"
        if method == "tasks/result" { call.taskID = upstreamID }
        if !isExtended { call.pinnedSession = session }
        return CallRun(
            call, caller: Caller(session: partition, link: link, context: context), allCalls: router.allCalls,
            loop: loop)
    }

    private func outcome(of run: CallRun) async -> RunOutcome {
        while true {
            guard case .finished(let outcome, _) = await run.next() else { continue }
            if case .stream(let stream) = outcome { return await run.collect(stream) }
            return outcome
        }
    }

    func wrong(_ error: MessageError) -> JSONRPCError {
        .internalError("server \"\(server)\" answered wrongly: \(error)")
    }

    func note(_ task: TaskDescription) {
        if task.statusMessage != last.statusMessage { progressMessage = nil }
        last = task
    }

    /// Takes the progress that is told of the call which made it, at a server of 2025-11-25.
    func hearProgress(of token: Int64) {
        guard isHeld, progressToken == nil else { return }
        progressToken = token
        session.inbox.hearProgress(of: token) { [loop, weak self] progress in
            guard let self else { return }
            Task(executorPreference: loop) { await self.note(progress) }
        }
    }

    private func note(_ news: TaskProgress) {
        // Progress must increase (MCP 2025-11-25, Progress, "Behavior Requirements").
        guard isHeld, news.value > progress?.value ?? -.infinity else { return }
        progress = news
        progressMessage = news.message
    }

    // MARK: The end

    private func end(_ details: DetailedTask) {
        isOver.store(true, ordering: .relaxed)
        let size =
            switch details.detail {
            case .result(let result): result.bytes.count
            case .error(let error): error.data?.bytes.count ?? 0
            case .none, .inputRequests: 0
            }
        outcome = nil
        guard size <= Self.maxKeptBytes else { return }
        ended = details
        letGo()
    }

    private var lostError: JSONRPCError {
        .internalError(
            "server \"\(server)\": the session that the task belongs to has ended; it may have been executed")
    }

    /// Its server knows it no more.
    private func lose() -> DetailedTask {
        var task = last
        (task.id, task.ttl) = (id, ttl)
        let lost = DetailedTask(core: task, questions: [], outcome: nil).failed(lostError)
        end(lost)
        return lost
    }

    private func letGo() {
        guard isHeld else { return }
        isHeld = false
        if let progressToken { session.inbox.stopHearingProgress(of: progressToken) }
        progressToken = nil
        session.endUse()
        partition.letGo()
    }

    /// Nobody can ask about it any more. What it does at its server is left to that.
    nonisolated func forget() {
        Task(executorPreference: loop) { await self.end(reason: "the task has expired") }
    }

    /// Nothing is asked about it any more.
    func end(reason: String) async {
        isOver.store(true, ordering: .relaxed)
        watch?.cancel()
        watch = nil
        listeners = []
        await stopCollecting(reason: reason)
        letGo()
    }
}
