import AsyncIO
import MCPProtocol
import Synchronization

/// One client's session on the front: what `initialize` agreed on, the calls in progress, what the client has been asked,
/// and the ways to tell it something.
package final class FrontSession: Sendable {
    package let id: String
    package let revision: ProtocolRevision
    package let clientInfo: Implementation
    /// The same as JSON, in the form of the newest revision.
    let encodedClientInfo: RawJSON
    package let capabilities: ClientCapabilities
    /// The era and ``MCPProtocol/ClientCapabilities/fingerprint`` of a client that can be asked something; `nil` for any other.
    let fingerprint: String?
    /// Whose lists the client sees.
    let listVariant: CatalogVariant
    /// What tells a client of 2026-07-28 from others that declare the same: see ``MCPProtocol/RequestMeta/affinity``.
    let affinity: String?
    /// Who the client acts for. There is one user until clients authenticate.
    let principal = ""
    let limits: LimitsConfiguration
    /// The one way to the client where the transport has one (HTTP+SSE, stdio); `nil` for Streamable HTTP.
    let channel: (any FrontChannel)?
    /// Under whose name servers have sessions for this client: its own id, or that of the client it is a part of.
    let shareID: String
    /// What it is a part of.
    private let whole: FrontSession?

    struct State {
        var lastUsed = MonotonicInstant.now
        var runs: [RequestID: CallRun] = [:]
        var questions: [Int64: OpenQuestion] = [:]
        var streams = SessionStreams()
        var news = MissedNews()
        var tasks = TaskRegistry()
        var requestedLogLevel: LoggingLevel?
        var hasEnded = false
        /// When the client was last told that a list has changed.
        var toldAt: [ListKind: MonotonicInstant] = [:]
        var isInitialized = false
        /// Parts of it, tasks, and what is being found out for all like it: while there are any, it is in use.
        var dependants = 0
        /// Calls that wait for the client to come back.
        var parkedCalls = 0
        /// Whether there has been a part of it.
        var hadParts = false
    }

    let state = Mutex(State())
    /// ``State/isInitialized``, for every request to look at.
    let hasBeenInitialized = Atomic(false)

    init(
        id: String, revision: ProtocolRevision, clientInfo: Implementation, capabilities: ClientCapabilities = .none,
        affinity: String? = nil, limits: LimitsConfiguration = LimitsConfiguration(),
        channel: (any FrontChannel)? = nil, sharing whole: FrontSession? = nil
    ) {
        self.id = id
        self.revision = revision
        self.clientInfo = clientInfo
        encodedClientInfo = RawJSON(unchecked: clientInfo.encode(for: .v2026_07_28)[...])
        self.capabilities = capabilities
        // A server that speaks both eras may show other lists in each.
        let era = revision.isModern ? "\(revision.rawValue) " : ""
        fingerprint = capabilities.canBeAsked ? era + capabilities.fingerprint : nil
        self.whole = whole
        shareID = whole?.shareID ?? id
        self.affinity = affinity
        listVariant = whole?.listVariant ?? .session(id, capabilities: fingerprint)
        self.limits = limits
        self.channel = channel
    }

    /// Whether it is a part of another: a subscription of a client of 2026-07-28.
    var isPart: Bool { shareID != id }

    // MARK: Use

    func touch() { state.withLock { $0.lastUsed = .now } }

    /// How long nothing has used the session; `nil` while something does.
    func idleTime(now: MonotonicInstant) -> Duration? {
        guard channel == nil else { return nil }
        return state.withLock { state in
            guard state.runs.isEmpty, !state.streams.isAnyCarried, state.dependants == 0, !isWaitedFor(state) else {
                return nil
            }
            return now - state.lastUsed
        }
    }

    /// Whether it is probably over, although it has not ended: an affinity whose client neither listens nor waits for
    /// anything.
    func isAbandoned(now: MonotonicInstant) -> Bool { affinity != nil && idleTime(now: now) != nil }

    /// Whether a call waits for a client that may come back. One with an affinity shows by its subscription that it is
    /// there, if it ever had one.
    private func isWaitedFor(_ state: State) -> Bool {
        state.parkedCalls > 0 && !(affinity != nil && state.hadParts)
    }

    /// How long it may be idle; `nil`: for ever. Affinities are many, and none is used again once its run is over.
    var idleLimit: Duration? {
        guard affinity != nil, let limit = limits.affinityIdle else { return limits.sessionIdle }
        return limits.sessionIdle.map { min($0, limit) } ?? limit
    }

    /// Keeps the session from being idle, until ``letGo()``.
    func hold() { state.withLock { $0.dependants += 1 } }

    func letGo() {
        state.withLock { state in
            state.dependants -= 1
            state.lastUsed = .now
        }
    }

    /// A call begins that may wait for its client, until ``parkedCallEnded()``.
    func parkedCallBegan() { state.withLock { $0.parkedCalls += 1 } }

    func parkedCallEnded() {
        state.withLock { state in
            state.parkedCalls -= 1
            state.lastUsed = .now
        }
    }

    /// For a part that has just begun: it keeps the whole until it ends.
    func holdWhole() {
        whole?.hold()
        whole?.state.withLock { $0.hadParts = true }
    }

    var hasEnded: Bool { state.withLock { $0.hasEnded } }

    /// The least severe log messages the client wants; `nil` if it has not said.
    var requestedLogLevel: LoggingLevel? {
        get { state.withLock { $0.requestedLogLevel } }
        set { state.withLock { $0.requestedLogLevel = newValue } }
    }

    /// Whether the client wants this notification: log messages below its level are left out, and what its revision does
    /// not have.
    func wants(_ method: String, _ params: RawJSON) -> Bool {
        if method == "notifications/elicitation/complete" { return revision.hasElicitationCompletion }
        guard method == "notifications/message", let wanted = requestedLogLevel,
            let level = params.member("level")?.stringValue.flatMap(LoggingLevel.init(rawValue:))
        else { return true }
        return level >= wanted
    }

    // MARK: Calls

    /// Notes a call in progress; `false` if the id is in use or the session has ended.
    func begin(_ run: CallRun, as id: RequestID) -> Bool {
        state.withLock { state in
            guard !state.hasEnded, state.runs[id] == nil else { return false }
            state.runs[id] = run
            return true
        }
    }

    func finish(_ id: RequestID) {
        state.withLock { state in
            state.runs[id] = nil
            state.lastUsed = .now
        }
    }

    /// Cancels a call; an id without a call is ignored, as the specification asks.
    func cancel(_ id: RequestID, reason: String) async {
        await state.withLock { $0.runs[id] }?.cancel(reason: reason)
    }

    // MARK: End

    /// Cancels the calls, closes the streams, and gives up what was asked.
    func end(reason: String) async {
        let (runs, streams, questions, tasks) = state.withLock { state in
            state.hasEnded = true
            defer {
                state.runs = [:]
                state.streams = SessionStreams()
                state.questions = [:]
                state.tasks = TaskRegistry()
            }
            return (
                Array(state.runs.values), state.streams.all, Array(state.questions.values), state.tasks.all
            )
        }
        for run in runs { await run.cancel(reason: reason) }
        for question in questions {
            question.answer(UnansweredQuestion.outcome(of: question.method, "the client's session has ended"))
        }
        for stream in streams { stream.close() }
        for task in tasks where !task.hasEnded { task.session.endUse() }
        channel?.close()
        whole?.letGo()
    }

    /// Closes the streams for what belongs to no call, and lets the calls finish.
    func closeStreams() {
        let streams = state.withLock { $0.streams.standalone }
        for stream in streams { stream.close() }
        if isPart { channel?.close() }
    }
}
