import Glibc
import Testing

@testable import AsyncIO

@Suite("HTTP event streams without a task", .timeLimit(.minutes(2)))
struct HTTPEventStreamTests {
    private static let head = HTTPResponseHead(.ok, headers: ["Content-Type": "text/event-stream"])

    /// Streams by the paths of their requests, and how they ended.
    private final class Streams: Sendable {
        let open = Box<[String: HTTPEventStream]>([:])
        let ends = Box<[String: [HTTPWriteError?]]>([:])

        let maxBacklogBytes: Int
        let keepAlive: Duration?
        let before: @Sendable (HTTPEventStream) -> Void

        init(
            maxBacklogBytes: Int = 1 << 20, keepAlive: Duration? = nil,
            before: @escaping @Sendable (HTTPEventStream) -> Void = { _ in }
        ) {
            self.maxBacklogBytes = maxBacklogBytes
            self.keepAlive = keepAlive
            self.before = before
        }

        /// Answers a request whose path begins with `/s` by a detached stream, others by an echo.
        func answer(_ exchange: HTTPExchange) async {
            let path = exchange.head.path
            guard path.hasPrefix("/s") else { return await echo(exchange) }
            let stream = HTTPEventStream(loop: exchange.loop, maxBacklogBytes: maxBacklogBytes)
            before(stream)
            exchange.detachStream(
                HTTPEventStreamTests.head, first: Array("first\n".utf8)[...], to: stream, keepAlive: keepAlive
            ) { [ends] error in ends.change { $0[path, default: []].append(error) } }
            open.change { $0[path] = stream }
        }

        func stream(_ path: String, _ server: TestServer) async throws -> HTTPEventStream {
            let deadline = RawClient.patience
            while true {
                if let stream = open.value[path] { return stream }
                try #require(MonotonicInstant.now < deadline, "no stream \(path)")
                try await server.clientLoop.sleep(for: .milliseconds(1))
            }
        }

        func end(_ path: String, _ server: TestServer) async throws -> HTTPWriteError? {
            let deadline = RawClient.patience
            while true {
                if let ends = ends.value[path] {
                    #expect(ends.count == 1)
                    return ends[0]
                }
                try #require(MonotonicInstant.now < deadline, "\(path) has not ended")
                try await server.clientLoop.sleep(for: .milliseconds(1))
            }
        }
    }

    private func open(_ path: String = "/s", _ server: TestServer, version: String = "1.1") async throws -> RawClient {
        let client = try await server.connect()
        try await client.send("GET \(path) HTTP/\(version)\r\nHost: a\r\n\r\n")
        #expect(try await client.response(hasBody: false).status == 200)
        return client
    }

    @Test("carries what is pushed before, during and after its beginning, in order and without a task")
    func pushes() async throws {
        let streams = Streams { $0.push(Array("early\n".utf8)) }
        try await withServer(handler: { await streams.answer($0) }) { server in
            let client = try await open("/s", server)
            let stream = try await streams.stream("/s", server)
            #expect(try await client.text(through: "early\n\r\n").hasPrefix("6\r\nfirst\n\r\n"))
            try await server.waitForTasks(0)
            stream.push(Array("one\n".utf8))
            stream.push(Array("two\n".utf8))
            #expect(try await client.text(through: "two\n\r\n").contains("one\n"))
            try await server.serverLoops[0].run {
                stream.push(Array("three\n".utf8))
                stream.push(Array("four\n".utf8))
            }
            stream.close()
            stream.push(Array("too late\n".utf8))
            let rest = try await client.chunkedBody()
            #expect(String(decoding: rest.suffix(11), as: UTF8.self) == "three\nfour\n")
            #expect(try await streams.end("/s", server) == nil)
            // The answer was whole, so the connection goes on.
            try await client.send("GET /after HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await client.response().body == "GET /after ")
        }
        #expect(streams.ends.value["/s"]?.count == 1)
    }

    @Test("keeps the order of one thread's pushes while others push, too")
    func threads() async throws {
        let streams = Streams()
        let writers = 4
        let count = 500
        try await withServer(handler: { await streams.answer($0) }) { server in
            let client = try await open("/s", server)
            let stream = try await streams.stream("/s", server)
            await withTaskGroup(of: Void.self) { group in
                for writer in 0..<writers {
                    group.addTask { for index in 0..<count { stream.push(Array("\(writer) \(index)\n".utf8)) } }
                }
            }
            stream.close()
            let lines = String(decoding: try await client.chunkedBody(), as: UTF8.self).split(separator: "\n")
            #expect(lines.count == writers * count + 1)
            for writer in 0..<writers {
                let own = lines.filter { $0.hasPrefix("\(writer) ") }
                #expect(own == (0..<count).map { "\(writer) \($0)" })
            }
        }
    }

    @Test("a request sent during the stream is answered after it")
    func pipelined() async throws {
        let streams = Streams()
        try await withServer(handler: { await streams.answer($0) }) { server in
            let client = try await server.connect()
            try await client.send("GET /s HTTP/1.1\r\nHost: a\r\n\r\nGET /x HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await client.response(hasBody: false).status == 200)
            try await client.send("GET /y HTTP/1.1\r\nHost: a\r\n\r\n")
            // A whole exchange on another connection: the server's loop has seen those bytes by then.
            #expect(try await server.response(to: "GET /other HTTP/1.1\r\nHost: a\r\n\r\n").status == 200)
            let stream = try await streams.stream("/s", server)
            stream.push(Array("event\n".utf8))
            stream.close()
            #expect(String(decoding: try await client.chunkedBody(), as: UTF8.self) == "first\nevent\n")
            #expect(try await client.response().body == "GET /x ")
            #expect(try await client.response().body == "GET /y ")
        }
    }

    @Test("a stream closed before its beginning is a whole answer")
    func closedEarly() async throws {
        let streams = Streams { stream in
            stream.push(Array("only\n".utf8))
            stream.close()
        }
        try await withServer(handler: { await streams.answer($0) }) { server in
            let response = try await server.response(to: "GET /s HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(response.body == "first\nonly\n")
            #expect(try await streams.end("/s", server) == nil)
        }
    }

    @Test("a client of HTTP/1.0 gets the bytes as they are, and the end with the connection")
    func http10() async throws {
        let streams = Streams()
        try await withServer(handler: { await streams.answer($0) }) { server in
            let client = try await open("/s", server, version: "1.0")
            let stream = try await streams.stream("/s", server)
            stream.push(Array("event\n".utf8))
            stream.close()
            #expect(try await client.textToEnd() == "first\nevent\n")
            #expect(try await streams.end("/s", server) == nil)
        }
    }

    @Test("a HEAD request gets the head, and the stream ends")
    func headOnly() async throws {
        let streams = Streams()
        try await withServer(handler: { await streams.answer($0) }) { server in
            let client = try await server.connect()
            try await client.send("HEAD /s HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await client.response(hasBody: false).status == 200)
            #expect(try await streams.end("/s", server) == nil)
            try await client.send("GET /x HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await client.response().body == "GET /x ")
        }
    }

    @Test("ends when the client goes away", arguments: ["close", "half-close"])
    func hangUp(kind: String) async throws {
        let streams = Streams()
        try await withServer(handler: { await streams.answer($0) }) { server in
            let client = try await open("/s", server)
            let stream = try await streams.stream("/s", server)
            if kind == "close" { client.close() } else { client.stream.shutDownWriting() }
            _ = try await streams.end("/s", server)
            try await server.waitForConnections(0)
            stream.push(Array("to nobody\n".utf8))
            stream.close()
            if kind == "half-close" { #expect(try await client.textToEnd().hasSuffix("0\r\n\r\n")) }
        }
        #expect(streams.ends.value["/s"]?.count == 1)
    }

    @Test("sends comments while nothing else is sent")
    func keepAlive() async throws {
        let streams = Streams(keepAlive: .milliseconds(20))
        try await withServer(handler: { await streams.answer($0) }) { server in
            let client = try await open("/s", server)
            for _ in 0..<3 { #expect(try await client.text(through: ":\n\n\r\n").hasSuffix("3\r\n:\n\n\r\n")) }
            #expect(await server.server.connectionsWithTask() == 0)
            try await streams.stream("/s", server).close()
            _ = try await client.chunkedBody()
        }
    }

    @Test("holds no more than its bound for a client that does not read, then closes behind what it holds")
    func backlog() async throws {
        let streams = Streams(maxBacklogBytes: 50_000)
        let line = [UInt8](repeating: 0x61, count: 999) + [0x0A]
        try await withServer(handler: { await streams.answer($0) }) { server in
            let client = try await open("/s", server)
            let stream = try await streams.stream("/s", server)
            // Far more than the kernel's buffers hold.
            try await server.serverLoops[0].run {
                for number in 1...20_000 {
                    stream.push(line)
                    // What is pushed leaves in the loop's next turn.
                    if number.isMultiple(of: 10) { await Task.yield() }
                }
            }
            #expect(streams.ends.value.isEmpty)
            let body = try await client.chunkedBody()
            #expect(body.count > 50_000 && body.count < 20_000_000)
            // Whole events, none missing inside.
            #expect((body.count - 6) % line.count == 0)
            #expect(try await streams.end("/s", server) == nil)
        }
    }

    @Test("cuts a client that stops reading")
    func stalled() async throws {
        let streams = Streams(maxBacklogBytes: 64 << 20)
        try await withServer(
            limits: HTTPServerLimits(writeTimeout: .milliseconds(150)),
            handler: { await streams.answer($0) }
        ) { server in
            let client = try await open("/s", server)
            let stream = try await streams.stream("/s", server)
            for _ in 0..<320 { stream.push([UInt8](repeating: 0x61, count: 100_000)) }
            #expect(try await streams.end("/s", server) == .stalled(after: .milliseconds(150)))
            try await server.waitForConnections(0)
            client.close()
        }
    }

    @Test("carries everything to a slow reader within the bound")
    func slowReader() async throws {
        let streams = Streams(maxBacklogBytes: 64 << 20)
        try await withServer(handler: { await streams.answer($0) }) { server in
            let client = try await open("/s", server)
            let stream = try await streams.stream("/s", server)
            for index in 0..<200 { stream.push([UInt8](repeating: UInt8(index), count: 100_000)) }
            stream.close()
            #expect(streams.ends.value.isEmpty)
            let body = try await client.chunkedBody()
            let isComplete = body.dropFirst(6).elementsEqual(
                (0..<200).lazy.flatMap { [UInt8](repeating: UInt8($0), count: 100_000) })
            #expect(isComplete)
            #expect(try await streams.end("/s", server) == nil)
        }
    }

    @Test("a drain ends streams at once, in an orderly way")
    func drain() async throws {
        let streams = Streams()
        try await withServer(handler: { await streams.answer($0) }) { server in
            let client = try await open("/s", server)
            _ = try await streams.stream("/s", server)
            #expect(await server.server.drain(within: .seconds(20)) == 0)
            #expect(String(decoding: try await client.chunkedBody(), as: UTF8.self) == "first\n")
            #expect(try await client.textToEnd() == "")
            #expect(try await streams.end("/s", server) == nil)
        }
    }

    @Test("a drain cuts a stream whose client does not read")
    func drainCuts() async throws {
        let streams = Streams(maxBacklogBytes: 64 << 20)
        try await withServer(handler: { await streams.answer($0) }) { server in
            let client = try await open("/s", server)
            let stream = try await streams.stream("/s", server)
            for _ in 0..<320 { stream.push([UInt8](repeating: 0x61, count: 100_000)) }
            #expect(await server.server.drain(within: .milliseconds(50)) == 1)
            #expect(try await streams.end("/s", server) == .disconnected)
            client.close()
        }
        #expect(streams.ends.value["/s"]?.count == 1)
    }
}
