import Glibc

/// One loop's share of a server: its listeners, its connections, and what they have in common.
// Unchecked: all state is touched on the loop's thread only.
final class HTTPServerLoop: @unchecked Sendable {
    let loop: EventLoop
    let handler: any HTTPHandler
    let limits: HTTPServerLimits
    let counters: HTTPServerCounters
    private(set) var isDraining = false

    private var listeners: [Listener] = []
    private var acceptors: [Task<Void, Never>] = []
    private var connections: [ObjectIdentifier: HTTPConnection] = [:]
    private let lastConnectionEnded: LoopSignal
    /// Refused connections that wait for their client to read the refusal.
    private var refusals = 0

    /// Where answers are put together. One for all connections: it is used between two waits only.
    private var output: [UInt8] = []
    private var date: [UInt8] = []
    private var dateSecond = 0

    /// Connections accepted in a row before others get their turn.
    private static let maxAcceptsInARow = 64
    private static let maxRefusals = 64
    private static let acceptRetryDelay = Duration.milliseconds(50)
    private static let cutGrace = Duration.seconds(1)

    init(loop: EventLoop, handler: any HTTPHandler, limits: HTTPServerLimits, counters: HTTPServerCounters) {
        self.loop = loop
        self.handler = handler
        self.limits = limits
        self.counters = counters
        lastConnectionEnded = LoopSignal(loop: loop)
    }

    // MARK: Accepting

    /// Binds and listens; connections are accepted from now on.
    ///
    /// - Returns: the address in use.
    func listen(on address: SocketAddress, sharing: Listener.PortSharing) throws(SystemError) -> SocketAddress {
        let listener = try Listener(on: loop, address: address, sharing: sharing)
        listeners.append(listener)
        acceptors.append(Task(executorPreference: loop) { [self] in await accept(from: listener) })
        return listener.address
    }

    /// The group holds refusals only: a connection has a task now and then, and holds it itself.
    private func accept(from listener: Listener) async {
        await withDiscardingTaskGroup { group in
            var inARow = 0
            while let accepted = await next(of: listener) {
                inARow += 1
                if inARow % Self.maxAcceptsInARow == 0 { await Task.yield() }
                guard counters.opened(limit: limits.maxConnections) else {
                    refuse(accepted.stream, in: &group)
                    continue
                }
                begin(accepted, from: listener)
            }
        }
    }

    private func begin(_ accepted: Listener.Accepted, from listener: Listener) {
        let connection = HTTPConnection(accepted, listener: listener.address, server: self)
        connections[ObjectIdentifier(connection)] = connection
        connection.assumeIsolated { $0.start() }
    }

    /// - Returns: `nil` once the listener is closed.
    private func next(of listener: Listener) async -> Listener.Accepted? {
        while true {
            do throws(SystemError) {
                return try await listener.accept()
            } catch {
                // Out of descriptors or memory: the connection stays in the kernel's queue until some are free again.
                counters.countFailedAccept()
                do { try await loop.sleep(for: Self.acceptRetryDelay) } catch { return nil }
            }
        }
    }

    /// A connection has closed its descriptor and runs no task any more.
    func ended(_ connection: HTTPConnection) {
        connections[ObjectIdentifier(connection)] = nil
        counters.closed()
        if connections.isEmpty { lastConnectionEnded.signal() }
    }

    private func refuse(_ stream: IOStream, in group: inout DiscardingTaskGroup) {
        let problem = HTTPProblem(
            .serviceUnavailable, detail: "\(limits.maxConnections) connections are open, which is the limit")
        let body = problem.body
        var bytes: [UInt8] = []
        problem.head.encode(into: &bytes, framing: .length(body.count), connection: .close, date: currentDate())
        bytes.append(contentsOf: body)
        // A fresh connection takes so few bytes at once; if this one does not, it is gone.
        do throws(IOStreamError) { _ = try stream.writeNow(bytes[...]) } catch { return stream.close() }
        guard refusals < Self.maxRefusals else { return stream.close() }
        refusals += 1
        group.addTask(executorPreference: loop) { [self] in
            await stream.linger(until: .now + limits.lingerTimeout)
            stream.close()
            refusals -= 1
        }
    }

    // MARK: Draining

    /// Stops listening and closes what waits for a request; waits until the other connections have ended.
    ///
    /// - Returns: how many had to be cut because they were still there at the deadline.
    func drain(until deadline: MonotonicInstant) async -> Int {
        beginDraining()
        await waitForConnections(until: deadline)
        let rest = connections.count
        cutConnections()
        // Cut connections end as soon as their handlers see it. One that does not is left to its own end.
        await waitForConnections(until: .now + Self.cutGrace)
        return rest
    }

    private func beginDraining() {
        isDraining = true
        for listener in listeners { listener.close() }
        for connection in connections.values { connection.assumeIsolated { $0.drain() } }
    }

    private func cutConnections() {
        for acceptor in acceptors { acceptor.cancel() }
        for connection in connections.values { connection.assumeIsolated { $0.cut() } }
    }

    private func waitForConnections(until deadline: MonotonicInstant) async {
        while !connections.isEmpty {
            if await lastConnectionEnded.wait(until: deadline) != .signalled { return }
        }
    }

    /// Connections that a task is busy with or waits for.
    var connectionsWithTask: Int {
        loop.preconditionInLoop()
        return connections.values.count { connection in connection.assumeIsolated { $0.hasTask } }
    }

    // MARK: Shared by the connections

    /// Takes the buffer for answers; give it back with ``returnOutput(_:)`` before anything else can run.
    func takeOutput() -> [UInt8] {
        var taken: [UInt8] = []
        swap(&taken, &output)
        return taken
    }

    func returnOutput(_ buffer: consuming [UInt8]) {
        output = buffer
        output.removeAll(keepingCapacity: true)
    }

    /// The value of `Date`, made once a second.
    func currentDate() -> [UInt8] {
        let second = time(nil)
        if second != dateSecond {
            dateSecond = second
            date = HTTPDate.encode(secondsSince1970: second)
        }
        return date
    }
}
