import Glibc
import Testing

@testable import AsyncIO

@Suite("HTTP client against servers that fail", .bothWays)
struct HTTPClientFailureTests {
    /// The error of a request and of reading its answer.
    private static func failure(
        of client: HTTPClient, _ request: HTTPClientRequest, connectTimeout: Duration? = .seconds(10),
        deadline: MonotonicInstant? = .soon, limit: Int = 1_000_000
    ) async -> HTTPClientError? {
        do {
            let response = try await client.send(request, connectTimeout: connectTimeout, deadline: deadline)
            _ = try await response.readAll(upTo: limit, until: deadline)
            return nil
        } catch {
            return error
        }
    }

    private static func ask(_ client: HTTPClient, _ request: HTTPClientRequest) async throws -> String {
        try await client.send(request, deadline: .soon).readAll(upTo: 100, until: .soon).text
    }

    @Test(
        "a connection that ends before the head is complete is told as such",
        arguments: ["", "HTTP/1.1 200 OK\r\nConte"])
    func closesBeforeResponse(partialHead: String) async throws {
        try await withClientAndServer(serving: { connection, _ in
            _ = try await connection.readRequest()
            try await connection.write(partialHead)
        }) { client, server in
            let failure = await Self.failure(of: client, post(server.url, "x"))
            guard case .closedBeforeResponse(_, let reused, let sent) = failure else {
                Issue.record("\(String(describing: failure))")
                return
            }
            #expect(!reused)
            #expect(sent > 0)
            #expect(failure?.isProvablyNotExecuted == false)
        }
    }

    @Test(
        "a connection that ends within the body is told as such",
        arguments: [
            "Content-Length: 10\r\n\r\n12345", "Transfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n",
            "Transfer-Encoding: chunked\r\n\r\n50\r\n123",
        ])
    func closesWithinBody(rest: String) async throws {
        try await withClientAndServer(serving: { connection, _ in
            _ = try await connection.readRequest()
            try await connection.write("HTTP/1.1 200 OK\r\n" + rest)
        }) { client, server in
            let failure = await Self.failure(of: client, get(server.url))
            guard case .bodyTruncated = failure else {
                Issue.record("\(String(describing: failure))")
                return
            }
            // What arrived is given out before the error.
            let response = try await client.send(get(server.url), deadline: .soon)
            var bytes: [UInt8] = []
            await #expect(throws: HTTPClientError.self) {
                while let chunk = try await response.nextChunk(until: .soon) { bytes += chunk }
            }
            #expect(bytes.text.hasPrefix("123"))
        }
    }

    @Test("a body without a length ends with the connection")
    func endsWithConnection() async throws {
        try await withClientAndServer(serving: { connection, _ in
            _ = try await connection.readRequest()
            try await connection.write("HTTP/1.0 200 OK\r\n\r\nall of it")
        }) { client, server in
            let response = try await client.send(get(server.url), deadline: .soon)
            #expect(response.version == .http1_0)
            #expect(try await response.readAll(upTo: 100, until: .soon).text == "all of it")
        }
    }

    @Test("a reset is an error, not a hang")
    func reset() async throws {
        try await withClientAndServer(serving: { connection, _ in
            // Closing with bytes unread makes the kernel send a reset.
            _ = try await connection.stream.read(atMost: 1) { _ in }
        }) { client, server in
            let failure = await Self.failure(of: client, post(server.url, String(repeating: "x", count: 100_000)))
            switch failure {
            case .closedBeforeResponse, .sendFailed: break
            default: Issue.record("\(String(describing: failure))")
            }
        }
    }

    @Test("a refused connection is provably not executed")
    func refused() async throws {
        let server = try await RawServer { _, _ in }
        await server.stop()
        try await withClient { client in
            let failure = await Self.failure(of: client, get(server.url))
            guard case .couldNotConnect(let detail, let cause) = failure else {
                Issue.record("\(String(describing: failure))")
                return
            }
            #expect(detail.contains("127.0.0.1"))
            #expect(cause?.code == ECONNREFUSED)
            #expect(failure?.isProvablyNotExecuted == true)
        }
    }

    @Test("a server that never accepts costs the connect timeout")
    func neverAccepts() async throws {
        // A listener with a backlog of one that nobody accepts from: the kernel drops further handshakes.
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(listener) }
        let any = try #require(SocketAddress(ip: "127.0.0.1", port: 0))
        #expect(any.withRaw { bind(listener, $0, $1) } == 0)
        #expect(listen(listener, 0) == 0)
        let address = try SocketAddress.local(of: listener)
        var fillers: [Int32] = []
        for _ in 0..<4 {
            let filler = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            #expect(fcntl(filler, F_SETFL, O_NONBLOCK) == 0)
            _ = address.withRaw { connect(filler, $0, $1) }
            fillers.append(filler)
        }
        defer { for filler in fillers { close(filler) } }
        try await withClient { client in
            let start = MonotonicInstant.now
            let failure = await Self.failure(of: client, get("http://\(address)"), connectTimeout: .milliseconds(200))
            #expect(failure == .connectTimedOut(budget: .milliseconds(200)))
            #expect(MonotonicInstant.now - start >= .milliseconds(190))
        }
    }

    @Test("a server that never answers costs the deadline, and sees the connection close")
    func neverAnswers() async throws {
        let closed = Fact()
        try await withClientAndServer(serving: { connection, _ in
            _ = try await connection.readRequest()
            await connection.waitForClose()
            closed.comeTrue()
        }) { client, server in
            let failure = await Self.failure(
                of: client, get(server.url), deadline: .now + .milliseconds(100))
            #expect(failure == .timedOut(requestSent: true))
            try await closed.wait()
        }
    }

    @Test("a body that stops costs the deadline of its reader")
    func bodyStops() async throws {
        let closed = Fact()
        try await withClientAndServer(serving: { connection, _ in
            _ = try await connection.readRequest()
            try await connection.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n123")
            await connection.waitForClose()
            closed.comeTrue()
        }) { client, server in
            let response = try await client.send(get(server.url), deadline: .soon)
            #expect(try await response.nextChunk(until: .soon)?.text == "123")
            await #expect(throws: HTTPClientError.timedOut(requestSent: true)) {
                try await response.nextChunk(until: .now + .milliseconds(50))
            }
            await #expect(throws: HTTPClientError.timedOut(requestSent: true)) {
                try await response.readAll(upTo: 100, until: .now + .milliseconds(50))
            }
            try await closed.wait()
        }
    }

    @Test("a name that does not exist is told with its host")
    func unknownName() async throws {
        try await withClient { client in
            let failure = await Self.failure(of: client, get("http://no-such-host.invalid/"))
            guard case .couldNotResolve(let host, _) = failure else {
                Issue.record("\(String(describing: failure))")
                return
            }
            #expect(host == "no-such-host.invalid")
        }
    }

    @Test(
        "a URL that is none is refused",
        arguments: ["", "nonsense://x", "http://", "ftp://127.0.0.1/", "http://a\0b/", "http://[::1"])
    func invalidURL(url: String) async throws {
        try await withClient { client in
            let failure = await Self.failure(of: client, get(url))
            #expect(failure == .invalidURL(url))
        }
    }

    @Test(
        "a field that would change the message is refused",
        arguments: [
            ("X-A", "b\r\nX-Evil: 1"), ("X A", "b"), ("", "b"), ("Content-Length", "3"),
            ("transfer-encoding", "chunked"),
            ("X-\r\nA", "b"), ("X-A", "\0"),
        ])
    func invalidField(name: String, value: String) async throws {
        try await withClient { client in
            var request = get("http://127.0.0.1:1/")
            request.headers = [(name, value)]
            let failure = await Self.failure(of: client, request)
            guard case .invalidRequest = failure else {
                Issue.record("\(String(describing: failure))")
                return
            }
        }
    }

    @Test(
        "an answer that is not HTTP is refused",
        arguments: ["SSH-2.0-OpenSSH_9.2\r\n", "{\"jsonrpc\":\"2.0\"}\n", "HTTP/9.9 abc\r\n\r\n"])
    func notHTTP(answer: String) async throws {
        try await withClientAndServer(serving: { connection, _ in
            _ = try await connection.readRequest()
            try await connection.write(answer)
        }) { client, server in
            let failure = await Self.failure(of: client, get(server.url))
            guard case .protocolError = failure else {
                Issue.record("\(String(describing: failure))")
                return
            }
        }
    }

    @Test("a head beyond the limit is refused, one within it is not")
    func hugeHead() async throws {
        var options = HTTPClientOptions()
        options.maxHeadBytes = 32 * 1024
        try await withClientAndServer(
            options,
            serving: { connection, _ in
                while true {
                    let size = try await connection.readRequest().body.text
                    let field = "X-Long: \(String(repeating: "x", count: 1000))\r\n"
                    try await connection.answer("ok", fields: String(repeating: field, count: Int(size) ?? 0))
                }
            }
        ) { client, server in
            let response = try await client.send(post(server.url, "30"), deadline: .soon)
            #expect(response.headers.all("x-long").count == 30)
            #expect(try await response.readAll(upTo: 10, until: .soon).text == "ok")
            #expect(
                await Self.failure(of: client, post(server.url, "40"))
                    == .protocolError(detail: "the head is longer than 32768 bytes"))
        }
    }

    @Test("a body beyond the reader's limit is refused", arguments: [true, false])
    func hugeBody(tellsLength: Bool) async throws {
        try await withClientAndServer(serving: { connection, _ in
            while true {
                _ = try await connection.readRequest()
                let body = String(repeating: "x", count: 200_000)
                if tellsLength {
                    try await connection.answer(body)
                } else {
                    try await connection.write("HTTP/1.1 200 OK\r\n\r\n" + body)
                    return
                }
            }
        }) { client, server in
            #expect(await Self.failure(of: client, get(server.url), limit: 199_999) == .bodyTooLarge(limit: 199_999))
            #expect(await Self.failure(of: client, get(server.url), limit: 200_000) == nil)
            #expect(await Self.failure(of: client, get(server.url), limit: 0) == .bodyTooLarge(limit: 0))
        }
    }

    @Test("more transfers than allowed are refused at once")
    func tooMany() async throws {
        var options = HTTPClientOptions()
        options.maxTransfers = 1
        try await withClientAndServer(
            options,
            serving: { connection, _ in
                while true {
                    _ = try await connection.readRequest()
                    try await connection.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n1")
                    await connection.waitForClose()
                }
            }
        ) { client, server in
            let first = try await client.send(get(server.url), deadline: .soon)
            #expect(await Self.failure(of: client, get(server.url)) == .tooManyTransfers(limit: 1))
            first.cancel()
            first.cancel()
            await #expect(throws: HTTPClientError.cancelled) { _ = try await first.readAll(upTo: 10, until: .soon) }
        }
    }

    @Test("closing the client ends what is in flight")
    func closesClient() async throws {
        let arrived = Fact()
        try await withClientAndServer(serving: { connection, _ in
            _ = try await connection.readRequest()
            arrived.comeTrue()
            await connection.waitForClose()
        }) { client, server in
            async let failure = Self.failure(of: client, get(server.url))
            try await arrived.wait()
            await client.close()
            #expect(await failure == .clientClosed)
            #expect(await Self.failure(of: client, get(server.url)) == .clientClosed)
        }
    }

    // MARK: Kept-alive connections that are closed

    @Test("a kept-alive connection closed between two requests is replaced", arguments: ["GET", "POST"])
    func closedWhileIdle(method: String) async throws {
        try await withClientAndServer(serving: { connection, number in
            _ = try await connection.readRequest()
            try await connection.answer("\(number)")
        }) { client, server in
            for number in 1...5 {
                let request = HTTPClientRequest(method: method, url: server.url)
                let response = try await client.send(request, deadline: .soon)
                #expect(try await response.readAll(upTo: 10, until: .soon).text == "\(number)")
                // The server's close is a fact once the loop has heard of it; then the next request cannot use it.
                while await client.watchedSockets > 0 { try await client.loop.sleep(for: .milliseconds(1)) }
            }
        }
    }

    @Test("a kept-alive connection that dies under a request is told, or the request repeated where it may be")
    func diesUnderRequest() async throws {
        try await withClientAndServer(serving: { connection, number in
            let request = try await connection.readRequest()
            try await connection.answer("\(number) \(request.body.text)")
            // Takes a second request and closes without an answer.
            if number == 1 || number == 2 { _ = try await connection.readRequest() }
            if number == 3 { _ = try await connection.readRequest() }
        }) { client, server in
            let first = try await Self.ask(client, post(server.url, "a"))
            #expect(first == "1 a")
            let failure = await Self.failure(of: client, post(server.url, "b"))
            guard case .closedBeforeResponse(_, wasReusedConnection: true, let sent) = failure else {
                Issue.record("\(String(describing: failure))")
                return
            }
            #expect(sent > 0)
            #expect(failure?.isProvablyNotExecuted == false)
            // Not repeated: the server has seen no further connection.
            #expect(server.acceptedConnections == 1)
            #expect(try await Self.ask(client, post(server.url, "c")) == "2 c")
            var repeatable = post(server.url, "d")
            repeatable.mayRepeat = true
            #expect(try await Self.ask(client, repeatable) == "3 d")
            #expect(try await Self.ask(client, get(server.url)) == "4 ")
        }
    }
}
