import TestSupport
import Testing

/// What calls of clients of 2026-07-28 come to at servers with a handshake.
@Suite("Outcomes for clients without sessions")
struct ModernOutcomeTests {
    private static let missingCapability = -32021

    @Test(
        "a client that declares nothing is not asked, and the tool knows", arguments: ServerTransport.allCases)
    func nothingDeclared(transport: ServerTransport) async throws {
        try await FaultCase.with(transport) { gateway in
            try await StatelessClient.with(gateway, capabilities: [:]) { client in
                let answer = try await client.send(ParkCase.asking)
                #expect(answer.isToolError)
                #expect(answer.text?.contains("does not support") == true, "\(answer.http)")
            }
        }
    }

    @Test(
        "a call that fails because the client did not declare what it was to be asked names that",
        arguments: [[:], ["roots": [:]]] as [JSONTree])
    func undeclared(capabilities: JSONTree) async throws {
        let record = try ServerRecord()
        try await ReferenceServer.withHTTP(["--ask-undeclared"] + record.options) { url, _ in
            try await GatewayFixture.with(UpstreamCase.configuration(["far": ["url": .string(url)]])) { gateway in
                try await StatelessClient.with(gateway, capabilities: capabilities) { client in
                    let cases: [(StatelessClient.Request, JSONTree)] = [
                        (.call("test_sampling", ["prompt": "?"]), ["sampling": [:]]),
                        (.call("sampling_with_tools"), ["sampling": ["tools": [:]]]),
                    ]
                    for (request, required) in cases {
                        let answer = try await client.send(request)
                        #expect(answer.http.status == 400, "\(answer.http)")
                        #expect(answer.errorCode == Self.missingCapability, "\(answer.http)")
                        #expect(answer.error?["data"]?["requiredCapabilities"] == required, "\(answer.http)")
                    }
                }
            }
        }
    }

    @Test("a call that succeeds without what it wanted to ask is a success")
    func managesWithout() async throws {
        let server = AskingServer { request, connection, server in
            try connection.beginEvents()
            try connection.event(AskingServer.form("7"))
            try server.waitForAnswers(1, to: 7)
            try connection.event(AskingServer.done(request))
            try connection.endChunks()
        }
        try await server.with(settings: ParkCase.pool) { gateway, _ in
            for capabilities: JSONTree in [[:], ["roots": [:]]] {
                server.answers.update { $0 = [] }
                try await StatelessClient.with(gateway, capabilities: capabilities) { client in
                    let answer = try await client.call("work")
                    #expect(answer.text == "done", "\(answer.http)")
                }
            }
        }
    }

    @Test("a call that wants a URL visited first is made again when that has been agreed to")
    func visit() async throws {
        let record = try ServerRecord()
        // The server does not say when the visit is over.
        try await ParkCase.with(.http, record.options, limits: ["visitTimeout": "100ms"]) { gateway, client in
            let request = StatelessClient.Request.call("url_required", ["url": "https://a.example/"])
            let asked = try await client.send(request)
            let question = try #require(asked.result?["inputRequests"]?["q1"], "\(asked.http)")
            #expect(question["method"] == "elicitation/create")
            #expect(question["params"]?["url"] == "https://a.example/")
            #expect(question["params"]?["elicitationId"] == nil)
            // It is over at the server; nothing is kept here.
            try await gateway.waitUntilIdle()
            let again = try await client.retry(asked, ["q1": ["action": "accept"]])
            #expect(again.asks, "\(again.http)")
            #expect(try record.calls(of: "url_required") == 2)
            for action: JSONTree in ["decline", "cancel"] {
                let answer = try await client.retry(asked, ["q1": ["action": action]])
                #expect(answer.isToolError, "\(answer.http)")
            }
            let bad = try await client.retry(asked, ["q1": ["action": "perhaps"]])
            #expect(bad.errorCode == -32602, "\(bad.http)")
            #expect(try record.calls(of: "url_required") == 2)
            let foreign = try await client.send(
                .call("url_required", ["url": "https://b.example/"]).answering(
                    ["q1": ["action": "accept"]], state: asked.state))
            #expect(foreign.errorCode == -32602)
            #expect(try record.calls(of: "url_required") == 2)
        }
    }

    @Test("a client that cannot be sent to URLs is told in the tool's result")
    func noVisit() async throws {
        try await ParkCase.with(.http) { gateway, _ in
            for capabilities: JSONTree in [[:], ["elicitation": ["form": [:]]]] {
                try await StatelessClient.with(gateway, capabilities: capabilities) { client in
                    let answer = try await client.call("url_required", ["url": "https://a.example/"])
                    #expect(answer.isToolError, "\(answer.http)")
                    #expect(answer.text?.contains("https://a.example/") == true, "\(answer.http)")
                }
            }
        }
    }

    @Test("large results come whole", arguments: ServerTransport.allCases, [[:], StatelessClient.askable])
    func large(transport: ServerTransport, capabilities: JSONTree) async throws {
        try await ParkCase.with(transport) { gateway, _ in
            try await StatelessClient.with(gateway, capabilities: capabilities) { client in
                let bytes = 1 << 20
                for accept in ["application/json", "text/event-stream"] {
                    let answer = try await client.send(
                        .call("large", ["bytes": .number("\(bytes)")]), accept: accept)
                    #expect(answer.text?.utf8.count == bytes)
                    #expect(answer.isComplete)
                }
            }
        }
    }

    @Test("a large result of a call that has asked comes whole, as often as it is fetched")
    func largeBehindQuestion() async throws {
        let text = String(repeating: "x", count: 1 << 20)
        let server = AskingServer { request, connection, server in
            try connection.beginEvents()
            try connection.event(AskingServer.form("7"))
            try server.waitForAnswers(1, to: 7)
            try connection.event(AskingServer.done(request, text))
            try connection.endChunks()
        }
        try await ParkCase.with(server) { gateway, client, _ in
            let asked = try await client.call("work")
            for _ in 0..<3 { #expect(try await client.retryAccepting(asked).text == text) }
        }
    }

    @Test("a large resource has the caching hints that every resource has")
    func largeResource() async throws {
        let text = String(repeating: "x", count: 1 << 20)
        let contents = #"{"contents":[{"uri":"test://large","text":"\#(text)"}]}"#
        let script = ScriptedMCP(
            tools: ["work"],
            [
                "initialize": { request, connection in
                    try connection.result(
                        #"{"protocolVersion":"2025-11-25","capabilities":{"tools":{},"resources":{}},"#
                            + #""serverInfo":{"name":"scripted","version":"1"}}"#,
                        of: request, fields: "Mcp-Session-Id: s\r\n")
                },
                "resources/list": { request, connection in
                    try connection.result(#"{"resources":[{"uri":"test://large","name":"large"}]}"#, of: request)
                },
                "resources/templates/list": { request, connection in
                    try connection.result(#"{"resourceTemplates":[]}"#, of: request)
                },
                "resources/read": { request, connection in try connection.result(contents, of: request) },
            ])
        try await UpstreamCase.with(script, settings: ParkCase.pool) { gateway, _ in
            for capabilities in [[:], StatelessClient.askable] {
                try await StatelessClient.with(gateway, capabilities: capabilities) { client in
                    let answer = try await client.send(
                        .init(method: "resources/read", params: [.init("uri", "test://large")]))
                    #expect(answer.result?["contents"]?[0]?["text"]?.string?.utf8.count == text.utf8.count)
                    #expect(answer.result?["ttlMs"] == 0)
                    #expect(answer.result?["cacheScope"] == "private")
                }
            }
        }
    }

    @Test("log messages come only to who asks for them, at the level asked for, on that request alone")
    func logging() async throws {
        try await ParkCase.with(.http) { gateway, _ in
            for capabilities in [[:], StatelessClient.askable] {
                try await StatelessClient.with(gateway, capabilities: capabilities) { client in
                    let cases: [(level: String, wanted: String?, told: Int)] = [
                        ("info", nil, 0), ("info", "debug", 2), ("info", nil, 0), ("info", "error", 0),
                        ("error", "error", 2),
                    ]
                    for (level, wanted, told) in cases {
                        let meta = wanted.map {
                            [JSONTree.Member("io.modelcontextprotocol/logLevel", .string($0))]
                        }
                        let answer = try await client.call(
                            "log", ["count": 2, "level": .string(level)], meta: meta ?? [])
                        #expect(answer.isComplete, "\(answer.http)")
                        let messages = answer.notifications.filter { $0["method"] == "notifications/message" }
                        #expect(messages.count == told, "\(level), \(wanted ?? "none")")
                    }
                }
            }
        }
    }

    @Test("progress has the token of the request it comes on, across a question, too")
    func progress() async throws {
        let server = AskingServer { request, connection, server in
            let token = request.json?["params"]?["_meta"]?["progressToken"] ?? .null
            func progress(_ number: Int) -> String {
                #"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":\#(token),"#
                    + #""progress":\#(number)}}"#
            }
            try connection.beginEvents()
            try connection.event(progress(1))
            try connection.event(AskingServer.form("7"))
            try server.waitForAnswers(1, to: 7)
            try connection.event(progress(2))
            try connection.event(AskingServer.done(request))
            try connection.endChunks()
        }
        try await ParkCase.with(server) { gateway, client, _ in
            var request = StatelessClient.Request.call("work", meta: [.init("progressToken", "first")])
            let asked = try await client.send(request)
            request.meta = [.init("progressToken", 2)]
            let done = try await client.send(
                request.answering(StatelessClient.accepting(asked), state: asked.state))
            #expect(done.text == "done")
            #expect(asked.notifications.map { $0["params"]?["progressToken"] } == ["first"])
            #expect(done.notifications.map { $0["params"]?["progressToken"] } == [2])
            #expect(done.notifications.map { $0["params"]?["progress"] } == [2])
        }
    }
}
