import Testing

@testable import AsyncIO

@Suite("HTTP client over TLS", .enabled(if: TLSServer.isAvailable, "needs nginx and openssl"))
struct HTTPClientTLSTests {
    private static func withServer(
        trusting: Bool = true, _ body: @escaping @Sendable (HTTPClient, TLSServer) async throws -> Void
    ) async throws {
        try await withTemporaryDirectory { directory in
            let server = try await TLSServer(in: directory)
            var environment: [String: String] = [:]
            if trusting { environment["SSL_CERT_FILE"] = server.certificate }
            let options = HTTPClientOptions(environment: environment)
            let outcome = await Result {
                try await withClient(options) { client in try await body(client, server) }
            }
            server.stop()
            try outcome.get()
        }
    }

    private static func request(_ url: String, over socket: String) -> HTTPClientRequest {
        HTTPClientRequest(method: "GET", url: url, unixSocketPath: socket)
    }

    @Test("HTTP/2 is spoken where it is offered, HTTP/1.1 elsewhere")
    func versions() async throws {
        try await Self.withServer { client, server in
            let first = try await client.send(
                Self.request("https://localhost/", over: server.http2Socket), deadline: .soon)
            #expect(first.version == .http2)
            #expect(try await first.readAll(upTo: 100, until: .soon).text == "GET HTTP/2.0 ")
            let second = try await client.send(
                Self.request("https://localhost/", over: server.http1Socket), deadline: .soon)
            #expect(second.version == .http1_1)
            #expect(try await second.readAll(upTo: 100, until: .soon).text == "GET HTTP/1.1 ")
        }
    }

    @Test("concurrent requests share an HTTP/2 connection")
    func multiplexes() async throws {
        try await Self.withServer { client, server in
            @Sendable func ask(_ number: Int) async throws {
                var request = Self.request("https://localhost/", over: server.http2Socket)
                request.method = "POST"
                request.headers = [("X-Number", "\(number)")]
                request.body = Array("body \(number)".utf8)[...]
                let response = try await client.send(request, deadline: .soon)
                let text = try await response.readAll(upTo: 100, until: .soon).text
                #expect(text == "POST HTTP/2.0 \(number)")
            }
            try await ask(0)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 1...50 {
                    group.addTask(executorPreference: client.loop) { try await ask(number) }
                }
                try await group.waitForAll()
            }
            #expect(await client.statistics.connectionsOpened == 1)
        }
    }

    @Test("a slow reader of one HTTP/2 stream gets every byte, and a dropped stream leaves the connection")
    func slowReader() async throws {
        try await Self.withServer { client, server in
            let request = Self.request("https://localhost/file", over: server.http2Socket)
            let slow = try await client.send(request, deadline: .soon)
            let dropped = try await client.send(request, deadline: .soon)
            #expect(try await dropped.nextChunk(until: .soon) != nil)
            dropped.cancel()
            var received = 0
            while let chunk = try await slow.nextChunk(until: .soon) {
                received += chunk.count
                #expect(chunk.allSatisfy { $0 == UInt8(ascii: "x") })
                if received < 1_000_000 { try await client.loop.sleep(for: .milliseconds(2)) }
            }
            #expect(received == TLSServer.fileBytes)
            let after = try await client.send(
                Self.request("https://localhost/", over: server.http2Socket), deadline: .soon)
            #expect(after.status == 200)
            _ = try await after.readAll(upTo: 100, until: .soon)
            #expect(await client.statistics.connectionsOpened == 1)
        }
    }

    @Test("a certificate that is not trusted, or for another name, is a TLS failure", arguments: [true, false])
    func distrusts(isTrusted: Bool) async throws {
        try await Self.withServer(trusting: isTrusted) { client, server in
            let host = isTrusted ? "other.test" : "localhost"
            do throws(HTTPClientError) {
                _ = try await client.send(Self.request("https://\(host)/", over: server.http2Socket), deadline: .soon)
                Issue.record("a certificate was accepted")
            } catch {
                guard case .tls(let detail) = error else {
                    Issue.record("\(error)")
                    return
                }
                #expect(!detail.isEmpty)
                #expect(error.isProvablyNotExecuted)
            }
        }
    }

    @Test("a server that does not speak TLS is a TLS failure")
    func plainServer() async throws {
        try await withClientAndServer(serving: { connection, _ in
            _ = try? await connection.write("HTTP/1.1 400 Bad Request\r\n\r\n")
        }) { client, server in
            do throws(HTTPClientError) {
                _ = try await client.send(get("https://\(server.address)/"), deadline: .soon)
                Issue.record("an answer came from nowhere")
            } catch {
                guard case .tls = error else {
                    Issue.record("\(error)")
                    return
                }
            }
        }
    }
}
