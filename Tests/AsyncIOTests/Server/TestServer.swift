import Glibc
import Testing

@testable import AsyncIO

/// A handler made of a closure.
struct ClosureHandler: HTTPHandler {
    let body: @Sendable (HTTPExchange) async -> Void
    func handle(_ exchange: HTTPExchange) async { await body(exchange) }
}

/// A running server, seen from its clients' loop.
struct TestServer: Sendable {
    let server: HTTPServer
    let serverLoops: [EventLoop]
    let clientLoop: EventLoop

    func connect(to index: Int = 0) async throws -> RawClient {
        RawClient(
            try await IOStream.connect(to: server.boundAddresses[index], on: clientLoop, until: RawClient.patience))
    }

    /// One request on a connection of its own.
    func response(to request: String) async throws -> RawClient.Response {
        let client = try await connect()
        defer { client.close() }
        try await client.send(request)
        return try await client.response()
    }

    /// Waits until the server holds this many connections.
    func waitForConnections(_ count: Int) async throws {
        let deadline = RawClient.patience
        while server.counters.open != count {
            try #require(MonotonicInstant.now < deadline, "\(server.counters.open) connections are open, not \(count)")
            try await clientLoop.sleep(for: .milliseconds(1))
        }
    }

    /// Waits until this many of the server's connections have a task.
    func waitForTasks(_ count: Int) async throws {
        let deadline = RawClient.patience
        while case let tasks = await server.connectionsWithTask(), tasks != count {
            try #require(MonotonicInstant.now < deadline, "\(tasks) connections have a task, not \(count)")
            try await clientLoop.sleep(for: .milliseconds(1))
        }
    }
}

let loopback = SocketAddress(ip: "127.0.0.1", port: 0)

/// Runs `body` on a client's loop against a server on loops of its own, and looks that nothing is left behind.
func withServer(
    limits: HTTPServerLimits = HTTPServerLimits(lingerTimeout: .milliseconds(300)), loops: Int = 1,
    addresses: [SocketAddress?] = [loopback], handler: @escaping @Sendable (HTTPExchange) async -> Void,
    _ body: @escaping @Sendable (TestServer) async throws -> Void
) async throws {
    let group = try EventLoopGroup(count: loops + 1)
    let serverLoops = Array(group.loops.dropFirst())
    let server = HTTPServer(
        handler: ClosureHandler(body: handler), limits: limits, loops: serverLoops,
        addresses: addresses.compactMap { $0 })
    try await server.start()
    let test = TestServer(server: server, serverLoops: serverLoops, clientLoop: group.loops[0])
    do {
        try await test.clientLoop.run { try await body(test) }
    } catch {
        Issue.record(error)
    }
    await server.drain(within: .seconds(5))
    #expect(server.counters.open == 0)
    for loop in serverLoops {
        let timers = try await loop.run { loop.pendingTimers }
        #expect(timers == 0)
    }
    group.shutDown()
}

/// Answers with the request's method, path and body.
@Sendable func echo(_ exchange: HTTPExchange) async {
    do throws(HTTPBodyError) {
        let body = try await exchange.readBody(upTo: 1 << 20)
        let text = "\(exchange.head.method) \(exchange.head.path) \(String(decoding: body, as: UTF8.self))"
        await exchange.respond(HTTPResponseHead(.ok, headers: ["Content-Type": "text/plain"]), body: Array(text.utf8))
    } catch {
        await exchange.respond(HTTPProblem(error))
    }
}
