import AsyncIO
import MCPClient
import MCPProtocol
import Synchronization
import TestSupport
import Testing

/// What a connection needs to be opened, on a loop of its own.
struct Bench: Sendable {
    let loop: EventLoop
    let spawner: ProcessSpawner
    let clients: HTTPClientGroup
    /// What connections said outside of requests: methods of notifications, and ends.
    let notifications = Observed<[JSONRPCNotification]>([])
    let ends = Observed<[MCPClientError]>([])
    private let processes = Observed<[Int32]>([])

    /// Runs a test on a loop, then checks that it has left nothing behind: no transfer, no timer, no process.
    static func run(
        sourceLocation: SourceLocation = #_sourceLocation, _ body: @escaping @Sendable (Bench) async throws -> Void
    ) async throws {
        let loop = try EventLoop(name: "bench")
        try loop.start()
        let spawner = try ProcessSpawner()
        let clients = try await loop.run {
            try HTTPClientGroup(loops: [loop], options: HTTPClientOptions(environment: [:]))
        }
        let bench = Bench(loop: loop, spawner: spawner, clients: clients)
        let outcome: Result<Void, any Error>
        do {
            try await loop.run { try await body(bench) }
            outcome = .success(())
        } catch {
            outcome = .failure(error)
        }
        // Side messages (a cancellation, a reply) may still be on their way.
        try await loop.run {
            try await bench.wait(for: "end of all transfers", sourceLocation: sourceLocation) {
                await clients.client(for: loop).statistics.transfersInFlight == 0
            }
        }
        await clients.close()
        try await loop.run {
            try await bench.wait(for: "end of all timers", sourceLocation: sourceLocation) {
                // The wait itself sleeps between its looks, not during them.
                loop.pendingTimers == 0
            }
        }
        for pid in bench.processes.value {
            #expect(!ProcessTable.isRunning(pid), "a process was left behind", sourceLocation: sourceLocation)
        }
        spawner.shutDown()
        loop.shutDown()
        try outcome.get()
    }

    struct NeverCameTrue: Error {}

    /// Waits on the loop until a fact is true.
    func wait(
        for what: String, sourceLocation: SourceLocation = #_sourceLocation, _ fact: () async throws -> Bool
    ) async throws {
        let deadline = MonotonicInstant.soon
        while try await !fact() {
            guard MonotonicInstant.now < deadline else {
                Issue.record("no \(what) in time", sourceLocation: sourceLocation)
                throw NeverCameTrue()
            }
            try await loop.sleep(for: .milliseconds(2))
        }
    }

    // MARK: Opening

    func options(_ change: (inout ConnectionOptions) -> Void = { _ in }) -> ConnectionOptions {
        let (notifications, ends) = (notifications, ends)
        var options = ConnectionOptions(
            clientInfo: Implementation(name: "bench", version: "1"),
            capabilities: RawJSON(unchecked: Array("{}".utf8)[...]),
            onNotification: { notification in notifications.update { $0.append(notification) } },
            onClose: { error in ends.update { $0.append(error) } })
        change(&options)
        return options
    }

    static let quickLadder = TerminationLadder(endOfInput: .seconds(2), terminate: .milliseconds(200))

    func open(
        _ command: ChildCommand, options: ConnectionOptions? = nil, ladder: TerminationLadder = quickLadder,
        until deadline: MonotonicInstant = .soon
    ) async throws(MCPClientError) -> StdioConnection {
        let connection = try await StdioConnection.open(
            command, spawner: spawner, on: loop, options: options ?? self.options(), ladder: ladder, until: deadline)
        if let pid = connection.processID { processes.update { $0.append(pid) } }
        return connection
    }

    func open(
        _ url: String, headers: [(name: String, value: String)] = [], options: ConnectionOptions? = nil,
        until deadline: MonotonicInstant = .soon
    ) async throws(MCPClientError) -> StreamableHTTPConnection {
        try await StreamableHTTPConnection.open(
            HTTPEndpoint(url: url, headers: headers), clients: clients, on: loop,
            options: options ?? self.options(), until: deadline)
    }

    /// Opens a connection to a shell script, and closes it after `body`, when nothing may be in progress on it.
    func with<Value>(
        _ child: ScriptedChild, options: ConnectionOptions? = nil, sourceLocation: SourceLocation = #_sourceLocation,
        _ body: (StdioConnection) async throws -> Value
    ) async throws -> Value {
        let connection = try await open(child.command, options: options)
        do {
            let value = try await body(connection)
            #expect(await connection.exchangesInProgress == 0, sourceLocation: sourceLocation)
            await connection.close()
            return value
        } catch {
            await connection.close()
            throw error
        }
    }

    /// Opens a connection of any kind to an HTTP server, runs `body` with it and closes it.
    func with<Value>(
        _ kind: HTTPServerConnection.Kind, _ server: ScriptedHTTPServer, options: ConnectionOptions? = nil,
        until deadline: MonotonicInstant = .soon, _ body: (any MCPConnection) async throws -> Value
    ) async throws -> Value {
        let connection = try await HTTPServerConnection.open(
            HTTPEndpoint(url: server.url, headers: [("X-Key", "secret")]), kind: kind, clients: clients, on: loop,
            options: options ?? self.options(), until: deadline)
        do {
            let value = try await body(connection)
            await connection.close()
            return value
        } catch {
            await connection.close()
            throw error
        }
    }

    /// Opens a connection to a scripted server, and closes it after `body`.
    func with<Value>(
        _ server: ScriptedHTTPServer, options: ConnectionOptions? = nil,
        _ body: (StreamableHTTPConnection) async throws -> Value
    ) async throws -> Value {
        let connection = try await open(server.url, options: options)
        do {
            let value = try await body(connection)
            await connection.close()
            return value
        } catch {
            await connection.close()
            throw error
        }
    }
}

extension MonotonicInstant {
    /// A deadline that no test reaches unless it hangs.
    static var soon: MonotonicInstant { .now + .seconds(20) }
}
