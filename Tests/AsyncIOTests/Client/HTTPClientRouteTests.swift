import Glibc
import Testing

@testable import AsyncIO

@Suite("HTTP client's ways to a server", .bothWays)
struct HTTPClientRouteTests {
    private static let hasIPv6 = SocketAddress(ip: "::1", port: 0).map { address in
        let descriptor = socket(AF_INET6, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        return address.withRaw { bind(descriptor, $0, $1) } == 0
    }

    private static func serve(_ connection: RawConnection, _: Int) async throws {
        while true {
            let request = try await connection.readRequest()
            try await connection.answer("\(request.requestLine) \(request.field("Host") ?? "-")")
        }
    }

    @Test("IPv6", .enabled(if: hasIPv6 == true))
    func ipv6() async throws {
        let server = try await RawServer(at: SocketAddress(ip: "::1", port: 0), Self.serve)
        try await withClient { client in
            let response = try await client.send(get(server.url), deadline: .soon)
            let text = try await response.readAll(upTo: 1000, until: .soon).text
            #expect(text == "GET / HTTP/1.1 \(server.address)")
        }
        await server.stop()
    }

    @Test("a Unix socket")
    func unixSocket() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory + "/server.sock"
            let server = try await RawServer(at: SocketAddress(unixPath: path), Self.serve)
            try await withClient { client in
                var request = get("http://service.test/x")
                request.unixSocketPath = path
                for _ in 0..<3 {
                    let response = try await client.send(request, deadline: .soon)
                    let text = try await response.readAll(upTo: 1000, until: .soon).text
                    #expect(text == "GET /x HTTP/1.1 service.test")
                }
                #expect(await client.statistics.connectionsOpened == 1)
                // The same URL without the socket is another server, which does not exist.
                await #expect(throws: HTTPClientError.self) {
                    _ = try await client.send(get("http://service.test/x"), deadline: .soon)
                }
            }
            await server.stop()
        }
    }

    @Test("a name with several addresses, of which one answers")
    func name() async throws {
        try await withClientAndServer(serving: Self.serve) { client, server in
            let port = try #require(server.address.port)
            for _ in 0..<10 {
                let response = try await client.send(
                    get("http://localhost:\(port)/"), connectTimeout: .seconds(10), deadline: .soon)
                let text = try await response.readAll(upTo: 1000, until: .soon).text
                #expect(text == "GET / HTTP/1.1 localhost:\(port)")
            }
            #expect(server.acceptedConnections == 1)
            #expect(await client.statistics.openSockets == 1)
        }
    }

    @Test("a request that asks about addresses reaches allowed ones only, on connections of its own and past any proxy")
    func allowedAddresses() async throws {
        var options = HTTPClientOptions()
        options.proxies.http = "http://127.0.0.1:1"
        try await withClientAndServer(options, serving: Self.serve) { client, server in
            let port = try #require(server.address.port)
            var request = get("http://localhost:\(port)/")
            for number in 1...2 {
                request.allowsAddress = { $0.port == port && $0.isLoopback }
                let response = try await client.send(request, deadline: .soon)
                _ = try await response.readAll(upTo: 1000, until: .soon)
                #expect(server.acceptedConnections == number)
            }
            request.allowsAddress = { !$0.isLoopback }
            await #expect(
                throws: HTTPClientError.couldNotConnect(detail: "the host's address is not allowed", cause: nil)
            ) {
                _ = try await client.send(request, deadline: .soon)
            }
            #expect(server.acceptedConnections == 2)
            // Back to what everybody does, which here is a proxy that is not there.
            await #expect(throws: HTTPClientError.self) {
                _ = try await client.send(get(request.url), deadline: .soon)
            }
        }
    }

    @Test("many names looked up and dropped at once leave nothing behind")
    func manyConnects() async throws {
        try await withClientAndServer(serving: Self.serve) { client, server in
            let port = try #require(server.address.port)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<60 {
                    group.addTask(executorPreference: client.loop) {
                        let deadline = number % 3 == 0 ? MonotonicInstant.now + .microseconds(number * 20) : .soon
                        do {
                            let response = try await client.send(get("http://localhost:\(port)/"), deadline: deadline)
                            _ = try await response.readAll(upTo: 1000, until: deadline)
                        } catch HTTPClientError.timedOut where number % 3 == 0 {
                            return
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    // MARK: Proxies

    @Test("a plain proxy is asked for the whole URL, exceptions are not")
    func plainProxy() async throws {
        let proxy = try await RawServer(Self.serve)
        let direct = try await RawServer(Self.serve)
        let options = HTTPClientOptions(environment: ["http_proxy": proxy.url, "NO_PROXY": "127.0.0.1,other.test"])
        try await withClient(options) { client in
            let response = try await client.send(get("http://upstream.test/a"), deadline: .soon)
            let text = try await response.readAll(upTo: 1000, until: .soon).text
            #expect(text == "GET http://upstream.test/a HTTP/1.1 upstream.test")
            let other = try await client.send(get(direct.url + "/b"), deadline: .soon)
            #expect(try await other.readAll(upTo: 1000, until: .soon).text == "GET /b HTTP/1.1 \(direct.address)")
        }
        await proxy.stop()
        await direct.stop()
    }

    @Test("a proxy that refuses a tunnel is a failure to connect")
    func refusingProxy() async throws {
        let proxy = try await RawServer { connection, _ in
            let request = try await connection.readRequest()
            guard request.requestLine == "CONNECT upstream.test:443 HTTP/1.1" else { return }
            try await connection.write("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
        }
        try await withClient(HTTPClientOptions(environment: ["HTTPS_PROXY": proxy.url])) { client in
            do throws(HTTPClientError) {
                _ = try await client.send(get("https://upstream.test/"), deadline: .soon)
                Issue.record("an answer came from nowhere")
            } catch {
                guard case .couldNotConnect(let detail, _) = error else {
                    Issue.record("\(error)")
                    return
                }
                #expect(detail.contains("403"))
            }
        }
        await proxy.stop()
    }

    @Test("settings come from the usual variables, lower case first")
    func environment() {
        let options = HTTPClientOptions(environment: [
            "http_proxy": "http://a", "HTTP_PROXY": "http://never", "HTTPS_PROXY": "http://b",
            "https_proxy": "http://c",
            "no_proxy": "x", "NO_PROXY": "y", "SSL_CERT_FILE": "/f", "SSL_CERT_DIR": "/d", "CURL_CA_BUNDLE": "",
        ])
        #expect(options.proxies.proxy(for: "http://x/") == "http://a")
        #expect(options.proxies.proxy(for: "HTTPS://x/") == "http://c")
        #expect(options.proxies.exceptions == "x")
        #expect(options.caFile == "/f")
        #expect(options.caDirectory == "/d")
        #expect(HTTPClientOptions(environment: ["HTTP_PROXY": "http://never"]).proxies == HTTPProxySettings())
        #expect(HTTPClientOptions(environment: ["ALL_PROXY": "http://a"]).proxies.proxy(for: "http://x") == "http://a")
        #expect(HTTPClientOptions(environment: ["CURL_CA_BUNDLE": "/c", "SSL_CERT_FILE": "/f"]).caFile == "/c")
    }
}
