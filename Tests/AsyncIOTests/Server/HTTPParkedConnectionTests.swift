import Glibc
import Testing

@testable import AsyncIO

@Suite("HTTP connections without a task", .timeLimit(.minutes(2)))
struct HTTPParkedConnectionTests {
    private static func limits(taskIdleTime: Duration, idleTimeout: Duration? = .seconds(75)) -> HTTPServerLimits {
        var limits = HTTPServerLimits(idleTimeout: idleTimeout, lingerTimeout: .milliseconds(300))
        limits.taskIdleTime = taskIdleTime
        return limits
    }

    private static let request = "GET /a HTTP/1.1\r\nHost: a\r\n\r\n"

    @Test("no task waits on a fresh connection, nor for long after an answer, and the next request is answered")
    func parks() async throws {
        try await withServer(handler: echo) { server in
            let fresh = try await server.connect()
            let used = try await server.connect()
            try await server.waitForConnections(2)
            #expect(await server.server.connectionsWithTask() == 0)
            for index in 0..<3 {
                try await used.send("POST /\(index) HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nxy")
                #expect(try await used.response().body == "POST /\(index) xy")
                try await server.waitForTasks(0)
                #expect(server.server.counters.open == 2)
            }
            try await fresh.send(Self.request)
            #expect(try await fresh.response().body == "GET /a ")
        }
    }

    @Test("one task answers all requests of a busy client")
    func staysBusy() async throws {
        try await withServer(limits: Self.limits(taskIdleTime: .seconds(60)), handler: echo) { server in
            let client = try await server.connect()
            for _ in 0..<10 {
                try await client.send(Self.request)
                #expect(try await client.response().status == 200)
                #expect(await server.server.connectionsWithTask() == 1)
            }
        }
    }

    @Test("loses no byte that arrives while a task is about to end", arguments: [0, 1, 200, 1000])
    func race(microseconds: Int) async throws {
        let limits = Self.limits(taskIdleTime: .microseconds(microseconds))
        try await withServer(limits: limits, loops: 2, handler: echo) { server in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for seed in 1...8 {
                    let client = try await server.connect()
                    group.addTask(executorPreference: server.clientLoop) { [stream = client.stream] in
                        try await Self.ask(RawClient(stream), seed: UInt64(seed), upTo: 2 * microseconds, server)
                    }
                }
                try await group.waitForAll()
            }
            #expect(server.server.counters.accepted == 8)
            #expect(server.server.counters.malformed == 0)
        }
    }

    /// Requests after pauses of all lengths, some in pairs, some in two pieces.
    private static func ask(_ client: RawClient, seed: UInt64, upTo limit: Int, _ server: TestServer) async throws {
        var state = seed
        func random(_ count: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % count
        }
        for index in 0..<150 {
            let text = "POST /\(index) HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nxy"
            let copies = 1 + random(2)
            let bytes = Array(String(repeating: text, count: copies).utf8)
            let cut = random(bytes.count)
            try await client.stream.write(bytes[..<cut], until: RawClient.patience)
            try await server.clientLoop.sleep(for: .microseconds(random(limit + 1)))
            try await client.stream.write(bytes[cut...], until: RawClient.patience)
            for _ in 0..<copies { #expect(try await client.response().body == "POST /\(index) xy") }
            try await server.clientLoop.sleep(for: .microseconds(random(limit + 1)))
        }
    }

    @Test("a client that goes away is noticed", arguments: ["close", "half-close", "reset"])
    func hangUp(kind: String) async throws {
        try await withServer(handler: echo) { server in
            let client = try await server.connect()
            try await client.send(Self.request)
            #expect(try await client.response().status == 200)
            try await server.waitForTasks(0)
            switch kind {
            case "close": client.close()
            case "half-close": client.stream.shutDownWriting()
            default:
                // A close with unread bytes is a reset.
                try await client.send(Self.request)
                client.close()
            }
            try await server.waitForConnections(0)
            // The descriptor is closed, too: the kernel has told the client.
            if kind == "half-close" { #expect(try await client.textToEnd() == "") }
        }
    }

    @Test("answers what a client sent before it closed its side")
    func lastRequest() async throws {
        try await withServer(handler: echo) { server in
            let client = try await server.connect()
            try await server.waitForConnections(1)
            try await client.send(Self.request + "GET /b HTTP/1.1\r\nHost: a\r\n\r\n")
            client.stream.shutDownWriting()
            #expect(try await client.response().body == "GET /a ")
            #expect(try await client.response().body == "GET /b ")
            #expect(try await client.textToEnd() == "")
            try await server.waitForConnections(0)
        }
    }

    @Test("closes after the idle time, with a task that ended before it or without one")
    func idleTimeout() async throws {
        let limits = Self.limits(taskIdleTime: .milliseconds(5), idleTimeout: .milliseconds(150))
        try await withServer(limits: limits, handler: echo) { server in
            let fresh = try await server.connect()
            let used = try await server.connect()
            try await used.send(Self.request)
            #expect(try await used.response().status == 200)
            try await server.waitForTasks(0)
            #expect(try await fresh.textToEnd() == "")
            #expect(try await used.textToEnd() == "")
            try await server.waitForConnections(0)
        }
    }

    @Test("gives the head of a later request its time and no more")
    func slowHead() async throws {
        var limits = Self.limits(taskIdleTime: .milliseconds(5))
        limits.headerTimeout = .milliseconds(150)
        try await withServer(limits: limits, handler: echo) { server in
            let client = try await server.connect()
            try await client.send(Self.request)
            #expect(try await client.response().status == 200)
            try await server.waitForTasks(0)
            try await client.send("GET /late HT")
            #expect(try await client.response().status == 408)
            try await client.waitForClose()
        }
    }

    @Test("a drain closes them at once")
    func drain() async throws {
        try await withServer(handler: echo) { server in
            let clients = [try await server.connect(), try await server.connect()]
            try await clients[0].send(Self.request)
            #expect(try await clients[0].response().status == 200)
            try await server.waitForConnections(2)
            try await server.waitForTasks(0)
            #expect(await server.server.drain(within: .seconds(20)) == 0)
            for client in clients { #expect(try await client.textToEnd() == "") }
        }
    }
}
