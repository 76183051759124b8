import Glibc
import TestSupport
import Testing

/// Answers the first connection with fixed bytes, in pieces, once a whole request has come.
private struct CannedServer {
    let port: Int
    let received = Observed<[UInt8]>([])

    init(_ pieces: [[UInt8]], closes: Bool = true) throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, length) + listen(descriptor, 8) + getsockname(descriptor, address, &length)
            }
        }
        try #require(status == 0)
        port = Int(UInt16(bigEndian: address.sin_port))
        let received = received
        var thread = pthread_t()
        let box = Unmanaged.passRetained(
            Closure {
                let connection = accept(descriptor, nil, nil)
                close(descriptor)
                var buffer = [UInt8](repeating: 0, count: 65536)
                var request: [UInt8] = []
                while request.firstRange(of: Array("\r\n\r\n".utf8)) == nil {
                    let count = recv(connection, &buffer, buffer.count, 0)
                    if count <= 0 { break }
                    request += buffer[..<count]
                }
                received.update { [request] in $0 = request }
                for piece in pieces { send(connection, piece, piece.count, Int32(MSG_NOSIGNAL)) }
                if !closes { while recv(connection, &buffer, buffer.count, 0) > 0 {} }
                close(connection)
            })
        pthread_create(
            &thread, nil,
            { argument in
                if let argument { Unmanaged<Closure>.fromOpaque(argument).takeRetainedValue().run() }
                return nil
            }, box.toOpaque())
        pthread_detach(thread)
    }

    private final class Closure: Sendable {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }
}

struct RawHTTPClientTests {
    @Test("a body arrives whole in each framing, however its bytes are cut", arguments: [1, 2, 3, 7, 4096])
    func framings(piece: Int) async throws {
        let texts = [
            "HTTP/1.1 200 OK\r\nContent-Length: 11\r\nA: 1\r\na: 2\r\n\r\nhello world",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;x=1\r\n world\r\n0\r\nT: 1\r\n\r\n",
            "HTTP/1.1 200 OK\r\n\r\nhello world",
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nhello world",
        ]
        for text in texts {
            let bytes = Array(text.utf8)
            let pieces = stride(from: 0, to: bytes.count, by: piece).map {
                Array(bytes[$0..<min($0 + piece, bytes.count)])
            }
            let server = try CannedServer(pieces)
            let client = try await RawHTTPClient(port: server.port)
            let answer = try await client.request("POST", "/mcp", headers: [("X", "y")], body: Array("{}".utf8))
            #expect(answer.status == 200)
            #expect(answer.text == "hello world")
            if text == texts[0] { #expect(answer[header: "A"] == "1, 2") }
            let request = String(decoding: server.received.value, as: UTF8.self)
            #expect(
                request.hasPrefix(
                    "POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:\(server.port)\r\nX: y\r\nContent-Length: 2\r\n\r\n"))
        }
    }

    @Test("events come one at a time from a stream that stays open")
    func events() async throws {
        let chunks = [
            "id: 1\ndata:\n\n", ": ping\n\n", "event: a\r\ndata: {\"a\":\r\ndata: 1}\r\n", "\r\nretry: 5\n\n",
        ]
        let text =
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            + chunks.map { String($0.utf8.count, radix: 16) + "\r\n\($0)\r\n" }.joined()
        let server = try CannedServer([Array(text.utf8)], closes: false)
        let client = try await RawHTTPClient(port: server.port)
        try await client.sendRequest("GET", "/sse")
        #expect(try await client.readHead().status == 200)
        #expect(try await client.readEvent(includingEmpty: true) == EventStreamEvent(id: "1"))
        let event = try #require(try await client.readEvent(includingEmpty: true))
        #expect(event.name == "a")
        #expect(try event.json() == ["a": 1])
        #expect(try await client.readEvent(includingEmpty: true) == EventStreamEvent(retryMilliseconds: 5))
        #expect(client.eventComments == 1)
        let late = await #expect(throws: ConnectionFailure.self) {
            try await client.readEvent(within: .milliseconds(20))
        }
        #expect(late?.description == "no the rest of the body in time" || late?.description.contains("in time") == true)
    }

    @Test(
        "a response that breaks off or is not HTTP is an error",
        arguments: [
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nabc", "HTTP/1.1 200 OK\r\n", "SSH-2.0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nA b: c\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n",
        ])
    func broken(text: String) async throws {
        let server = try CannedServer([Array(text.utf8)])
        let client = try await RawHTTPClient(port: server.port)
        await #expect(throws: ConnectionFailure.self) { try await client.request("GET", "/") }
    }

    @Test("a cancelled read ends at once, and the connection with it")
    func cancellation() async throws {
        let server = try CannedServer([], closes: false)
        let client = try await RawHTTPClient(port: server.port, limit: .seconds(100))
        try await client.sendRequest("GET", "/")
        _ = try await server.received.wait(for: "the request") { $0.isEmpty ? nil : true }
        let task = Task { try await client.readAnswer() }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test("a free port is free: nothing answers there")
    func port() async throws {
        let port = try freePort()
        await #expect(throws: ConnectionFailure.self) { try await RawHTTPClient(port: port) }
    }
}
