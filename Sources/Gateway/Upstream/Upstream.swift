import AsyncIO
import MCPClient
import MCPProtocol
import Synchronization

/// One configured server: keeps a warm connection to it, keeps its part of the catalogue fresh, and heals.
///
/// Its life is one task, ``run()``: connect, list, wait for something to happen, and again; after a failure with a
/// growing pause. Callers never wait for that task: they take the connection there is.
package actor Upstream {
    package nonisolated let configuration: ServerConfiguration
    package nonisolated let meter = UpstreamMeter()
    private nonisolated let loop: EventLoop
    package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    private let connector: UpstreamConnector
    private let catalog: Catalog
    private let catalogConfiguration: CatalogConfiguration
    private let log: Log
    /// The connection calls use. Read from every loop, without a hop.
    private nonisolated let live = Mutex<(any MCPConnection)?>(nil)

    private var state = UpstreamStatus.State.connecting
    private var lastError: (message: String, since: String)?
    private var restarts = -1
    /// What the server listed last, also over an earlier connection.
    private var lists = ServerLists()
    private var recentErrors: [String] = []
    private var task: Task<Void, Never>?
    /// Something has happened: the connection ended, or the server announced a change.
    private let wake: LoopSignal
    private var ended: MCPClientError?
    /// Lists that the server said have changed.
    private var changedLists: Set<ListKind> = []
    /// Callers that wait for the connection being made right now.
    private var waiters: [LoopSignal] = []

    private static let firstBackoff = Duration.milliseconds(500)
    private static let longestBackoff = Duration.seconds(30)
    /// A connection that lasted this long was a success: the next failure starts with the shortest pause.
    private static let stableAfter = Duration.seconds(10)
    /// Announcements this close together are one.
    private static let coalescing = Duration.milliseconds(100)

    package init(
        _ configuration: ServerConfiguration, connector: UpstreamConnector, catalog: Catalog,
        catalogConfiguration: CatalogConfiguration, loop: EventLoop
    ) {
        self.configuration = configuration
        self.connector = connector
        self.catalog = catalog
        self.catalogConfiguration = catalogConfiguration
        self.loop = loop
        log = connector.log
        wake = LoopSignal(loop: loop)
    }

    // MARK: Life

    package func start() {
        guard task == nil, state != .stopped else { return }
        task = Task { await self.run() }
    }

    /// Ends the connection, and the process behind it, and waits for that.
    package func stop() async {
        state = .stopped
        task?.cancel()
        await task?.value
        task = nil
    }

    private func run() async {
        var backoff = Self.firstBackoff
        while !Task.isCancelled {
            state = .connecting
            var readySince: MonotonicInstant?
            do throws(MCPClientError) {
                let connection = try await connect()
                do throws(MCPClientError) {
                    try await list(connection, .all, announced: false)
                    becomeReady(connection)
                    readySince = .now
                    try await watch(connection)
                } catch {
                    live.withLock { $0 = nil }
                    recentErrors = await connection.recentErrors()
                    await connection.close()
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

    private func connect() async throws(MCPClientError) -> any MCPConnection {
        restarts += 1
        ended = nil
        changedLists = []
        wake.reset()
        let deadline = MonotonicInstant.now + (configuration.timeouts.connect ?? .seconds(3600))
        do throws(MCPClientError) {
            return try await connector.open(
                configuration, on: loop, until: deadline,
                onNotification: { [weak self] notification in Task { await self?.note(notification) } },
                onClose: { [weak self] error in Task { await self?.noteEnd(error) } })
        } catch {
            guard error.kind == .timedOut, let budget = configuration.timeouts.connect else { throw error }
            throw MCPClientError(
                .timedOut, "not connected within \(budget.inWords) (timeouts.connect): \(error.detail)",
                mayHaveExecuted: false)
        }
    }

    /// Does nothing the second time: a connection is used before all of its lists are there when one of them takes long.
    private func becomeReady(_ connection: any MCPConnection) {
        guard state != .ready else { return }
        live.withLock { $0 = connection }
        state = .ready
        log.info(
            "server ready",
            [
                "server": configuration.name, "revision": connection.revision.rawValue, "tools": lists.tools.count,
                "restarts": restarts,
            ])
        wakeWaiters()
    }

    private func noteFailure(_ error: MCPClientError) {
        state = .failed
        lastError = (error.detail, Log.timestamp())
        log.warning(
            "server unavailable", ["server": configuration.name, "reason": error.detail, "attempt": restarts + 1])
        catalog.noteFailure(of: configuration.name)
        wakeWaiters()
    }

    private func wakeWaiters() {
        let waiting = waiters
        waiters = []
        for waiter in waiting { waiter.signal() }
    }

    // MARK: What the server says

    private func note(_ notification: JSONRPCNotification) {
        guard let kinds = Set<ListKind>(announcedBy: notification.method) else { return }
        changedLists.formUnion(kinds)
        wake.signal()
    }

    private func noteEnd(_ error: MCPClientError) {
        guard ended == nil else { return }
        ended = error
        wake.signal()
    }

    /// Waits for the end of the connection and refreshes the lists meanwhile.
    private func watch(_ connection: any MCPConnection) async throws(MCPClientError) {
        while true {
            if let ended { throw ended }
            let refresh = catalogConfiguration.refresh.map { MonotonicInstant.now + $0 }
            switch await wake.wait(until: refresh) {
            case .cancelled:
                throw MCPClientError(.cancelled, "stopped", mayHaveExecuted: false)
            case .timedOut:
                try await refreshLists(connection, .all, announced: false)
            case .signalled:
                if let ended { throw ended }
                guard !changedLists.isEmpty else { continue }
                do throws(CancellationError) {
                    try await loop.sleep(for: Self.coalescing)
                } catch {
                    throw MCPClientError(.cancelled, "stopped", mayHaveExecuted: false)
                }
                let kinds = changedLists
                changedLists = []
                try await refreshLists(connection, kinds, announced: true)
            }
        }
    }

    /// A list that cannot be fetched again is no reason to give up a connection that works.
    private func refreshLists(
        _ connection: any MCPConnection, _ kinds: Set<ListKind>, announced: Bool
    ) async throws(MCPClientError) {
        do throws(MCPClientError) {
            try await list(connection, kinds, announced: announced)
        } catch {
            if error.kind.endsConnection { throw error }
            lastError = (error.detail, Log.timestamp())
            log.warning("list not refreshed", ["server": configuration.name, "reason": error.detail])
        }
    }

    /// Fetches lists at the same time, and publishes them together. A list that takes much longer than the tools does
    /// not hold them up: they are published before it.
    ///
    /// - Throws: if the tools cannot be listed, or the connection is gone. Another list that fails costs itself only:
    ///   what the server listed before stays.
    private func list(
        _ connection: any MCPConnection, _ kinds: Set<ListKind>, announced: Bool
    ) async throws(MCPClientError) {
        let lister = ServerLister(
            connection: connection, server: configuration, maxItems: catalogConfiguration.maxItemsPerServer, loop: loop)
        lists.capabilities = connection.initializeResult.capabilities
        lists.revision = connection.revision
        lists.instructions = connection.initializeResult.instructions
        let outcome = await lister.fetch(kinds, into: lists) { early in
            self.publish(early, announced: [], isComplete: false, remarks: [])
            self.becomeReady(connection)
        }
        publish(
            try outcome.lists.get(), announced: announced ? kinds : [], isComplete: true, remarks: outcome.remarks)
    }

    private func publish(_ lists: ServerLists, announced: Set<ListKind>, isComplete: Bool, remarks: [String]) {
        self.lists = lists
        let remarks =
            remarks + catalog.publish(lists, of: configuration, announced: announced, isComplete: isComplete)
        for remark in remarks.prefix(20) {
            log.warning("list of a server is flawed", ["server": configuration.name, "reason": remark])
        }
    }

    // MARK: For callers

    /// The connection there is, if there is one.
    nonisolated var connection: (any MCPConnection)? { live.withLock { $0 } }

    /// Waits for the connection being made, if one is; fails at once while the server is known to be down.
    func waitForConnection(until deadline: MonotonicInstant) async throws(UpstreamFailure) -> any MCPConnection {
        while true {
            if let connection { return connection }
            switch state {
            case .connecting, .ready: break
            case .failed:
                let reason = lastError.map { "unavailable since \($0.since): \($0.message)" } ?? "unavailable"
                throw UpstreamFailure(
                    server: configuration.name, stage: "connect", detail: reason, isRetryable: true)
            case .stopped:
                throw UpstreamFailure(
                    server: configuration.name, stage: "connect", detail: "stopped", isRetryable: false)
            }
            let signal = LoopSignal(loop: loop)
            waiters.append(signal)
            let wake = await signal.wait(until: deadline)
            waiters.removeAll { $0 === signal }
            switch wake {
            case .signalled: continue
            case .timedOut:
                throw UpstreamFailure(
                    server: configuration.name, stage: "connect", detail: "still connecting", isRetryable: true)
            case .cancelled:
                throw UpstreamFailure(
                    server: configuration.name, stage: "cancelled", detail: "cancelled", isRetryable: true)
            }
        }
    }

    /// A caller found the connection dead. It is replaced, unless that has happened already.
    func replace(_ connection: any MCPConnection, because error: MCPClientError) {
        guard
            live.withLock({ live in
                guard live === connection else { return false }
                live = nil
                return true
            })
        else { return }
        state = .connecting
        noteEnd(error)
    }

    package var status: UpstreamStatus {
        get async {
            let connection = self.connection
            return UpstreamStatus(
                state: state, lastError: lastError, revision: connection?.revision,
                serverInfo: connection?.initializeResult.serverInfo,
                restarts: max(0, restarts), processID: connection?.processID,
                recentErrors: await connection?.recentErrors() ?? recentErrors)
        }
    }
}
