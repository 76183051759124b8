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
    private var toolCount = 0
    private var recentErrors: [String] = []
    private var task: Task<Void, Never>?
    /// Something has happened: the connection ended, or the server announced a change.
    private let wake: LoopSignal
    private var ended: MCPClientError?
    private var listChanged = false
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
                    try await list(connection, announced: false)
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
        listChanged = false
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

    private func becomeReady(_ connection: any MCPConnection) {
        live.withLock { $0 = connection }
        state = .ready
        log.info(
            "server ready",
            [
                "server": configuration.name, "revision": connection.revision.rawValue, "tools": toolCount,
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
        guard notification.method == "notifications/tools/list_changed" else { return }
        listChanged = true
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
                try await refreshList(connection, announced: false)
            case .signalled:
                if let ended { throw ended }
                guard listChanged else { continue }
                do throws(CancellationError) {
                    try await loop.sleep(for: Self.coalescing)
                } catch {
                    throw MCPClientError(.cancelled, "stopped", mayHaveExecuted: false)
                }
                listChanged = false
                try await refreshList(connection, announced: true)
            }
        }
    }

    /// A list that cannot be fetched again is no reason to give up a connection that works.
    private func refreshList(_ connection: any MCPConnection, announced: Bool) async throws(MCPClientError) {
        do throws(MCPClientError) {
            try await list(connection, announced: announced)
        } catch {
            switch error.kind {
            case .closed, .connectionFailed, .sessionExpired, .cancelled: throw error
            default:
                lastError = (error.detail, Log.timestamp())
                log.warning("list not refreshed", ["server": configuration.name, "reason": error.detail])
            }
        }
    }

    private func list(_ connection: any MCPConnection, announced: Bool) async throws(MCPClientError) {
        var items: [ListPage.Item] = []
        var remarks: [String] = []
        if connection.initializeResult.capabilities.member("tools") != nil {
            let deadline = MonotonicInstant.now + (configuration.timeouts.list ?? .seconds(3600))
            let pager = ListPager(.tools, maxItems: catalogConfiguration.maxItemsPerServer)
            do throws(MCPClientError) {
                let outcome = try await pager.fetch(from: connection, on: loop, until: deadline)
                items = outcome.items
                remarks = outcome.remarks
            } catch {
                guard error.kind == .timedOut, let budget = configuration.timeouts.list else { throw error }
                throw MCPClientError(
                    .timedOut, "tools/list took longer than \(budget.inWords) (timeouts.list)",
                    mayHaveExecuted: false)
            }
        }
        remarks += catalog.publish(tools: items, of: configuration, announced: announced)
        toolCount = items.count
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
                serverInfo: connection?.initializeResult.serverInfo, toolCount: toolCount,
                restarts: max(0, restarts), processID: connection?.processID,
                recentErrors: await connection?.recentErrors() ?? recentErrors)
        }
    }
}
