import Glibc
import Testing

@testable import AsyncIO

@Suite("HTTP server with bad clients", .timeLimit(.minutes(2)))
struct HTTPServerPatienceTests {
    @Test("gives a head its time and no more, however it drips in")
    func slowHead() async throws {
        try await withServer(limits: HTTPServerLimits(headerTimeout: .milliseconds(200)), handler: echo) { server in
            let client = try await server.connect()
            let dripping = Task(executorPreference: server.clientLoop) { [stream = client.stream] in
                // Ends when the server closes.
                for byte in Array(("GET / HTTP/1.1\r\nX: " + String(repeating: "y", count: 10_000)).utf8) {
                    try await stream.write([byte])
                    try await server.clientLoop.sleep(for: .milliseconds(5))
                }
            }
            let response = try await client.response()
            dripping.cancel()
            #expect(response.status == 408)
            #expect(response.fields["connection"] == "close")
            try await client.waitForClose()
            #expect(server.server.counters.timedOut == 1)
        }
    }

    @Test("does not count time between requests as time for the head")
    func headTimeRestarts() async throws {
        try await withServer(
            limits: HTTPServerLimits(headerTimeout: .seconds(2), idleTimeout: .seconds(60)), handler: echo
        ) { server in
            let client = try await server.connect()
            // Together longer than one head may take, each far shorter.
            for _ in 0..<3 {
                try await server.clientLoop.sleep(for: .milliseconds(800))
                try await client.send("GET / HTTP/1.1\r\n")
                try await server.clientLoop.sleep(for: .milliseconds(20))
                try await client.send("Host: a\r\n\r\n")
                #expect(try await client.response().status == 200)
            }
        }
    }

    @Test("closes connections nobody uses, silently")
    func idle() async throws {
        try await withServer(limits: HTTPServerLimits(idleTimeout: .milliseconds(100)), handler: echo) { server in
            let fresh = try await server.connect()
            let used = try await server.connect()
            try await used.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await used.response().status == 200)
            #expect(try await fresh.textToEnd() == "")
            #expect(try await used.textToEnd() == "")
        }
    }

    @Test("tells the handler of half a body and then silence")
    func silentBody() async throws {
        try await withServer(limits: HTTPServerLimits(bodyTimeout: .milliseconds(100)), handler: echo) { server in
            let response = try await server.response(
                to: "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf")
            #expect(response.status == 408)
        }
    }

    @Test("tells the handler of half a body and then the end, or nonsense")
    func brokenBody() async throws {
        let errors = Box<[HTTPBodyError]>([])
        let done = Gate()
        try await withServer { exchange in
            do throws(HTTPBodyError) {
                _ = try await exchange.readBody(upTo: 1000)
            } catch {
                errors.change { $0.append(error) }
                if error != .closed { await exchange.respond(HTTPProblem(error)) }
            }
            if errors.value.count == 2 { done.open() }
        } _: { server in
            let nonsense = try await server.connect()
            try await nonsense.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nxyz")
            let response = try await nonsense.response()
            #expect(response.status == 400)
            #expect(response.fields["connection"] == "close")
            let ends = try await server.connect()
            try await ends.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf")
            ends.close()
            await done.wait()
        }
        #expect(errors.value == [.malformed(.invalidChunk), .closed])
    }

    @Test("notices a client that goes away while it is being answered", arguments: ["close", "half-close", "reset"])
    func disconnect(kind: String) async throws {
        let started = Gate()
        let gone = Gate()
        let calls = Box(0)
        try await withServer { exchange in
            exchange.onDisconnect {
                calls.change { $0 += 1 }
                gone.open()
            }
            #expect(!exchange.isDisconnected)
            started.open()
            await gone.wait()
            #expect(exchange.isDisconnected)
        } _: { server in
            let client = try await server.connect()
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            await started.wait()
            switch kind {
            case "close": client.close()
            case "half-close": client.stream.shutDownWriting()
            default:
                // Unread bytes make a close a reset.
                client.close()
            }
            await gone.wait()
            try await server.waitForConnections(0)
        }
        #expect(calls.value == 1)
    }

    @Test("does not take bytes of a next request for a disconnect")
    func pipelinedDuringHandler() async throws {
        let first = Gate()
        let release = Gate()
        let calls = Box(0)
        try await withServer { exchange in
            if exchange.head.path == "/1" {
                exchange.onDisconnect { calls.change { $0 += 1 } }
                first.open()
                await release.wait()
            }
            await echo(exchange)
        } _: { server in
            let client = try await server.connect()
            try await client.send("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n")
            await first.wait()
            try await client.send("GET /2 HTTP/1.1\r\nHost: a\r\n\r\n")
            // A whole exchange on another connection: the server's loop has seen those bytes by then.
            #expect(try await server.response(to: "GET /other HTTP/1.1\r\nHost: a\r\n\r\n").status == 200)
            release.open()
            #expect(try await client.response().body == "GET /1 ")
            #expect(try await client.response().body == "GET /2 ")
            #expect(calls.value == 0)
        }
        #expect(calls.value == 0, "the watch ends with its request")
    }

    @Test("streams no faster than the client reads, and everything in order")
    func backPressure() async throws {
        let pieces = 400
        // Sizes on both sides of what is copied behind its head.
        let piece: @Sendable (Int) -> [UInt8] = { index in
            Array(repeating: UInt8(truncatingIfNeeded: index), count: index % 2 == 0 ? 60_000 : 20_000)
        }
        let written = Box(0)
        try await withServer { exchange in
            if exchange.head.path == "/other" { return await echo(exchange) }
            let writer = await exchange.startStream(HTTPResponseHead(.ok))
            do {
                for index in 0..<pieces {
                    try await writer.write(piece(index))
                    written.change { $0 += 1 }
                }
                await writer.finish()
            } catch {
                Issue.record(error)
            }
        } _: { server in
            let client = try await server.connect()
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = try await client.text(through: "\r\n\r\n")
            // The kernel's buffers fill up, then nothing moves any more.
            var before = -1
            while written.value != before {
                before = written.value
                try await server.clientLoop.sleep(for: .milliseconds(100))
            }
            #expect(before < pieces)
            // The loop is not blocked by that.
            #expect(try await server.response(to: "GET /other HTTP/1.1\r\nHost: a\r\n\r\n").status == 200)
            let body = try await client.chunkedBody()
            // Not `body == expected` inside the macro, which would print megabytes.
            let isComplete = body == (0..<pieces).flatMap(piece)
            #expect(isComplete)
        }
    }

    @Test("cuts a client that stops reading")
    func stalledReader() async throws {
        let outcome = Box<HTTPWriteError?>(nil)
        let told = Gate()
        let done = Gate()
        try await withServer(limits: HTTPServerLimits(writeTimeout: .milliseconds(150))) { exchange in
            exchange.onDisconnect { told.open() }
            let writer = await exchange.startStream(HTTPResponseHead(.ok))
            do throws(HTTPWriteError) {
                while true { try await writer.write(Array(repeating: 0, count: 100_000)) }
            } catch {
                outcome.value = error
            }
            done.open()
        } _: { server in
            let client = try await server.connect()
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            await done.wait()
            try await server.waitForConnections(0)
            client.close()
        }
        #expect(outcome.value == .stalled(after: .milliseconds(150)))
        #expect(told.isOpen)
    }

    @Test("notices a client that vanishes in the middle of an answer")
    func vanishes() async throws {
        let outcome = Box<HTTPWriteError?>(nil)
        let started = Gate()
        try await withServer { exchange in
            let writer = await exchange.startStream(HTTPResponseHead(.ok))
            do throws(HTTPWriteError) {
                while true {
                    try await writer.write(Array(repeating: 0, count: 50_000))
                    started.open()
                }
            } catch {
                outcome.value = error
            }
        } _: { server in
            let client = try await server.connect()
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            await started.wait()
            client.close()
            try await server.waitForConnections(0)
        }
        #expect(outcome.value == .disconnected)
    }

    @Test("refuses connections beyond its limit, at once and with a reason")
    func maxConnections() async throws {
        try await withServer(
            limits: HTTPServerLimits(maxConnections: 2, lingerTimeout: .milliseconds(200)), handler: echo
        ) { server in
            let first = try await server.connect()
            let second = try await server.connect()
            try await server.waitForConnections(2)
            let refused = try await server.connect()
            let response = try await refused.response()
            #expect(response.status == 503)
            #expect(response.fields["connection"] == "close")
            refused.close()
            #expect(server.server.counters.refused == 1)
            try await second.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await second.response().status == 200)
            first.close()
            try await server.waitForConnections(1)
            #expect(try await server.response(to: "GET / HTTP/1.1\r\nHost: a\r\n\r\n").status == 200)
        }
    }

    @Test("holds a thousand idle connections and gives back every descriptor")
    func manyIdle() async throws {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        try await withServer(handler: echo) { server in
            var clients: [RawClient] = []
            for _ in 0..<1000 { clients.append(try await server.connect()) }
            try await server.waitForConnections(1000)
            for client in clients { try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n") }
            for client in clients { #expect(try await client.response().status == 200) }
            for client in clients[..<500] { client.close() }
            try await server.waitForConnections(500)
            let cut = await server.server.drain(within: .seconds(10))
            #expect(cut == 0)
            // Only a closed descriptor ends a stream: each of them is seen to be gone.
            for client in clients[500...] { #expect(try await client.textToEnd() == "") }
            #expect(server.server.counters.open == 0)
        }
    }

    @Test("drains: idle connections end at once, a request in flight is answered")
    func drain() async throws {
        let started = Gate()
        let release = Gate()
        try await withServer { exchange in
            if exchange.head.path == "/slow" {
                started.open()
                await release.wait()
            }
            await echo(exchange)
        } _: { server in
            let idle = try await server.connect()
            try await idle.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await idle.response().status == 200)
            let busy = try await server.connect()
            try await busy.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
            await started.wait()
            async let cut = server.server.drain(within: .seconds(20))
            #expect(try await idle.textToEnd() == "")
            await #expect(throws: IOStreamError.self) { try await server.connect() }
            release.open()
            let response = try await busy.response()
            #expect(response.body == "GET /slow ")
            #expect(response.fields["connection"] == "close")
            #expect(await cut == 0)
        }
    }

    @Test("cuts what does not end in time, and cancels its handler")
    func drainCuts() async throws {
        let started = Gate()
        let told = Gate()
        let cancelled = Gate()
        try await withServer { exchange in
            exchange.onDisconnect { told.open() }
            started.open()
            do throws(CancellationError) {
                try await exchange.loop.sleep(for: .seconds(600))
            } catch {
                cancelled.open()
            }
        } _: { server in
            let client = try await server.connect()
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            await started.wait()
            #expect(await server.server.drain(within: .milliseconds(50)) == 1)
            try await client.waitForClose()
            await cancelled.wait()
        }
        #expect(told.isOpen)
    }
}
