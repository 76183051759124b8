import TestSupport
import Testing

@Suite(
    "answers and what comes before them", .serialized,
    .gateway { ["mcpServers": ["only": try ReferenceServer.stdio()]] })
struct AnswerTests {
    @Test("an answer with nothing before it is JSON, one with progress before it a stream, in order")
    func forms() async throws {
        try await SessionClient.with(try .shared()) { client in
            let plain = try await client.call("echo", ["message": "hello"])
            #expect(!plain.isEventStream)
            #expect(plain.text == "hello")
            for token in ["token", 7, "", 0, "123"] as [JSONTree] {
                let answer = try await client.call("progress", ["steps": 20], meta: ["progressToken": token])
                #expect(answer.isEventStream)
                #expect(answer.http[header: "Cache-Control"]?.contains("no-cache") == true)
                #expect(answer.text == "20 steps done")
                #expect(answer.notifications.compactMap { $0["params"]?["progress"]?.int } == Array(1...20))
                #expect(answer.notifications.allSatisfy { $0["method"] == "notifications/progress" })
                #expect(answer.notifications.allSatisfy { $0["params"]?["progressToken"] == token }, "as it was sent")
                #expect(answer.notifications.last?["params"]?["message"] == "step 20 of 20")
            }
            let quiet = try await client.call("progress", ["steps": 20])
            #expect(quiet.notifications == [], "a client that gives no token wants no progress")
            #expect(!quiet.isEventStream)
        }
    }

    @Test("progress arrives while the call runs, not with its answer")
    func progressAtOnce() async throws {
        let gateway = try GatewayFixture.shared()
        try await SessionClient.with(gateway) { client in
            let id = client.makeID()
            let call = try await client.begin(
                "tools/call",
                [
                    "name": "progress", "arguments": ["steps": 1000, "delayMs": 50],
                    "_meta": ["progressToken": "p"],
                ], id: id)
            #expect(try await call.readHead().status == 200)
            for step in 1...3 {
                let event = try await call.readEvent()
                #expect(try event?.json()["params"]?["progress"]?.int == step)
            }
            #expect(try await gateway.text(calling: "inflight") == "1")
            try await client.cancel(id)
            while let event = try await call.readEvent() {
                #expect(try event.json()["method"] != nil, "no answer after the cancellation")
            }
            call.close()
        }
    }

    @Test(
        "an answer has a form that the client accepts",
        arguments: [
            ("application/json", false), ("text/event-stream", true), ("application/*", false), ("*/*", false),
            ("text/event-stream, application/json;q=0", true), ("application/json, text/event-stream;q=0", false),
        ])
    func accept(accept: String, isEventStream: Bool) async throws {
        let gateway = try GatewayFixture.shared()
        let initialize = #"""
            {"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25",
            "capabilities":{},"clientInfo":{"name":"a","version":"1"}}}
            """#
        let opened = try await gateway.post(initialize, changing: ["Accept": accept])
        #expect(opened.status == 200)
        #expect((opened[header: "Content-Type"] == "text/event-stream") == isEventStream, "\(opened)")
        let response = isEventStream ? try #require(opened.events().last).json() : try opened.json()
        #expect(response["result"]?["protocolVersion"] == "2025-11-25")
        let session = try #require(opened[header: "Mcp-Session-Id"])
        #expect(try await gateway.send("DELETE", changing: ["Mcp-Session-Id": session]).status == 204)

        try await SessionClient.with(gateway) { client in
            for (method, params) in [
                ("ping", nil), ("tools/list", nil), ("tools/call", ["name": "echo", "arguments": ["message": "x"]]),
                ("tools/call", ["name": "unknown"]), ("no/such/method", nil),
            ] as [(String, JSONTree?)] {
                let message = SessionClient.request(method, params, id: client.makeID()).description
                let http = try await gateway.post(message, in: client, changing: ["Accept": accept])
                #expect(http.status == 200)
                #expect((http[header: "Content-Type"] == "text/event-stream") == isEventStream, "\(method): \(http)")
                let response = isEventStream ? try #require(http.events().last).json() : try http.json()
                #expect(response["result"] != nil || response["error"] != nil)
            }
            // Progress has no place in a JSON answer, and is left out.
            let params: JSONTree = ["name": "progress", "_meta": ["progressToken": 1]]
            let http = try await gateway.post(
                SessionClient.request("tools/call", params, id: client.makeID()).description, in: client,
                changing: ["Accept": accept])
            if accept.contains("q=0"), isEventStream || accept.hasPrefix("text") {
                #expect(http.events().count == 4)
            }
            #expect(http.text.contains("3 steps done"))
        }
    }

    @Test("without Accept any form will do; with one that allows neither there is no answer")
    func acceptMissingOrUseless() async throws {
        let gateway = try GatewayFixture.shared()
        let ping = #"{"jsonrpc":"2.0","id":5,"method":"ping"}"#
        try await SessionClient.with(gateway) { client in
            let without = try await gateway.post(ping, in: client, changing: ["Accept": nil])
            #expect(try without.json()["result"] == [:])
            for useless in ["text/html", "application/xml, image/*", "application/json;q=0, text/event-stream;q=0"] {
                try await gateway.post(ping, in: client, changing: ["Accept": useless]).problem(status: 406)
            }
            try await gateway.send("GET", in: client, changing: ["Accept": "application/json"]).problem(status: 406)
            for type in ["application/json; charset=utf-8", "APPLICATION/JSON", " application/json"] {
                #expect(try await gateway.post(ping, in: client, changing: ["Content-Type": type]).status == 200)
            }
            for type in ["text/plain", "application/jsonp", "application/json-rpc", "", nil] as [String?] {
                try await gateway.post(ping, in: client, changing: ["Content-Type": type]).problem(status: 415)
            }
        }
    }

    @Test("log messages reach the caller's stream, in order, down to the level the client set")
    func logs() async throws {
        try await SessionClient.with(try .shared()) { client in
            let all = try await client.call("log", ["count": 5, "level": "debug"])
            let texts = all.notifications.compactMap { $0["params"]?["data"]?.string }
            #expect(texts == (1...5).map { "message \($0) of 5" })
            #expect(all.text == "5 messages logged")

            let levels = ["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"]
            for (lowest, level) in levels.enumerated() {
                #expect(try await client.request("logging/setLevel", ["level": .string(level)]).result == [:])
                for (rank, sent) in levels.enumerated() {
                    let answer = try await client.call("log", ["level": .string(sent)])
                    #expect(answer.notifications.count == (rank >= lowest ? 1 : 0), "\(sent) at \(level)")
                }
            }
            for params in [["level": "loud"], ["level": 3], [:]] as [JSONTree] {
                let http = try await client.gateway.post(
                    SessionClient.request("logging/setLevel", params, id: 900).description, in: client)
                _ = try http.rpcError(status: 200, code: -32602, id: 900)
            }
        }
    }

    @Test("the level one client sets is not another's")
    func levelsOfTwo() async throws {
        let gateway = try GatewayFixture.shared()
        try await SessionClient.with(gateway) { quiet in
            try await SessionClient.with(gateway) { curious in
                _ = try await quiet.request("logging/setLevel", ["level": "emergency"])
                #expect(try await curious.call("log", ["level": "debug"]).notifications.count == 1)
                #expect(try await quiet.call("log", ["level": "debug"]).notifications.count == 0)
            }
        }
    }

    @Test("a call that its client cancels is cancelled at the server and gets no answer", arguments: ["hang", "delay"])
    func cancellation(tool: String) async throws {
        let gateway = try GatewayFixture.shared()
        try await SessionClient.with(gateway) { client in
            for id in ["string-id", 77] as [JSONTree] {
                let before = try JSONTree(parsing: try await gateway.text(calling: "received_cancellations"))
                let call = try await client.begin(
                    "tools/call",
                    ["name": .string(tool), "arguments": tool == "delay" ? ["ms": 600_000] : [:]], id: id)
                try await gateway.wait(for: "call in flight") {
                    try await gateway.text(calling: "inflight") == "1" ? () : nil
                }
                try await client.cancel("another id")
                try await client.cancel(id)
                #expect(try await client.read(try await call.readAnswer()).response == nil)
                call.close()
                try await gateway.wait(for: "the server to end the call") {
                    try await gateway.text(calling: "inflight") == "0" ? () : nil
                }
                let after = try JSONTree(parsing: try await gateway.text(calling: "received_cancellations"))
                #expect(after.elements?.count == (before.elements?.count ?? 0) + 1, "told once")
                try await gateway.waitUntilIdle()
                // The id is free again, and a late cancellation of it does nothing.
                try await client.cancel(id)
            }
            #expect(try await client.call("echo", ["message": "still here"]).text == "still here")
        }
    }

    @Test("one client cannot cancel the call of another that has the same id")
    func cancellationOfOthers() async throws {
        let gateway = try GatewayFixture.shared()
        try await SessionClient.with(gateway) { owner in
            try await SessionClient.with(gateway) { stranger in
                let call = try await owner.begin(
                    "tools/call",
                    ["name": "progress", "arguments": ["steps": 5, "delayMs": 100], "_meta": ["progressToken": 1]],
                    id: 41)
                #expect(try await call.readHead().status == 200)
                #expect(try await call.readEvent() != nil)
                try await stranger.cancel(41)
                var last: JSONTree?
                while let event = try await call.readEvent() { last = try event.json() }
                #expect(last?["result"]?["content"]?[0]?["text"] == "5 steps done")
                call.close()
            }
        }
    }

    @Test("two calls under one id at a time: the second is refused, the first goes on")
    func idInFlight() async throws {
        let gateway = try GatewayFixture.shared()
        try await SessionClient.with(gateway) { client in
            let call = try await client.begin("tools/call", ["name": "hang"], id: "twice")
            try await gateway.wait(for: "call in flight") {
                try await gateway.text(calling: "inflight") == "1" ? () : nil
            }
            let again = SessionClient.request("tools/call", ["name": "hang"], id: "twice").description
            _ = try await gateway.post(again, in: client).rpcError(status: 400, code: -32600, id: "twice")
            #expect(try await gateway.text(calling: "inflight") == "1")
            try await client.cancel("twice")
            #expect(try await client.read(try await call.readAnswer()).response == nil)
            call.close()
        }
    }

    @Test("200 calls at a time on one session each get their own answer")
    func concurrency() async throws {
        try await SessionClient.with(try .shared()) { client in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<200 {
                    group.addTask {
                        let answer = try await client.call("echo", ["message": .string("message \(number)")])
                        #expect(answer.text == "message \(number)")
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test("a tool's own errors arrive as they are")
    func errors() async throws {
        try await SessionClient.with(try .shared()) { client in
            let failed = try await client.call("fail", ["message": "no luck"])
            #expect(failed.isToolError)
            #expect(failed.text == "no luck")
            let refused = try await client.call("protocol_error", ["code": -32099, "message": "own code"])
            #expect(refused.errorCode == -32099)
            #expect(refused.error?["message"] == "own code")
            let unknown = #"{"jsonrpc":"2.0","id":"u","method":"no/such/method"}"#
            let error = try await client.gateway.post(unknown, in: client).rpcError(status: 200, code: -32601, id: "u")
            #expect(error["message"]?.string?.contains("no/such/method") == true)
        }
    }
}

@Suite("calls of a server that is reached over HTTP")
struct HTTPServerCallTests {
    private func withGateway(
        _ options: [String] = [], body: (GatewayFixture, SessionClient) async throws -> Void
    ) async throws {
        try await ReferenceServer.withHTTP(options) { url, _ in
            try await GatewayFixture.with(["mcpServers": ["only": ["url": .string(url)]]]) { gateway in
                try await SessionClient.with(gateway) { try await body(gateway, $0) }
            }
        }
    }

    @Test("progress and logs arrive in order before the answer", arguments: [[], ["--sse"], ["--no-session"]])
    func notifications(options: [String]) async throws {
        try await withGateway(options) { _, client in
            let steps = try await client.call("progress", ["steps": 50], meta: ["progressToken": "t"])
            #expect(steps.notifications.compactMap { $0["params"]?["progress"]?.int } == Array(1...50))
            #expect(steps.notifications.allSatisfy { $0["params"]?["progressToken"] == "t" })
            #expect(steps.text == "50 steps done")
            let logs = try await client.call("log", ["count": 50])
            let texts = logs.notifications.compactMap { $0["params"]?["data"]?.string }
            #expect(texts == (1...50).map { "message \($0) of 50" })
            #expect(logs.text == "50 messages logged")
        }
    }

    @Test("concurrent calls each get their own notifications")
    func concurrency() async throws {
        try await withGateway { _, client in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 1...20 {
                    group.addTask {
                        let token = JSONTree.number(String(number))
                        let answer = try await client.call(
                            "progress", ["steps": token, "delayMs": 2], meta: ["progressToken": token])
                        #expect(answer.text == "\(number) steps done")
                        #expect(answer.notifications.compactMap { $0["params"]?["progress"]?.int } == Array(1...number))
                        #expect(answer.notifications.allSatisfy { $0["params"]?["progressToken"] == token })
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test("a cancelled call is cancelled at the server", arguments: ["hang", "progress"])
    func cancellation(tool: String) async throws {
        try await withGateway { gateway, client in
            let call = try await client.begin(
                "tools/call",
                [
                    "name": .string(tool), "arguments": tool == "hang" ? [:] : ["steps": 1_000_000, "delayMs": 5],
                    "_meta": ["progressToken": 1],
                ], id: "c")
            if tool == "progress" {
                _ = try await call.readHead()
                #expect(try await call.readEvent() != nil)
            }
            try await gateway.wait(for: "call in flight") {
                try await gateway.text(calling: "inflight") == "1" ? () : nil
            }
            try await client.cancel("c")
            if tool == "progress" {
                while let event = try await call.readEvent() { #expect(try event.json()["method"] != nil) }
            } else {
                #expect(try await client.read(try await call.readAnswer()).response == nil)
            }
            call.close()
            try await gateway.wait(for: "end of the call at the server") {
                try await gateway.text(calling: "inflight") == "0" ? () : nil
            }
            let seen = try JSONTree(parsing: try await gateway.text(calling: "received_cancellations"))
            #expect(seen.elements?.count == 1)
            try await gateway.waitUntilIdle()
        }
    }

    @Test("what the client sends does not leak into the request to the server")
    func headers() async throws {
        try await withGateway { gateway, client in
            let message = SessionClient.request("tools/call", ["name": "request_info"], id: 1).description
            let http = try await gateway.post(
                message, in: client,
                changing: ["Authorization": "Bearer clients-own", "Cookie": "a=b", "X-Forwarded-For": "1.2.3.4"])
            let text = try #require(try http.json()["result"]?["content"]?[0]?["text"]?.string)
            #expect(!text.contains("clients-own"))
            #expect(!text.contains("a=b"))
            #expect(!text.contains(client.sessionID), "sessions are between two neighbours")
            #expect(!text.contains("1.2.3.4"))
        }
    }
}
