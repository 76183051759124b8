import TestSupport
import Testing

@Suite(
    "requests that are wrong", .serialized,
    .gateway {
        [
            "mcpServers": ["only": try ReferenceServer.stdio()],
            "limits": ["maxBodyBytes": "64KiB", "maxHeaderBytes": "8KiB"],
        ]
    })
struct BadInputTests {
    @Test(
        "what is not JSON, or not UTF-8, is a parse error",
        arguments: [
            "", " ", "{", "}", "nul", "{\"jsonrpc\":\"2.0\",", #"{"jsonrpc":"2.0","id":1,"method":"ping"}x"#,
            #"{"jsonrpc":"2.0","id":01,"method":"ping"}"#, #"{'jsonrpc':'2.0'}"#, #"{"jsonrpc":"2.0","id":1,}"#,
            #"{"a":"\ud800x\q"}"#, "{\"a\":\"\u{1}\"}", "[1", "\u{FEFF}{}x",
        ])
    func notJSON(body: String) async throws {
        let gateway = try GatewayFixture.shared()
        for revision in HandshakeTests.revisions {
            try await SessionClient.with(gateway, revision: revision) { client in
                _ = try await gateway.post(body, in: client)
                    .rpcError(status: 400, code: -32700, id: client.unreadableID)
            }
        }
        _ = try await gateway.post(body).rpcError(status: 400, code: -32700)
    }

    @Test("bytes that are not UTF-8 are a parse error")
    func notUTF8() async throws {
        let gateway = try GatewayFixture.shared()
        try await SessionClient.with(gateway) { client in
            for bytes: [UInt8] in [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80], [0x80]] {
                let body = Array(#"{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":""#.utf8) + bytes
                let connection = try await gateway.connect()
                let http = try await connection.request(
                    "POST", "/mcp", headers: client.headers, body: body + Array("\"}}".utf8))
                _ = try http.rpcError(status: 400, code: -32700, id: client.unreadableID)
                connection.close()
            }
        }
    }

    static let wrongShapes: [(String, JSONTree)] = [
        ("7", .null), ("null", .null), (#""text""#, .null), ("true", .null), ("{}", .null),
        (#"{"jsonrpc":"2.0"}"#, .null), (#"{"jsonrpc":"2.0","id":7}"#, 7),
        (#"{"id":7,"method":"ping"}"#, 7), (#"{"jsonrpc":"1.0","id":7,"method":"ping"}"#, 7),
        (#"{"jsonrpc":2.0,"id":7,"method":"ping"}"#, 7), (#"{"jsonrpc":null,"id":7,"method":"ping"}"#, 7),
        (#"{"jsonrpc":"2.0","id":7,"method":8}"#, 7), (#"{"jsonrpc":"2.0","id":7,"method":null}"#, 7),
        (#"{"jsonrpc":"2.0","id":7,"method":"ping","params":"x"}"#, 7),
        (#"{"jsonrpc":"2.0","id":7,"method":"ping","params":1}"#, 7),
        (#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, .null),
        (#"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#, .null),
        (#"{"jsonrpc":"2.0","id":1e2,"method":"ping"}"#, .null),
        (#"{"jsonrpc":"2.0","id":{},"method":"ping"}"#, .null),
        (#"{"jsonrpc":"2.0","id":[1],"method":"ping"}"#, .null),
        (#"{"jsonrpc":"2.0","id":true,"method":"ping"}"#, .null),
        (#"{"jsonrpc":"2.0","id":"x","method":"ping","result":{}}"#, "x"),
        (#"{"jsonrpc":"2.0","id":"x","result":{},"error":{"code":1,"message":""}}"#, "x"),
        (#"{"jsonrpc":"2.0","id":"x","error":"broken"}"#, "x"),
        (#"{"jsonrpc":"2.0","result":{}}"#, .null),
        (#"{"jsonrpc":"2.0","id":7,"method":"ping","method":"tools/list"}"#, 7),
        (#"{"jsonrpc":"2.0","id":7,"id":8,"method":"ping"}"#, .null),
        (#"{"jsonrpc":"2.0","id":7,"method":"ping","params":{},"\u0070arams":{}}"#, 7),
        (#"{"jsonrpc":"2.0","jsonrpc":"2.0","id":7,"method":"ping"}"#, 7),
    ]

    @Test("JSON that is no JSON-RPC message is refused, under its id where that can be read", arguments: wrongShapes)
    func notJSONRPC(body: String, id: JSONTree) async throws {
        let gateway = try GatewayFixture.shared()
        try await SessionClient.with(gateway) { client in
            _ = try await gateway.post(body, in: client)
                .rpcError(status: 400, code: -32600, id: id == .null ? client.unreadableID : id)
            #expect(try await client.request("ping").result == [:], "the session goes on")
        }
    }

    @Test(
        "params of a call that are wrong are refused before any server is asked",
        arguments: [
            "null", "[]", "{}", #"{"name":7}"#, #"{"name":null}"#, #"{"name":["echo"]}"#,
            #"{"name":"echo","arguments":7}"#, #"{"name":"echo","arguments":null}"#, #"{"name":"echo","arguments":[]}"#,
            #"{"name":"echo","arguments":"{}"}"#, #"{"name":"echo","_meta":7}"#, #"{"name":"echo","_meta":[]}"#,
            #"{"name":"echo","name":"fail"}"#, #"{"name":"echo","n\u0061me":"fail"}"#,
            #"{"name":"echo","arguments":{},"arguments":{}}"#, #"{"name":"echo","_meta":{},"_meta":{}}"#,
        ])
    func badCallParams(params: String) async throws {
        let gateway = try GatewayFixture.shared()
        try await SessionClient.with(gateway) { client in
            func calls() async throws -> Int? {
                try JSONTree(parsing: try await gateway.text(calling: "statistics"))["tools/call"]?.int
            }
            let before = try #require(try await calls())
            let http = try await gateway.post(
                #"{"jsonrpc":"2.0","id":3,"method":"tools/call","params":\#(params)}"#, in: client)
            _ = try http.rpcError(status: 200, code: -32602, id: 3)
            #expect(try await calls() == before + 1, "the look itself only")
        }
    }

    @Test("nesting beyond the limit is refused, up to it is not; the limit is named")
    func nesting() async throws {
        let gateway = try GatewayFixture.shared()
        try await SessionClient.with(gateway) { client in
            func body(depth: Int) -> String {
                // The message, its params and the member are three levels.
                let deep = String(repeating: "[", count: depth - 2) + String(repeating: "]", count: depth - 2)
                return #"{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":\#(deep)}}"#
            }
            #expect(try await gateway.post(body(depth: 128), in: client).status == 200)
            let error = try await gateway.post(body(depth: 129), in: client).rpcError(
                status: 400, code: -32600, id: client.unreadableID)
            #expect(error["message"]?.string?.contains("128") == true)
            _ = try await gateway.post(body(depth: 20_000), in: client).rpcError(
                status: 400, code: -32600, id: client.unreadableID)
            _ = try await gateway.post(String(repeating: "[", count: 60_000), in: client)
                .rpcError(status: 400, code: -32600, id: client.unreadableID)
            _ = try await gateway.post(String(repeating: #"{"a":"#, count: 10_000), in: client)
                .rpcError(status: 400, code: -32600, id: client.unreadableID)
        }
    }

    @Test("a body beyond the limit is refused with 413 before it is read, however it is framed")
    func hugeBody() async throws {
        let gateway = try GatewayFixture.shared()
        try await SessionClient.with(gateway) { client in
            for target in ["/mcp", "/v1/tools/echo"] {
                let announced = try await gateway.connect()
                try await announced.sendRequest(
                    "POST", target, headers: client.headers + [("Content-Length", "1000000000000")])
                #expect(try await announced.readAnswer().problem(status: 413).contains("65536"))
                announced.close()

                let chunked = try await gateway.connect()
                try await chunked.sendRequest(
                    "POST", target, headers: client.headers + [("Transfer-Encoding", "chunked")])
                for _ in 0..<5 {
                    try await chunked.send("4000\r\n" + String(repeating: " ", count: 0x4000) + "\r\n")
                }
                try await chunked.readAnswer().problem(status: 413)
                chunked.close()

                let polite = try await gateway.connect()
                try await polite.sendRequest(
                    "POST", target,
                    headers: client.headers + [("Content-Length", "100000"), ("Expect", "100-continue")])
                #expect(try await polite.readHead().status == 413, "not invited to send it")
                polite.close()
            }
            let filler = String(repeating: " ", count: (64 << 10) - 40)
            #expect(
                try await gateway.post(#"{"jsonrpc":"2.0","id":1,"method":"ping"}"# + filler, in: client).status == 200)
            _ = try await gateway.post(#"{"jsonrpc":"2.0","id":1,"method":"ping"}"# + filler + " ", in: client)
                .problem(status: 413)
        }
    }

    @Test(
        "what is not HTTP/1.1 is refused and the connection closed",
        arguments: [
            ("GARBAGE\r\n\r\n", 400), ("GET /mcp\r\n\r\n", 400), ("GET /mcp HTTP/3.0\r\nHost: localhost\r\n\r\n", 505),
            ("GET /mcp HTTP/1.1\r\n\r\n", 400),
            ("GET /mcp HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n", 400),
            ("GET /mcp HTTP/1.1\r\nHost: localhost\r\nBad Name: x\r\n\r\n", 400),
            ("POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n", 400),
            ("POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello", 400),
            (
                "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                400
            ),
            ("POST /mcp HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
            ("GET /mcp HTTP/1.1\r\nHost: localhost\r\nX: \(String(repeating: "x", count: 9000))\r\n\r\n", 431),
            ("\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\u{0}\u{1}\u{FC}\u{3}\u{3}\r\n\r\n", 400),
        ])
    func notHTTP(text: String, status: Int) async throws {
        let connection = try await GatewayFixture.shared().connect()
        try await connection.send(text)
        let answer = try await connection.readAnswer()
        #expect(answer.status == status, "\(answer)")
        #expect(answer[header: "Connection"]?.lowercased() == "close")
        #expect(try await connection.readToEnd() == [])
    }

    @Test(
        "unknown paths are 404, unknown methods 405 with what is allowed",
        arguments: [
            "/", "/mcp/", "/mcp/x/y", "/v1", "/v1/", "/v1/tool", "/v1/servers/x/y", "/v1/tools/a/b", "/MCP",
            "/../etc/passwd", "/%6dcp/x", "*",
        ])
    func unknownPaths(target: String) async throws {
        let gateway = try GatewayFixture.shared()
        for method in ["GET", "POST", "DELETE"] {
            let answer = try await gateway.request(method, target, body: method == "POST" ? "{}" : nil)
            #expect([400, 404].contains(answer.status), "\(method) \(target): \(answer)")
        }
    }

    @Test(
        "methods that a path does not have are 405, with those that it has",
        arguments: [
            ("/mcp", ["PUT", "PATCH", "OPTIONS", "HEAD", "FOO"], "GET, POST, DELETE"),
            ("/healthz", ["POST", "DELETE", "PUT"], "GET, HEAD"), ("/readyz", ["POST"], "GET, HEAD"),
            ("/v1/servers", ["POST", "DELETE"], "GET, HEAD"), ("/v1/servers/only", ["PUT"], "GET, HEAD"),
            ("/v1/tools", ["POST"], "GET, HEAD"), ("/v1/tools/echo", ["PUT", "DELETE"], "GET, HEAD, POST"),
        ])
    func wrongMethods(target: String, methods: [String], allowed: String) async throws {
        for method in methods {
            let connection = try await GatewayFixture.shared().connect()
            let answer = try await connection.request(method, target)
            #expect(answer.status == 405)
            #expect(answer[header: "Allow"] == allowed)
            connection.close()
        }
    }

    @Test("requests that come in one piece are answered in order, also behind wrong ones")
    func pipelining() async throws {
        let gateway = try GatewayFixture.shared()
        try await SessionClient.with(gateway) { client in
            let head = client.headers.map { "\($0): \($1)\r\n" }.joined()
            func request(_ body: String) -> String {
                "POST /mcp HTTP/1.1\r\nHost: localhost\r\n\(head)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
            }
            let connection = try await gateway.connect()
            var text = ""
            for id in 0..<50 {
                text += request(#"{"jsonrpc":"2.0","id":\#(id),"method":"ping"}"#)
                text += request(
                    #"{"jsonrpc":"2.0","id":"\#(id)","method":"tools/call","params":{"name":"echo","arguments":{"message":"m\#(id)"}}}"#
                )
                text += request("{")
                text += "GET /nowhere HTTP/1.1\r\nHost: localhost\r\n\r\n"
            }
            async let sent: Void = connection.send(text)
            for id in 0..<50 {
                #expect(try await connection.readAnswer().json()["id"]?.int == id)
                let echo = try await connection.readAnswer().json()
                #expect(echo["result"]?["content"]?[0]?["text"]?.string == "m\(id)")
                #expect(try await connection.readAnswer().status == 400)
                #expect(try await connection.readAnswer().status == 404)
            }
            try await sent
            connection.close()
        }
    }

    @Test("a request that drips in byte by byte is answered like any other")
    func slowDrip() async throws {
        let gateway = try GatewayFixture.shared()
        try await SessionClient.with(gateway) { client in
            let body = #"{"jsonrpc":"2.0","id":1,"method":"ping"}"#
            let head = client.headers.map { "\($0): \($1)\r\n" }.joined()
            let connection = try await gateway.connect()
            for byte
                in "POST /mcp HTTP/1.1\r\nHost: localhost\r\n\(head)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
                .utf8
            {
                try await connection.send([byte])
            }
            #expect(try await connection.readAnswer().json()["result"] == [:])
            connection.close()
        }
    }

    @Test("a request that ends in the middle leaves nothing behind")
    func truncated() async throws {
        let gateway = try GatewayFixture.shared()
        try await SessionClient.with(gateway) { client in
            let body = #"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"hang"}}"#
            let head = client.headers.map { "\($0): \($1)\r\n" }.joined()
            let text = Array(
                "POST /mcp HTTP/1.1\r\nHost: localhost\r\n\(head)Content-Length: \(body.utf8.count)\r\n\r\n\(body)".utf8
            )
            for cut in stride(from: 1, to: text.count, by: 7) {
                let connection = try await gateway.connect()
                try await connection.send(Array(text[..<cut]))
                if cut % 2 == 0 { connection.reset() } else { connection.close() }
            }
            #expect(try await gateway.text(calling: "inflight") == "0")
            #expect(try await client.request("ping").result == [:])
        }
    }
}

@Suite("clients that misbehave")
struct MisbehavingClientsTests {
    @Test("silence in the middle of a head or a body is cut off at its limit")
    func silence() async throws {
        let configuration: JSONTree = [
            "mcpServers": ["only": try ReferenceServer.stdio()],
            "limits": ["headerTimeout": "300ms", "bodyTimeout": "300ms", "idleTimeout": "3s"],
        ]
        try await GatewayFixture.with(configuration) { gateway in
            try await SessionClient.with(gateway) { client in
                let head = try await gateway.connect()
                try await head.send("POST /mcp HTTP/1.1\r\nHost: local")
                #expect(try await head.readAnswer().status == 408)
                #expect(try await head.readToEnd() == [])

                let body = try await gateway.connect()
                try await body.sendRequest("POST", "/mcp", headers: client.headers + [("Content-Length", "100")])
                try await body.send("{")
                #expect(try await body.readAnswer().status == 408)
                #expect(try await body.readToEnd() == [])

                let idle = try await gateway.connect()
                #expect(try await idle.readToEnd() == [])
            }
        }
    }

    @Test("100 clients that misbehave do not keep a good one from being served")
    func hundred() async throws {
        try await GatewayFixture.with(["mcpServers": ["only": try ReferenceServer.stdio()]]) { gateway in
            let idle = try gateway.descriptorCount()
            try await SessionClient.with(gateway) { client in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 0..<100 {
                        group.addTask { try await misbehave(number, gateway, client) }
                    }
                    for number in 0..<50 {
                        let answer = try await client.call("echo", ["message": .string("good \(number)")])
                        #expect(answer.text == "good \(number)")
                    }
                    try await group.waitForAll()
                }
                #expect(try await client.request("ping").result == [:])
            }
            try await gateway.waitUntilIdle()
            try await gateway.waitForDescriptors(atMost: idle)
        }
    }

    private func misbehave(_ number: Int, _ gateway: GatewayFixture, _ client: SessionClient) async throws {
        let connection = try await gateway.connect()
        let hang =
            #"{"jsonrpc":"2.0","id":"bad \#(number)","method":"tools/call","params":{"name":"delay","arguments":{"ms":200}}}"#
        switch number % 10 {
        case 0:  // Half a head.
            try await connection.send("POST /mcp HTTP/1.1\r\nHost")
        case 1:  // Half a body.
            try await connection.sendRequest("POST", "/mcp", headers: client.headers + [("Content-Length", "1000")])
            try await connection.send("{\"jsonrpc\":")
        case 2:
            try await connection.send([UInt8](repeating: 0xFF, count: 5000) + Array("\r\n\r\n".utf8))
            _ = try? await connection.readToEnd()
        case 3:  // Gone in mid-call.
            try await connection.sendRequest("POST", "/mcp", headers: client.headers, body: Array(hang.utf8))
            connection.reset()
        case 4:  // A large answer that nobody reads.
            let large = SessionClient.request(
                "tools/call", ["name": "large", "arguments": ["bytes": 3_000_000]], id: .string("large \(number)"))
            try await connection.sendRequest("POST", "/mcp", headers: client.headers, body: large.bytes)
            _ = try await connection.readHead()
            connection.reset()
        case 5:  // A stream nobody reads.
            try await connection.sendRequest("GET", "/mcp", headers: client.headers)
            _ = try await connection.readHead()
        case 6:
            let answer = try await connection.request(
                "POST", "/mcp", headers: client.headers, body: [UInt8](repeating: 0x5B, count: 200_000))
            #expect(answer.status == 400)
        case 7:
            try await connection.sendRequest(
                "POST", "/mcp", headers: client.headers + [("Transfer-Encoding", "chunked")])
            try await connection.send("zz\r\n")
            #expect(try await connection.readAnswer().status == 400)
        case 8:
            let answer = try await connection.request(
                "POST", "/v1/tools/echo", headers: [("Origin", "http://evil.example")], body: Array("{}".utf8))
            #expect(answer.status == 403)
        default:  // Says nothing.
            break
        }
        connection.close()
    }
}
