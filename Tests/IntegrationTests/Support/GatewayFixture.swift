import Foundation
import TestSupport
import Testing

/// The built gateway, running with a configuration of its own on a port the system chose.
///
/// A test takes one by ``with(_:waitsUntilReady:body:)``; a suite that shares one among its tests says so with the trait
/// `.gateway(_:)` and finds it in ``current``.
final class GatewayFixture: Sendable {
    let process: RunningProcess
    let port: Int
    /// Where `gateway.json` is.
    let directory: TemporaryDirectory

    /// The gateway of the suite that is running.
    @TaskLocal static var current: GatewayFixture?

    /// The gateway of the suite that is running, which has to have the trait.
    static func shared() throws -> GatewayFixture {
        try #require(current, "the suite has no trait .gateway(…)")
    }

    /// Starts `mcp-gateway serve`.
    ///
    /// - Parameters:
    ///   - configuration: the contents of `gateway.json`. Without `listen` it listens on port 0 of 127.0.0.1.
    ///   - waitsUntilReady: whether to wait until every server has been listed or has failed once.
    static func start(
        _ configuration: JSONTree, waitsUntilReady: Bool = true
    ) async throws -> GatewayFixture {
        let directory = try TemporaryDirectory()
        var members = configuration.members ?? []
        if configuration["listen"] == nil { members.append(.init("listen", "127.0.0.1:0")) }
        let file = try directory.write(JSONTree.object(members).description, to: "gateway.json")
        let process = try RunningProcess(.built("mcp-gateway", ["serve", "--config", file]))
        do {
            let line = try await process.errorLine("line that says where it listens") {
                $0.contains(#"msg="listening""#)
            }
            let address = line.split(separator: " ").first { $0.hasPrefix("address=") }
            let port = try #require(address?.split(separator: ":").last.flatMap { Int($0) }, "no port in: \(line)")
            let gateway = GatewayFixture(process, port, directory)
            if waitsUntilReady { try await gateway.waitUntilReady() }
            return gateway
        } catch {
            await process.terminate()
            throw error
        }
    }

    private init(_ process: RunningProcess, _ port: Int, _ directory: TemporaryDirectory) {
        self.process = process
        self.port = port
        self.directory = directory
    }

    /// Runs `body` with a gateway that is stopped afterwards: by SIGTERM, with exit 0, leaving no child.
    static func with<Result>(
        _ configuration: JSONTree, waitsUntilReady: Bool = true, body: (GatewayFixture) async throws -> Result
    ) async throws -> Result {
        let gateway = try await start(configuration, waitsUntilReady: waitsUntilReady)
        do {
            let result = try await body(gateway)
            try await gateway.stop()
            return result
        } catch {
            await gateway.process.terminate()
            throw error
        }
    }

    /// Asks the gateway to stop, and expects it to do so in an orderly way.
    func stop() async throws {
        let children = ProcessTable.children(of: process.pid)
        process.send(signal: SIGTERM)
        do {
            #expect(try await process.exit() == .code(0), "\(process.transcript)")
        } catch {
            await process.terminate()
            throw error
        }
        await process.terminate()
        try await Self.waitForEnd(of: children)
    }

    /// Waits until none of these processes runs any more. The gateway's guardian ends right after the gateway, and
    /// what it kills takes a moment, too.
    static func waitForEnd(of processes: [Int32], within limit: Duration = .seconds(10)) async throws {
        let deadline = ContinuousClock.now + limit
        while true {
            let running = processes.filter(ProcessTable.isRunning)
            if running.isEmpty { return }
            guard ContinuousClock.now < deadline else {
                throw FactMissing(description: "processes \(running) outlive the gateway")
            }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    // MARK: Talking to it

    /// A new connection.
    func connect(limit: Duration = .seconds(20), receiveBufferBytes: Int? = nil) async throws -> RawHTTPClient {
        try await RawHTTPClient(port: port, limit: limit, receiveBufferBytes: receiveBufferBytes)
    }

    /// One request on a connection of its own.
    func request(
        _ method: String, _ target: String, headers: [(String, String)] = [], body: String? = nil,
        within limit: Duration = .seconds(20)
    ) async throws -> HTTPAnswer {
        let client = try await connect(limit: limit)
        defer { client.close() }
        return try await client.request(method, target, headers: headers, body: body.map { Array($0.utf8) })
    }

    /// One `GET` whose answer is JSON.
    func json(_ target: String) async throws -> JSONTree { try await request("GET", target).json() }

    /// A tool's answer through `/v1`, which needs no session: the text of its first content block.
    func text(calling tool: String, _ arguments: JSONTree = [:]) async throws -> String {
        let answer = try await request("POST", "/v1/tools/\(tool)", body: arguments.description)
        return try #require(try answer.json()["content"]?[0]?["text"]?.string, "\(answer)")
    }

    // MARK: Waiting for facts

    /// Asks again and again until the answer is what is waited for.
    ///
    /// - Parameter what: a name for it, for the error.
    @discardableResult
    func wait<Found>(
        for what: String, within limit: Duration = .seconds(20), _ probe: () async throws -> Found?
    ) async throws -> Found {
        let deadline = ContinuousClock.now + limit
        while true {
            if let found = try await probe() { return found }
            guard ContinuousClock.now < deadline, process.exitIfEnded == nil else {
                throw FactMissing(description: "no \(what) within \(limit)\n\(process.transcript)")
            }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    /// Waits until `/readyz` says yes.
    func waitUntilReady(within limit: Duration = .seconds(20)) async throws {
        try await wait(for: "readiness", within: limit) {
            try await request("GET", "/readyz").status == 200 ? () : nil
        }
    }

    /// Waits until a server is in this state (`ready`, `failed`, …) and returns its row of `/v1/servers`.
    @discardableResult
    func waitForServer(_ name: String, state: String = "ready") async throws -> JSONTree {
        try await wait(for: "server \(name) in state \(state)") {
            let row = try await json("/v1/servers/\(name)")
            // Spelled out: a bare nil would be the JSON null.
            return row["state"]?.string == state ? Optional.some(row) : Optional.none
        }
    }

    /// Waits until no server has a call in flight.
    func waitUntilIdle() async throws {
        try await wait(for: "end of all calls in flight") {
            let rows = try await json("/v1/servers")["servers"]?.elements ?? []
            return rows.allSatisfy { ($0["inFlight"]?.int ?? 0) == 0 } ? () : nil
        }
    }

    /// The number of open descriptors.
    func descriptorCount() throws -> Int { try ProcessTable.openDescriptors(of: process.pid).count }

    /// Waits until no more descriptors are open than `idle`.
    func waitForDescriptors(atMost idle: Int) async throws {
        do {
            try await wait(for: "return to \(idle) descriptors") { try descriptorCount() <= idle ? () : nil }
        } catch {
            let open = try ProcessTable.openDescriptors(of: process.pid).sorted { $0.key < $1.key }
            Issue.record("\(open.count) descriptors are open, \(idle) when idle: \(open)")
        }
    }
}

/// What a test waited for did not come to be. Ends with the last of what the gateway printed.
struct FactMissing: Error, CustomStringConvertible {
    let description: String
}
