import AsyncIO
import MCPClient
import MCPProtocol
import Synchronization

/// One configured server: keeps a warm session with it for everybody, keeps its part of the catalogue fresh, heals, and
/// opens sessions of their own for clients that need them (``Upstream/session(for:until:)``).
///
/// The life of the common session is one task, ``run()``: connect, list, wait for something to happen, and again; after
/// a failure with a growing pause. Callers never wait for that task: they take the session there is.
package actor Upstream {
    package nonisolated let configuration: ServerConfiguration
    package nonisolated let meter = UpstreamMeter()
    nonisolated let loop: EventLoop
    package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    let connector: UpstreamConnector
    let catalog: Catalog
    let catalogConfiguration: CatalogConfiguration
    nonisolated let sessions: SessionStore
    /// Where verdicts outlive the gateway; `nil` without `state.dir`.
    let eras: EraMemory?
    let log: Log
    /// The session everybody shares. Read from every loop, without a hop.
    nonisolated let live = Mutex<UpstreamSession?>(nil)
    /// Sessions that belong to someone, ready for use. Read from every loop, without a hop.
    nonisolated let ready = Mutex<[UpstreamShare: UpstreamSession]>([:])

    /// What the server said of how long its lists may be kept. Read from every loop, without a hop.
    nonisolated let freshness = Mutex<[ListKind: ListFreshness]>([:])
    /// When lists were last fetched because they had become stale.
    nonisolated let lastRefresh = Mutex<MonotonicInstant?>(nil)
    /// URLs that users have to visit before calls can be made. Used on every loop, without a hop.
    nonisolated let visits = RequiredVisits()
    /// What was called when the server asked something that was on no call's own stream, so that nothing said whose it was.
    /// Read from every loop, without a hop.
    nonisolated let askers = Mutex<Set<String>>([])
    /// Of those that are remembered.
    static let maxAskers = 1024

    var state = UpstreamStatus.State.connecting
    private(set) var lastError: (message: String, since: String)?
    private var restarts = -1
    private var recentErrors: [String] = []
    private var task: Task<Void, Never>?
    /// Something has happened: the connection ended, or the server announced a change.
    private let wake: LoopSignal
    private var ended: MCPClientError?
    private var changes = ListChanges()
    /// Changes announced in sessions of clients' own, by session; each has a task that deals with it.
    var ownChanges: [UpstreamShare: ListChanges] = [:]
    /// What the server said of itself and of what it has, as last heard.
    var lists = ServerLists()
    /// Callers that wait for the session being opened right now.
    private var waiters: [LoopSignal] = []

    /// What the server speaks. The common session finds out anew each time: the server may have been replaced.
    var transport: MCPTransportKind?
    /// How that was found out, for the era; perhaps by a gateway that ran before.
    var verdict: EraVerdict?
    /// A server that could not be connected to as the legacy one it is known to be may be none any more.
    var doubtsVerdict = false

    /// Sessions being opened, by whom they are for.
    var openings: [UpstreamShare: Opening] = [:]
    /// Sessions for one call each, which are open.
    var callSessions = 0
    /// Sessions being closed; ``stop()`` waits for them.
    var retiring: [ObjectIdentifier: Task<Void, Never>] = [:]
    var subscriptions = SubscriptionTable()

    private static let firstBackoff = Duration.milliseconds(500)
    private static let longestBackoff = Duration.seconds(30)
    /// A connection that lasted this long was a success: the next failure starts with the shortest pause.
    private static let stableAfter = Duration.seconds(10)
    /// Announcements this close together are one.
    static let coalescing = Duration.milliseconds(100)

    init(
        _ configuration: ServerConfiguration, connector: UpstreamConnector, catalog: Catalog,
        catalogConfiguration: CatalogConfiguration, sessions: SessionStore, eras: EraMemory?, loop: EventLoop
    ) {
        self.configuration = configuration
        self.connector = connector
        self.catalog = catalog
        self.catalogConfiguration = catalogConfiguration
        self.sessions = sessions
        self.eras = eras
        self.loop = loop
        verdict = eras?.verdict(of: configuration)
        log = connector.log
        wake = LoopSignal(loop: loop)
    }

    // MARK: Life

    package func start() {
        guard task == nil, state != .stopped else { return }
        task = Task { await self.run() }
    }

    /// Ends all sessions, and the processes behind them, and waits for that.
    package func stop() async {
        state = .stopped
        task?.cancel()
        await task?.value
        task = nil
        await closeOwnSessions()
    }

    private func run() async {
        var backoff = Self.firstBackoff
        while !Task.isCancelled {
            state = .connecting
            var readySince: MonotonicInstant?
            do throws(MCPClientError) {
                let session = try await connect()
                do throws(MCPClientError) {
                    try await list(session, .all)
                    becomeReady(session)
                    exploreForClients()
                    readySince = .now
                    try await watch(session)
                } catch {
                    live.withLock { $0 = nil }
                    recentErrors = await session.connection.recentErrors()
                    await session.close()
                    throw error
                }
            } catch {
                if error.kind == .cancelled || Task.isCancelled { break }
                noteFailure(error)
            }
            // How long an attempt took says nothing: a hung server takes all the time it gets.
            if let readySince, MonotonicInstant.now - readySince > Self.stableAfter { backoff = Self.firstBackoff }
            if ended?.kind == .sessionExpired, readySince != nil {
                // The server is there, it only forgot us: no reason to wait.
                ended = nil
                continue
            }
            ended = nil
            let jitter = Double.random(in: 0.8...1.2)
            do throws(CancellationError) {
                try await loop.sleep(for: .nanoseconds(Int64(Double(backoff.clampedNanoseconds) * jitter)))
            } catch {
                break
            }
            backoff = min(backoff * 2, Self.longestBackoff)
        }
        live.withLock { $0 = nil }
        wakeWaiters()
    }

    private func connect() async throws(MCPClientError) -> UpstreamSession {
        restarts += 1
        ended = nil
        changes = ListChanges()
        wake.reset()
        return try await open(.everybody, owner: nil) { [weak self] error in Task { await self?.noteEnd(error) } }
    }

    /// Opens a session with the server, under `timeouts.connect`.
    func open(
        _ share: UpstreamShare, owner: FrontSession?, onClose: @escaping @Sendable (MCPClientError) -> Void
    ) async throws(MCPClientError) -> UpstreamSession {
        let deadline = MonotonicInstant.now + (configuration.timeouts.connect ?? .seconds(3600))
        let inbox = UpstreamInbox(
            owner: Self.isOwned(share) ? owner : nil, upstream: self, server: configuration,
            namesServer: connector.namesServer, home: loop, log: log)
        // What everybody shares declares nothing, so that a server does not ask whom nobody could name.
        let capabilities = share == .everybody ? ClientCapabilities.none : owner?.capabilities ?? .none
        let options = connector.options(
            for: configuration, capabilities: capabilities.forUpstream, inbox: inbox, onClose: onClose)
        do throws(MCPClientError) {
            let connection = try await connect(share, owner, options, until: deadline)
            let session = UpstreamSession(
                connection, share: share, inbox: inbox, limits: connector.limits, home: loop, log: log)
            await applyLogLevel(to: session)
            return session
        } catch {
            guard error.kind == .timedOut, let budget = configuration.timeouts.connect else { throw error }
            throw MCPClientError(
                .timedOut, "not connected within \(budget.inWords) (timeouts.connect): \(error.detail)",
                mayHaveExecuted: false)
        }
    }

    /// Whether what the server says there can only be for the client that opened it.
    private static func isOwned(_ share: UpstreamShare) -> Bool {
        switch share {
        case .client, .call: true
        case .everybody, .user: false
        }
    }

    /// Does nothing the second time: a session is used before all of its lists are there when one of them takes long.
    func becomeReady(_ session: UpstreamSession) {
        guard state != .ready else { return }
        live.withLock { $0 = session }
        state = .ready
        log.info(
            "server ready",
            [
                "server": configuration.name, "revision": session.connection.revision.rawValue,
                "era": session.connection.verdict.map { "\($0.era.rawValue): \($0.evidence)" } ?? "legacy",
                "tools": lists.tools.count, "restarts": restarts,
            ])
        wakeWaiters()
        renewSubscriptions(in: session)
    }

    private func noteFailure(_ error: MCPClientError) {
        state = .failed
        note(error)
        log.warning(
            "server unavailable", ["server": configuration.name, "reason": error.detail, "attempt": restarts + 1])
        catalog.noteFailure(of: configuration.name)
        wakeWaiters()
    }

    func note(_ error: MCPClientError) { lastError = (error.detail, Log.timestamp()) }

    private func wakeWaiters() {
        let waiting = waiters
        waiters = []
        for waiter in waiting { waiter.signal() }
    }

    // MARK: What the server says

    /// The server announced that lists have changed.
    ///
    /// Where it said so in a client's own session, that client's lists have; the others are looked at, too, as there are
    /// servers that announce a change for all in one session only.
    func noteChange(of kinds: Set<ListKind>, in share: UpstreamShare, at time: MonotonicInstant) {
        switch share {
        case .everybody, .call: changes.note(kinds, at: time, isAnnounced: true)
        case .user, .client:
            changes.note(kinds, at: time, isAnnounced: false)
            noteOwnChange(of: kinds, in: share, at: time)
        }
        wake.signal()
    }

    /// A list may have changed without a word.
    func noteStale(_ kind: ListKind, at time: MonotonicInstant) {
        changes.note([kind], at: time, isAnnounced: false)
        wake.signal()
    }

    private func noteEnd(_ error: MCPClientError) {
        guard ended == nil else { return }
        ended = error
        wake.signal()
    }

    /// Waits for the end of the connection and refreshes the lists meanwhile.
    private func watch(_ session: UpstreamSession) async throws(MCPClientError) {
        while true {
            if let ended { throw ended }
            let refresh = catalogConfiguration.refresh.map { MonotonicInstant.now + $0 }
            switch await wake.wait(until: refresh) {
            case .cancelled:
                throw MCPClientError(.cancelled, "stopped", mayHaveExecuted: false)
            case .timedOut:
                try await refreshLists(session, ListChanges(all: .now))
            case .signalled:
                if let ended { throw ended }
                guard !changes.kinds.isEmpty else { continue }
                do throws(CancellationError) {
                    try await loop.sleep(for: Self.coalescing)
                } catch {
                    throw MCPClientError(.cancelled, "stopped", mayHaveExecuted: false)
                }
                let changed = changes
                changes = ListChanges()
                try await refreshLists(session, changed)
            }
        }
    }

    /// A list that cannot be fetched again is no reason to give up a connection that works.
    private func refreshLists(
        _ session: UpstreamSession, _ changes: ListChanges
    ) async throws(MCPClientError) {
        do throws(MCPClientError) {
            try await list(session, changes.kinds, announced: changes.announced, since: changes.since)
        } catch {
            if error.kind.endsConnection { throw error }
            note(error)
            log.warning("list not refreshed", ["server": configuration.name, "reason": error.detail])
        }
    }

    // MARK: For callers

    /// Waits for the common session being opened, if one is; fails at once while the server is known to be down.
    func waitForCommonSession(until deadline: MonotonicInstant) async throws(UpstreamFailure) -> UpstreamSession {
        while true {
            if let session = live.withLock({ $0 }) { return session }
            try refuseIfDown()
            let signal = LoopSignal(loop: loop)
            waiters.append(signal)
            let wake = await signal.wait(until: deadline)
            waiters.removeAll { $0 === signal }
            try goOn(after: wake)
        }
    }

    /// - Throws: why the server cannot be used, if it is known to be down.
    func refuseIfDown() throws(UpstreamFailure) {
        switch state {
        case .connecting, .ready: break
        case .failed:
            let reason = lastError.map { "unavailable since \($0.since): \($0.message)" } ?? "unavailable"
            throw UpstreamFailure(server: configuration.name, stage: "connect", detail: reason, isRetryable: true)
        case .stopped:
            throw UpstreamFailure(server: configuration.name, stage: "connect", detail: "stopped", isRetryable: false)
        }
    }

    func goOn(after wake: LoopSignal.Wake) throws(UpstreamFailure) {
        switch wake {
        case .signalled: break
        case .timedOut:
            throw UpstreamFailure(
                server: configuration.name, stage: "connect", detail: "still connecting", isRetryable: true)
        case .cancelled:
            throw UpstreamFailure(
                server: configuration.name, stage: "cancelled", detail: "cancelled", isRetryable: true)
        }
    }

    /// A caller found the session dead. It is replaced, unless that has happened already.
    func replace(_ session: UpstreamSession, because error: MCPClientError) {
        guard session.share == .everybody else { return forget(session, because: error) }
        guard
            live.withLock({ live in
                guard live === session else { return false }
                live = nil
                return true
            })
        else { return }
        state = .connecting
        noteEnd(error)
    }

    package var status: UpstreamStatus {
        get async {
            let connection = live.withLock { $0 }?.connection
            return UpstreamStatus(
                state: state, transport: transport, lastError: lastError, verdict: verdict,
                revision: connection?.revision,
                serverInfo: connection?.initializeResult.serverInfo,
                restarts: max(0, restarts), processID: connection?.processID,
                sessions: (connection == nil ? 0 : 1) + ownSessionCount,
                lateAnswers: await connection?.lateAnswers ?? 0,
                recentErrors: await connection?.recentErrors() ?? recentErrors)
        }
    }
}
