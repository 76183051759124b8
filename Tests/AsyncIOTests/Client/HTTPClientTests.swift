import Testing

@testable import AsyncIO

@Suite("HTTP client", .bothWays)
struct HTTPClientTests {
    @Test("a GET returns status, fields and body")
    func plainGet() async throws {
        try await withClientAndServer(serving: { connection, _ in
            let request = try await connection.readRequest()
            let answer = "\(request.requestLine)|\(request.field("X-Test") ?? "-")"
            try await connection.answer(answer, fields: "Content-Type: text/plain\r\nX-Two: a\r\nx-two:  b \r\n")
        }) { client, server in
            var request = get(server.url + "/path?q=1")
            request.headers = [("X-Test", "yes")]
            let response = try await client.send(request, deadline: .soon)
            #expect(response.status == 200)
            #expect(response.version == .http1_1)
            #expect(response.headers.first("content-type") == "text/plain")
            #expect(response.headers.all("X-TWO") == ["a", "b"])
            #expect(try await response.readAll(upTo: 1000, until: .soon).text == "GET /path?q=1 HTTP/1.1|yes")
        }
    }

    @Test("a POST arrives with its body, and without Expect", arguments: [0, 1, 1000, 70_000, 3_000_000])
    func plainPost(size: Int) async throws {
        let body = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        try await withClientAndServer(serving: { connection, _ in
            while true {
                let request = try await connection.readRequest()
                let matches = request.body == body && request.field("Expect") == nil
                try await connection.answer("\(matches) \(request.field("Content-Type") ?? "none")")
            }
        }) { client, server in
            for type in ["application/json", nil] {
                let request = HTTPClientRequest(
                    method: "POST", url: server.url, headers: type.map { [("Content-Type", $0)] } ?? [],
                    body: body[...])
                let response = try await client.send(request, deadline: .soon)
                #expect(try await response.readAll(upTo: 1000, until: .soon).text == "true \(type ?? "none")")
            }
        }
    }

    @Test("a hundred requests share one connection")
    func reuse() async throws {
        try await withClientAndServer(serving: { connection, _ in
            while true {
                let request = try await connection.readRequest()
                try await connection.answer(request.body.text)
            }
        }) { client, server in
            for number in 0..<100 {
                let response = try await client.send(post(server.url, "number \(number)"), deadline: .soon)
                #expect(try await response.readAll(upTo: 1000, until: .soon).text == "number \(number)")
            }
            #expect(server.acceptedConnections == 1)
            let statistics = await client.statistics
            #expect(statistics.connectionsOpened == 1)
            #expect(statistics.connectionsReused == 99)
            #expect(statistics.openSockets == 1)
            #expect(statistics.idleHandles == (BothWays.throughLibcurl ? 1 : 0))
        }
    }

    @Test("methods do not leave traces on a handle that is used again")
    func methods() async throws {
        try await withClientAndServer(serving: { connection, _ in
            while true {
                let request = try await connection.readRequest()
                let text = "\(request.requestLine) \(request.body.text) \(request.field("X-A") ?? "-")"
                if request.requestLine.hasPrefix("HEAD") {
                    try await connection.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
                } else if request.requestLine.hasPrefix("DELETE") {
                    try await connection.write("HTTP/1.1 204 No Content\r\nX-Text: \(text)\r\n\r\n")
                } else {
                    try await connection.answer(text)
                }
            }
        }) { client, server in
            let body = Array("b".utf8)[...]
            let cases: [(String, ArraySlice<UInt8>?, String)] = [
                ("GET", nil, "GET / HTTP/1.1  -"), ("POST", body, "POST / HTTP/1.1 b -"), ("HEAD", nil, ""),
                ("POST", nil, "POST / HTTP/1.1  -"), ("DELETE", nil, ""), ("PUT", body, "PUT / HTTP/1.1 b -"),
                ("GET", nil, "GET / HTTP/1.1  -"), ("DELETE", nil, ""), ("POST", body, "POST / HTTP/1.1 b -"),
            ]
            for (method, body, expected) in cases {
                let request = HTTPClientRequest(method: method, url: server.url, body: body)
                let response = try await client.send(request, deadline: .soon)
                #expect(try await response.readAll(upTo: 1000, until: .soon).text == expected)
                #expect(response.status == (method == "DELETE" ? 204 : 200))
            }
            var marked = get(server.url)
            for value in ["1", "2", "", nil] {
                marked.headers = value.map { [("X-A", $0)] } ?? []
                let text = try await client.send(marked, deadline: .soon).readAll(upTo: 1000, until: .soon).text
                #expect(text == "GET / HTTP/1.1  \(value ?? "-")")
            }
            #expect(server.acceptedConnections == 1)
            #expect(await client.statistics.idleHandles == (BothWays.throughLibcurl ? 1 : 0))
        }
    }

    @Test("a method that is none is refused", arguments: ["", "GE T", "GET\r\n", "HEAD"])
    func badMethod(method: String) async throws {
        try await withClient { client in
            let body: ArraySlice<UInt8>? = method == "HEAD" ? [1] : nil
            let request = HTTPClientRequest(method: method, url: "http://127.0.0.1:1/", body: body)
            do throws(HTTPClientError) {
                _ = try await client.send(request, deadline: .soon)
                Issue.record("the request was sent")
            } catch {
                guard case .invalidRequest = error else {
                    Issue.record("\(error)")
                    return
                }
            }
        }
    }
}
