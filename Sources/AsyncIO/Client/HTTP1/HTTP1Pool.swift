/// Plain HTTP/1.1 on an event loop: the connections, idle ones kept for the next request.
// Unchecked: all state is touched on the loop's thread only; the entrances check that.
final class HTTP1Pool: @unchecked Sendable {
    let loop: EventLoop
    let options: HTTPClientOptions
    /// Looks names up.
    let multi: CurlMulti
    /// ``HTTPClientOptions/maxIdleTime``, without the arithmetic.
    let maxIdleNanoseconds: Int64

    /// By URL, with the path of the Unix socket before it where there is one.
    private var targets: [String: HTTP1Target] = [:]
    private var origins: [HTTP1Origin.Key: HTTP1Origin] = [:]
    private var connections: [ObjectIdentifier: HTTP1Connection] = [:]
    private var idleCount = 0
    private var counts = HTTPClientStatistics()
    private var isShutDown = false
    /// Set while there are idle connections.
    private var sweepTimer: TimerToken?

    private static let maxTargets = 1024
    /// Idle connections are looked at no more often than this.
    private static let sweepInterval = Duration.seconds(1)

    init(on loop: EventLoop, options: HTTPClientOptions, multi: CurlMulti) {
        self.loop = loop
        self.options = options
        self.multi = multi
        maxIdleNanoseconds = max(0, min(options.maxIdleTime.clampedNanoseconds, 1 << 60))
    }

    // MARK: Transfers

    /// What a request goes to, if it is one for plain HTTP/1.1; else `nil`, and libcurl's turn.
    func target(of request: HTTPClientRequest) -> HTTP1Target? {
        // Which hosts are excepted from a proxy is libcurl's to say.
        guard options.proxies.http == nil, !options.sendsPlainHTTPThroughLibcurl, request.method != "CONNECT",
            // libcurl asks before it connects, and decompresses.
            request.allowsAddress == nil, !request.decodesContent
        else { return nil }
        // No URL of ours has a space in it.
        let name = request.unixSocketPath.map { "\($0) \(request.url)" } ?? request.url
        if let target = targets[name] { return target }
        guard let url = HTTP1URL(request.url), let origin = origin(of: url, request.unixSocketPath) else { return nil }
        if targets.count >= Self.maxTargets { forgetTargets() }
        let target = HTTP1Target(url, at: origin, userAgent: options.userAgent)
        targets[name] = target
        return target
    }

    private func origin(of url: HTTP1URL, _ unixSocketPath: String?) -> HTTP1Origin? {
        let key = HTTP1Origin.Key(host: url.host.lowercased(), port: url.port, unixSocketPath: unixSocketPath)
        if let origin = origins[key] { return origin }
        let place: HTTP1Origin.Place
        if let unixSocketPath {
            guard let address = SocketAddress(unixPath: unixSocketPath) else { return nil }
            place = .address(address)
        } else if let address = SocketAddress(ip: url.host, port: url.port) {
            place = .address(address)
        } else {
            place = .name(url: "http://\(url.host):\(url.port)/")
        }
        let origin = HTTP1Origin(place)
        origins[key] = origin
        return origin
    }

    private func forgetTargets() {
        targets = [:]
        origins = origins.filter { $0.value.connections > 0 || !$0.value.waiting.isEmpty }
    }

    /// Starts a transfer. On an idle connection its request is sent before this returns.
    func start(
        _ request: HTTPClientRequest, to target: HTTP1Target, connectTimeout: Duration?
    ) throws(HTTPClientError) -> HTTP1Transfer {
        loop.preconditionInLoop()
        guard !isShutDown else { throw .clientClosed }
        let transfer = HTTP1Transfer(
            request, head: try target.head(of: request), origin: target.origin, connectTimeout: connectTimeout,
            in: self)
        counts.requests += 1
        counts.transfersInFlight += 1
        place(transfer)
        return transfer
    }

    /// Gives a transfer a connection, or a place in the queue for one.
    private func place(_ transfer: HTTP1Transfer) {
        let origin = transfer.origin
        if !origin.idle.isEmpty {
            let now = MonotonicInstant.now
            while let connection = origin.idle.popLast() {
                idleCount -= 1
                guard connection.isUsable(at: now) else {
                    connection.close()
                    continue
                }
                transfer.wasReusedConnection = true
                connection.carry(transfer)
                return
            }
        }
        if options.maxConnectionsPerHost > 0, origin.connections >= options.maxConnectionsPerHost {
            origin.waiting.append(transfer)
        } else {
            open(for: transfer)
        }
    }

    private func open(for transfer: HTTP1Transfer) {
        if transfer.stage == .queued { transfer.stage = .connecting }
        transfer.wasReusedConnection = false
        let connection = HTTP1Connection(to: transfer.origin, in: self)
        transfer.origin.connections += 1
        connections[ObjectIdentifier(connection)] = connection
        connection.open(for: transfer)
    }

    /// Sends a request again, on a new connection.
    func repeatRequest(of transfer: HTTP1Transfer, bytesSent: Int) {
        transfer.connection = nil
        transfer.bytesSentBefore = bytesSent
        open(for: transfer)
    }

    func drop(_ transfer: HTTP1Transfer, _ error: HTTPClientError) {
        loop.preconditionInLoop()
        if let connection = transfer.connection {
            connection.close()
        } else {
            transfer.origin.waiting.removeAll { $0 === transfer }
        }
        finish(transfer, .failed(error))
    }

    func finish(_ transfer: HTTP1Transfer, _ outcome: HTTPTransfer.Outcome) {
        guard transfer.outcome == nil else { return }
        transfer.connection = nil
        counts.transfersInFlight -= 1
        transfer.finish(outcome)
    }

    // MARK: Connections

    func connectionIsUsed(isNew: Bool) {
        if isNew { counts.connectionsOpened += 1 } else { counts.connectionsReused += 1 }
    }

    /// Takes back a connection whose transfer has ended.
    func release(_ connection: HTTP1Connection) {
        let origin = connection.origin
        guard !isShutDown, options.maxIdleConnections > 0 else { return connection.close() }
        if !origin.waiting.isEmpty {
            let next = origin.waiting.removeFirst()
            next.wasReusedConnection = true
            return connection.carry(next)
        }
        if idleCount >= options.maxIdleConnections { closeOldestIdle() }
        origin.idle.append(connection)
        idleCount += 1
        if sweepTimer == nil { scheduleSweep() }
    }

    /// Closes idle connections when their time is over: after a rush they would else stay until their servers close
    /// them, which not all servers do.
    private func scheduleSweep() {
        let earliest = origins.values.compactMap(\.idle.first?.usableUntil).min()
        guard let earliest else { return }
        // Only a connection at the front is looked at, so one behind it may be over a little earlier; it waits.
        let moment = max(earliest, .now + Self.sweepInterval)
        sweepTimer = loop.schedule(at: moment) { [weak self] in self?.sweep() }
    }

    private func sweep() {
        sweepTimer = nil
        let now = MonotonicInstant.now
        for origin in origins.values {
            while let oldest = origin.idle.first, oldest.usableUntil <= now { oldest.close() }
        }
        scheduleSweep()
    }

    private func closeOldestIdle() {
        let oldest = origins.values.compactMap(\.idle.first).min { $0.idleSince < $1.idleSince }
        oldest?.close()
    }

    /// An idle connection is no longer one.
    func forgetIdle(_ connection: HTTP1Connection) {
        guard let index = connection.origin.idle.firstIndex(where: { $0 === connection }) else { return }
        connection.origin.idle.remove(at: index)
        idleCount -= 1
    }

    /// A connection is closed; its place is free.
    func forget(_ connection: HTTP1Connection) {
        guard connections.removeValue(forKey: ObjectIdentifier(connection)) != nil else { return }
        let origin = connection.origin
        origin.connections -= 1
        guard !origin.waiting.isEmpty else { return }
        // Later, because whoever closes is in the middle of something.
        loop.execute { [self] in
            guard !isShutDown, !origin.waiting.isEmpty,
                options.maxConnectionsPerHost == 0 || origin.connections < options.maxConnectionsPerHost
            else { return }
            open(for: origin.waiting.removeFirst())
        }
    }

    func shutDown() {
        loop.preconditionInLoop()
        guard !isShutDown else { return }
        isShutDown = true
        if let sweepTimer { loop.cancel(sweepTimer) }
        sweepTimer = nil
        for connection in Array(connections.values) {
            if let transfer = connection.transfer { drop(transfer, .clientClosed) } else { connection.close() }
        }
        for origin in origins.values { for transfer in origin.waiting { drop(transfer, .clientClosed) } }
        targets = [:]
        origins = [:]
    }

    var statistics: HTTPClientStatistics {
        var statistics = counts
        statistics.openSockets = watchedSockets
        return statistics
    }

    var transfersInFlight: Int { counts.transfersInFlight }

    /// Sockets in the loop's epoll.
    var watchedSockets: Int { connections.values.count(where: \.isWatched) }
}
