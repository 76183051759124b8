import Synchronization
import Testing

@testable import AsyncIO

@Suite("HTTP client's own connections")
struct HTTPClientPoolTests {
    private static func ask(_ client: HTTPClient, _ request: HTTPClientRequest) async throws -> String {
        try await client.send(request, connectTimeout: .seconds(10), deadline: .soon)
            .readAll(upTo: 1000, until: .soon).text
    }

    @Test(
        "bytes behind an answer spoil the connection",
        arguments: ["x", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"])
    func surplus(surplus: String) async throws {
        try await withClientAndServer(serving: { connection, number in
            _ = try await connection.readRequest()
            try await connection.write("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n\(number)\(surplus)")
            await connection.waitForClose()
        }) { client, server in
            var answers: [String] = []
            for _ in 1...3 { answers.append(try await Self.ask(client, post(server.url, "a"))) }
            #expect(answers == ["1", "2", "3"])
        }
    }

    @Test("an idle connection that speaks is closed")
    func speaksWhileIdle() async throws {
        let maySpeak = Fact()
        try await withClientAndServer(serving: { connection, number in
            _ = try await connection.readRequest()
            try await connection.answer("\(number)")
            guard number == 1 else { return await connection.waitForClose() }
            try await maySpeak.wait()
            try await connection.answer("evil")
            await connection.waitForClose()
        }) { client, server in
            #expect(try await Self.ask(client, post(server.url, "a")) == "1")
            #expect(await client.watchedSockets == 1)
            maySpeak.comeTrue()
            while await client.watchedSockets > 0 { try await client.loop.sleep(for: .milliseconds(1)) }
            #expect(try await Self.ask(client, post(server.url, "a")) == "2")
        }
    }

    @Test(
        "a connection is not used again where the server says so",
        arguments: ["Connection: close\r\n", "Keep-Alive: timeout=0\r\n"])
    func notKept(field: String) async throws {
        try await withClientAndServer(serving: { connection, number in
            _ = try await connection.readRequest()
            try await connection.answer("\(number)", fields: field)
            await connection.waitForClose()
        }) { client, server in
            var answers: [String] = []
            for _ in 1...3 { answers.append(try await Self.ask(client, post(server.url, "a"))) }
            #expect(answers == ["1", "2", "3"])
        }
    }

    @Test("a connection idle for too long is not used again")
    func tooOld() async throws {
        var options = HTTPClientOptions()
        options.maxIdleTime = .zero
        try await withClientAndServer(
            options,
            serving: { connection, number in
                _ = try await connection.readRequest()
                try await connection.answer("\(number)")
                await connection.waitForClose()
            }
        ) { client, server in
            var answers: [String] = []
            for _ in 1...3 { answers.append(try await Self.ask(client, post(server.url, "a"))) }
            #expect(answers == ["1", "2", "3"])
            #expect(await client.statistics.openSockets == 1)
        }
    }

    @Test("a connection idle for too long is closed, also when no other request comes")
    func closedWhenTooOld() async throws {
        var options = HTTPClientOptions()
        options.maxIdleTime = .milliseconds(10)
        try await withClientAndServer(
            options,
            serving: { connection, number in
                _ = try await connection.readRequest()
                try await connection.answer("\(number)")
                await connection.waitForClose()
            }
        ) { client, server in
            #expect(try await Self.ask(client, post(server.url, "a")) == "1")
            while await client.watchedSockets > 0 { try await client.loop.sleep(for: .milliseconds(5)) }
            #expect(try await client.loop.run { client.loop.pendingTimers } == 0)
            #expect(try await Self.ask(client, post(server.url, "a")) == "2")
        }
    }

    @Test("idle connections beyond the limit are closed", arguments: [0, 1, 3])
    func idleLimit(limit: Int) async throws {
        var options = HTTPClientOptions()
        options.maxIdleConnections = limit
        let arrived = Atomic<Int>(0)
        try await withClientAndServer(
            options,
            serving: { connection, _ in
                while true {
                    _ = try await connection.readRequest()
                    arrived.add(1, ordering: .releasing)
                    while arrived.load(ordering: .acquiring) < 5 {
                        try await connection.stream.loop.sleep(for: .milliseconds(1))
                    }
                    try await connection.answer("ok")
                }
            }
        ) { client, server in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<5 {
                    group.addTask(executorPreference: client.loop) {
                        let answer = try await Self.ask(client, get(server.url))
                        #expect(answer == "ok")
                    }
                }
                try await group.waitForAll()
            }
            #expect(server.acceptedConnections == 5)
            #expect(await client.statistics.openSockets == limit)
        }
    }

    @Test("requests beyond a host's connections wait for one, and are served in turn", arguments: [true, false])
    func hostLimit(keepsConnections: Bool) async throws {
        var options = HTTPClientOptions()
        options.maxConnectionsPerHost = 2
        try await withClientAndServer(
            options,
            serving: { connection, _ in
                let fields = keepsConnections ? "" : "Connection: close\r\n"
                while true {
                    let request = try await connection.readRequest()
                    try await connection.answer(request.body.text, fields: fields)
                }
            }
        ) { client, server in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<40 {
                    group.addTask(executorPreference: client.loop) {
                        let isHasty = number % 5 == 4
                        let deadline = isHasty ? MonotonicInstant.now + .microseconds(number * 10) : .soon
                        do throws(HTTPClientError) {
                            let request = post(server.url, "\(number)")
                            let response = try await client.send(request, deadline: deadline)
                            let text = try await response.readAll(upTo: 100, until: deadline).text
                            #expect(text == "\(number)")
                        } catch {
                            guard isHasty, case .timedOut = error else { throw error }
                        }
                        #expect(await client.statistics.openSockets <= 2)
                    }
                }
                try await group.waitForAll()
            }
            #expect(server.acceptedConnections >= (keepsConnections ? 1 : 32))
        }
    }

    @Test("an answer before the whole request was sent is an answer, and the connection is not used again")
    func earlyAnswer() async throws {
        let isAnswered = Fact()
        try await withClientAndServer(serving: { connection, number in
            guard number == 1 else {
                _ = try await connection.readRequest()
                return try await connection.answer("ok")
            }
            // Takes the beginning only, and answers; then the kernel's buffers are full.
            _ = try await connection.stream.read(atMost: 100) { _ in }
            try await connection.write("HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\nno")
            try await isAnswered.wait()
        }) { client, server in
            let large = HTTPClientRequest(
                method: "POST", url: server.url, body: [UInt8](repeating: 1, count: 30_000_000)[...])
            let response = try await client.send(large, deadline: .soon)
            #expect(response.status == 413)
            #expect(try await response.readAll(upTo: 10, until: .soon).text == "no")
            isAnswered.comeTrue()
            #expect(try await Self.ask(client, get(server.url)) == "ok")
        }
    }

    @Test("Host, User-Agent and Accept are the client's unless the request has them")
    func defaultFields() async throws {
        var options = HTTPClientOptions()
        options.userAgent = "agent/1"
        try await withClientAndServer(
            options,
            serving: { connection, _ in
                while true {
                    let request = try await connection.readRequest()
                    let fields = ["Host", "User-Agent", "Accept"].map { request.field($0) ?? "-" }
                    try await connection.answer(fields.joined(separator: " "))
                }
            }
        ) { client, server in
            let own = try await Self.ask(client, get(server.url))
            #expect(own == "\(server.address) agent/1 */*")
            var request = get(server.url)
            request.headers = [("host", "a"), ("USER-AGENT", "b"), ("accept", "c")]
            let given = try await Self.ask(client, request)
            #expect(given == "a b c")
        }
    }
}
