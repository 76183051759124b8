import AsyncIO
import MCPClient
import MCPProtocol

/// The bridge's session with the gateway, shared by all runs of one identity: opened when it is first needed, opened
/// again when it was lost, its list of tools kept for a while.
///
/// The only file that knows which kind of connection leads to the gateway.
actor GatewaySession {
    nonisolated let home: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { home.asUnownedSerialExecutor() }

    private let endpoint: HTTPEndpoint
    private let clients: HTTPClientGroup
    private let clientInfo: Implementation
    private let capabilities: RawJSON
    /// Where the gateway has no sessions: what keeps the people of this one apart from others.
    private let affinity: String?
    private let era: GatewayEra
    /// Whether what is known of the era is relied upon.
    private let isOfOneRun: Bool
    private let toolCache: Duration
    private let log: Log

    private enum Link {
        case none
        case opening
        case open(any MCPConnection)
    }

    private var link = Link.none
    private var lastFailure: MCPClientError?
    /// Told when an attempt to open or to list has ended.
    private var waiters: [LoopSignal] = []
    /// How often they were told.
    private var wakes = 0
    private var catalogue: ToolCatalogue?
    private var freshUntil = MonotonicInstant(nanoseconds: 0)
    private var isListing = false
    /// Counts announcements, so that one that comes while a list is on its way is not lost.
    private var changes = 0
    private var isClosed = false
    private(set) var lastUse = MonotonicInstant.now

    init(
        _ settings: GatewaySettings, forwarding headers: [GatewaySettings.Header] = [], clients: HTTPClientGroup,
        clientInfo: Implementation, capabilities: RawJSON = .emptyObject, affinity: String? = nil,
        era: GatewayEra = GatewayEra(), isOfOneRun: Bool = false, on loop: EventLoop, log: Log
    ) {
        self.affinity = affinity
        self.era = era
        self.isOfOneRun = isOfOneRun
        self.capabilities = capabilities
        endpoint = HTTPEndpoint(
            url: settings.url, headers: (settings.headers + headers).map { ($0.name, $0.value) },
            connectTimeout: GatewaySettings.connectTimeout)
        toolCache = settings.toolCache
        self.clients = clients
        self.clientInfo = clientInfo
        home = loop
        self.log = log
    }

    // MARK: The connection

    /// The open connection, after opening it if need be. Whoever comes meanwhile waits for the same attempt.
    ///
    /// - Throws: why the gateway cannot be had; `.timedOut` at the deadline, `.cancelled` with the task.
    func connection(until deadline: MonotonicInstant) async throws(MCPClientError) -> any MCPConnection {
        lastUse = .now
        var attempts = 0
        while true {
            let seen = wakes
            switch link {
            case .open(let connection): return connection
            case .none:
                guard !isClosed else {
                    throw MCPClientError(.connectionFailed, "the agent is stopping", mayHaveExecuted: false)
                }
                if attempts > 0, let lastFailure { throw lastFailure }
                attempts += 1
                link = .opening
                Task(executorPreference: home) { await self.open() }
            case .opening: attempts += 1
            }
            try await wait(since: seen, until: deadline)
        }
    }

    private func open() async {
        let options = ConnectionOptions(
            clientInfo: clientInfo, capabilities: capabilities, affinity: affinity,
            maxMessageBytes: ToolResult.maxBytes,
            maxResultBytes: ToolResult.maxBytes, log: log,
            onNotification: { [weak self] notification in
                guard notification.method == "notifications/tools/list_changed", let self else { return }
                Task { await self.toolsChanged() }
            },
            onClose: { [weak self] _ in
                guard let self else { return }
                Task { await self.lost() }
            })
        do throws(MCPClientError) {
            // A gateway of the newest revision needs no session; an older one is spoken to as it wants.
            let connection = try await HTTPServerConnection.open(
                endpoint, kind: .streamable, clients: clients, on: home, options: options,
                verdict: isOfOneRun ? era.known : nil, until: .now + GatewaySettings.listTimeout)
            era.note(connection.verdict)
            if isClosed {
                link = .none
                await connection.close()
            } else {
                link = .open(connection)
            }
        } catch {
            link = .none
            lastFailure = error
        }
        wakeAll()
    }

    /// The connection turned out to be of no use any more; the next call opens another.
    func drop(_ connection: any MCPConnection) {
        guard case .open(let current) = link, current === connection else { return }
        link = .none
        // What is left of the session is the gateway's to forget; nothing of it is waited for.
        Task(executorPreference: home) { await connection.close() }
    }

    private func lost() {
        guard case .open(let connection) = link else { return }
        drop(connection)
    }

    // MARK: Tools

    /// The gateway's tools: the list kept, or a new one. When a new one cannot be had, the old one has to do.
    func tools(until deadline: MonotonicInstant) async throws(MCPClientError) -> ToolCatalogue {
        lastUse = .now
        let limit = min(deadline, .now + GatewaySettings.listTimeout)
        var attempts = 0
        while true {
            let seen = wakes
            if let catalogue, .now < freshUntil { return catalogue }
            if !isListing {
                if attempts > 0 {
                    if let catalogue { return catalogue }
                    throw lastFailure ?? MCPClientError(.closed, "the gateway listed no tools", mayHaveExecuted: false)
                }
                attempts += 1
                isListing = true
                Task(executorPreference: home) { await self.list() }
            }
            do throws(MCPClientError) {
                try await wait(since: seen, until: limit)
            } catch {
                if error.kind == .timedOut, let catalogue { return catalogue }
                throw error
            }
        }
    }

    private func list() async {
        let before = changes
        do throws(MCPClientError) {
            let deadline = MonotonicInstant.now + GatewaySettings.listTimeout
            let (outcome, connection) = try await fetch(until: deadline)
            for remark in outcome.remarks { log.warning("list of tools", ["remark": remark]) }
            catalogue = ToolCatalogue(
                tools: outcome.items.map { GatewayTool(name: $0.key, item: $0.raw) },
                instructions: connection.initializeResult.instructions)
            freshUntil = changes == before ? .now + toolCache : MonotonicInstant(nanoseconds: 0)
        } catch {
            lastFailure = error
            // Not at once again for each of the runs that wait.
            if catalogue != nil { freshUntil = .now + .seconds(1) }
            log.warning("the gateway's tools cannot be listed", ["reason": error.detail])
        }
        isListing = false
        wakeAll()
    }

    /// Lists over the session there is; a lost one is replaced once.
    private func fetch(
        until deadline: MonotonicInstant
    ) async throws(MCPClientError) -> (ListPager.Outcome, any MCPConnection) {
        let connection = try await connection(until: deadline)
        do throws(MCPClientError) {
            return (try await ListPager(.tools).fetch(from: connection, on: home, until: deadline), connection)
        } catch {
            drop(connection)
            guard error.kind == .sessionExpired else { throw error }
        }
        let next = try await self.connection(until: deadline)
        return (try await ListPager(.tools).fetch(from: next, on: home, until: deadline), next)
    }

    private func toolsChanged() {
        changes += 1
        freshUntil = MonotonicInstant(nanoseconds: 0)
    }

    // MARK: Waiting

    /// Waits until an attempt has ended.
    ///
    /// - Parameter seen: ``wakes`` at the time of the look that found nothing. Even a call within the actor may let others
    ///   run first, and what they tell finds nobody waiting.
    private func wait(since seen: Int, until deadline: MonotonicInstant) async throws(MCPClientError) {
        guard wakes == seen else { return }
        let signal = LoopSignal(loop: home)
        waiters.append(signal)
        let wake = await signal.wait(until: deadline)
        waiters.removeAll { $0 === signal }
        switch wake {
        case .signalled: return
        case .timedOut: throw MCPClientError(.timedOut, "the gateway did not answer in time", mayHaveExecuted: false)
        case .cancelled: throw MCPClientError(.cancelled, "cancelled", mayHaveExecuted: false)
        }
    }

    private func wakeAll() {
        wakes += 1
        for waiter in waiters { waiter.signal() }
    }

    /// Ends the session at the gateway.
    func close() async {
        isClosed = true
        if case .open(let connection) = link {
            link = .none
            await connection.close()
        }
        wakeAll()
    }

    /// Whether the gateway answers.
    func isReachable(within limit: Duration) async -> Bool {
        do throws(MCPClientError) {
            _ = try await tools(until: .now + limit)
            return true
        } catch {
            return false
        }
    }
}
