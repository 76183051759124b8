import AsyncIO
import MCPClient
import MCPProtocol
import TestSupport
import Testing

/// MCP 2026-07-28, Base Protocol, "`_meta`", and Transports, "Streamable HTTP".
@Suite("Requests to servers without sessions")
struct ModernRequestTests {
    @Test("every request says who asks, in its params and in its headers")
    func envelope() async throws {
        try await Bench.run { bench in
            try await bench.withModern(ScriptedModern()) { connection, server in
                #expect(try await connection.ask("tools/list", on: bench).contains("work"))
                _ = try await connection.ask("logging/setLevel", #"{"level":"warning"}"#, on: bench)
                _ = try await connection.beginCall(on: bench).answer()
                var context = RequestContext()
                context.clientInfo = RawJSON(unchecked: Array(#"{"name":"eve","version":"7"}"#.utf8)[...])
                context.capabilities = RawJSON(unchecked: Array(#"{"sampling":{}}"#.utf8)[...])
                context.logLevel = "debug"
                _ = try await bench.call(connection, context: context) { _ in throw NoFailure() }

                let list = try #require(server.requests(for: "tools/list").first)
                let meta = try #require(list.params?["_meta"])
                #expect(meta["io.modelcontextprotocol/protocolVersion"]?.string == "2026-07-28")
                #expect(meta["io.modelcontextprotocol/clientInfo"]?["name"]?.string == "bench")
                #expect(meta["io.modelcontextprotocol/clientCapabilities"]?.description == "{}")
                #expect(meta["io.modelcontextprotocol/logLevel"] == nil)
                #expect(list[field: "Mcp-Name"] == nil && list[field: "Mcp-Session-Id"] == nil)

                let calls = server.requests(for: "tools/call").compactMap { $0.params?["_meta"] }
                #expect(calls.map { $0["io.modelcontextprotocol/logLevel"]?.string } == ["warning", "debug"])
                #expect(calls.last?["io.modelcontextprotocol/clientInfo"]?["name"]?.string == "eve")
                #expect(calls.last?["io.modelcontextprotocol/clientCapabilities"]?.description == #"{"sampling":{}}"#)
                for request in server.requests.value {
                    #expect(request.method == "POST")
                    #expect(request[field: "MCP-Protocol-Version"] == "2026-07-28")
                    #expect(request[field: "Mcp-Method"] == request.call)
                }
                #expect(server.requests(for: "tools/call").last?[field: "Mcp-Name"] == "work")
                #expect(server.requests(for: "logging/setLevel").isEmpty)
            }
        }
    }

    @Test("a connection's affinity stands in whatever it sends, retries and subscriptions included")
    func affinity() async throws {
        try await Bench.run { bench in
            var script = ScriptedModern(capabilities: #"{"tools":{"listChanged":true}}"#)
            script.handlers["tools/call"] = { request, connection in
                let isRetry = request.params?["inputResponses"] != nil
                let asking = ScriptedModern.asking(#"{"q1":\#(ScriptedModern.form)}"#)
                try connection.result(isRetry ? ScriptedModern.text("done") : asking, of: request)
            }
            let options: @Sendable (inout ConnectionOptions) -> Void = { options in
                options.affinity = "run \"1\""
                options.capabilities = Bench.askable
            }
            try await bench.withModern(script, options: options) { connection, server in
                _ = try await connection.ask("tools/list", on: bench)
                #expect(try await bench.call(connection) { _ in Bench.accepted() }.answer.contains("done"))
                try await server.requests.wait(for: "subscription") { requests in
                    requests.contains { $0.call == "subscriptions/listen" } ? () : nil
                }
                #expect(server.requests(for: "tools/call").count == 2)
                for request in server.requests.value {
                    #expect(
                        request.params?["_meta"]?["mcp-gateway/affinity"]?.string == "run \"1\"", "\(request)")
                }
            }
            try await bench.withModern(ScriptedModern()) { connection, server in
                _ = try await connection.ask("tools/list", on: bench)
                for request in server.requests.value {
                    #expect(request.params?["_meta"]?["mcp-gateway/affinity"] == nil, "\(request)")
                }
            }
        }
    }

    @Test("a notification says in its headers what it is, too")
    func notification() async throws {
        try await Bench.run { bench in
            let script = ScriptedModern(handlers: [
                "notifications/custom": { _, connection in try connection.answer(202, type: nil) }
            ])
            try await bench.withModern(script) { connection, server in
                try await connection.notify(method: "notifications/custom", params: Array(#"{"a":1}"#.utf8))
                let sent = try #require(server.requests(for: "notifications/custom").first)
                #expect(sent[field: "Mcp-Method"] == "notifications/custom")
                #expect(sent[field: "MCP-Protocol-Version"] == "2026-07-28")
                #expect(sent.params?["a"] == 1)
            }
        }
    }

    @Test(
        "names are repeated in a header, in Base64 where they are no plain text",
        arguments: [
            ("prompts/get", #"{"name":"hello"}"#, "hello"), ("resources/read", #"{"uri":"a://b c"}"#, "a://b c"),
            ("prompts/get", #"{"name":"grüß"}"#, "=?base64?Z3LDvMOf?="), ("tasks/get", #"{"taskId":"t-1"}"#, "t-1"),
            ("prompts/get", #"{"name":" x"}"#, "=?base64?IHg=?="), ("completion/complete", #"{"name":"x"}"#, nil),
        ] as [(String, String, String?)])
    func names(method: String, params: String, header: String?) async throws {
        try await Bench.run { bench in
            try await bench.withModern(ScriptedModern()) { connection, server in
                let answer = try await connection.ask(method, params, on: bench)
                #expect(answer == "error -32601: Method not found")
                #expect(server.requests(for: method).first?[field: "Mcp-Name"] == header)
            }
        }
    }

    private static let headerTool =
        #"[{"name":"work","inputSchema":{"type":"object","properties":{"#
        + #""a":{"type":"string","x-mcp-header":"Region"},"n":{"type":"integer","x-mcp-header":"Count"},"#
        + #""o":{"type":"object","properties":{"b":{"type":"boolean","x-mcp-header":"Deep"}}},"c":{"type":"string"}}}}]"#

    @Test("arguments that a tool's schema marks are repeated in headers, once the tool was listed")
    func parameters() async throws {
        try await Bench.run { bench in
            try await bench.withModern(ScriptedModern(tools: Self.headerTool)) { connection, server in
                let arguments = #"{"a":"eu west","n":42.0,"o":{"b":true},"c":"no"}"#
                _ = try await connection.beginCall(on: bench, arguments: arguments).answer()
                _ = try await connection.ask("tools/list", on: bench)
                _ = try await connection.beginCall(on: bench, arguments: arguments).answer()
                _ = try await connection.beginCall(on: bench, arguments: #"{"a":null,"n":7}"#).answer()
                let calls = server.requests(for: "tools/call")
                let names = ["Region", "Count", "Deep", "c"].map { "Mcp-Param-\($0)" }
                #expect(
                    calls.map { call in names.map { call[field: $0] } } == [
                        [nil, nil, nil, nil], ["eu west", "42", "true", nil], [nil, "7", nil, nil],
                    ])
            }
        }
    }

    @Test("a server that does not accept the headers is asked for its tools again, and called once more")
    func staleHeaders() async throws {
        let calls = Observed(0)
        let script = ScriptedModern(
            tools: Self.headerTool,
            handlers: [
                "tools/call": { request, connection in
                    calls.update { $0 += 1 }
                    guard request[field: "Mcp-Param-Region"] == "eu" else {
                        return try connection.error(-32020, "mismatch", of: request, status: 400)
                    }
                    try connection.result(ScriptedModern.text("done"), of: request)
                }
            ])
        try await Bench.run { bench in
            try await bench.withModern(script) { connection, server in
                let answer = try await connection.beginCall(on: bench, arguments: #"{"a":"eu"}"#).answer()
                #expect(answer.contains("done"))
                #expect(
                    server.requests.value.map(\.call)
                        == ["server/discover", "tools/call", "tools/list", "tools/call"])
                let ids = Set(server.requests.value.map(\.id))
                #expect(ids.count == 4)
                let error = try await failure {
                    try await connection.beginCall(on: bench, arguments: #"{"a":"us"}"#).answer()
                }
                #expect(error.kind == .protocolViolation && error.detail.contains("mismatch"), "\(error)")
                #expect(calls.value == 4)
            }
        }
    }

    @Test("tools that break the rules for headers are left out of the list, with the reason")
    func invalidTools() async throws {
        let tools =
            #"[{"name":"good","inputSchema":{"type":"object"}},{"name":"bad","inputSchema":{"type":"object","#
            + #""properties":{"a":{"type":"number","x-mcp-header":"A"}}}}]"#
        try await Bench.run { bench in
            try await bench.withModern(ScriptedModern(tools: tools)) { connection, _ in
                let outcome = try await ListPager(.tools).fetch(from: connection, on: bench.loop, until: .soon)
                #expect(outcome.items.map(\.key) == ["good"])
                #expect(outcome.remarks.first?.contains("\"bad\"") == true && outcome.remarks.count == 1)
                #expect(outcome.timeToLive == .zero && !outcome.isPublic)
            }
        }
    }

    @Test(
        "what is no valid result is the server's fault",
        arguments: [
            #"{"resultType":"surprise"}"#, #"{"resultType":"task"}"#, #"{"resultType":"input_required"}"#,
            #"{"resultType":"input_required","requestState":7}"#,
            #"{"resultType":"input_required","inputRequests":{"k":{"method":"roots/list"}}}"#,
            #"{"resultType":"input_required","inputRequests":{"k":{"method":"tools/list"}}}"#,
        ])
    func invalidResults(result: String) async throws {
        let script = ScriptedModern(handlers: ["tools/call": { try $1.result(result, of: $0) }])
        try await Bench.run { bench in
            try await bench.withModern(script) { connection, _ in
                let error = try await failure { try await connection.beginCall(on: bench).answer() }
                #expect(error.kind == .protocolViolation && error.mayHaveExecuted, "\(error)")
            }
        }
    }

    @Test("a result without a type is complete; one that asks where it must not is not")
    func types() async throws {
        let script = ScriptedModern(handlers: [
            "tools/call": { try $1.result(#"{"content":[]}"#, of: $0) },
            "completion/complete": { try $1.result(ScriptedModern.asking(nil, state: #""s""#), of: $0) },
        ])
        try await Bench.run { bench in
            try await bench.withModern(script) { connection, _ in
                #expect(try await connection.beginCall(on: bench).answer() == #"{"content":[]}"#)
                let error = try await failure { try await connection.ask("completion/complete", on: bench) }
                #expect(error.kind == .protocolViolation)
            }
        }
    }

    @Test("messages on lines under application/json are understood")
    func lines() async throws {
        let script = ScriptedModern(handlers: [
            "tools/call": { request, connection in
                let progress =
                    #"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":1,"progress":1}}"#
                let answer = #"{"jsonrpc":"2.0","id":\#(request.id),"result":\#(ScriptedModern.text("done"))}"#
                try connection.answer(200, "\(progress)\n\(answer)\n")
            }
        ])
        try await Bench.run { bench in
            try await bench.withModern(script) { connection, _ in
                let outcome = try await bench.call(connection) { _ in throw NoFailure() }
                #expect(outcome.answer.contains("done"))
                #expect(outcome.notifications.map(\.method) == ["notifications/progress"])
            }
        }
    }

    @Test("what is said of the whole server on the stream of a call is no part of the call")
    func ofServer() async throws {
        let news = ["notifications/tools/list_changed", "notifications/resources/updated"]
        let script = ScriptedModern(handlers: [
            "tools/call": { request, connection in
                let told = news.map { #"{"jsonrpc":"2.0","method":"\#($0)"}"# }
                let progress = request.params?["_meta"]?["progressToken"].map {
                    #"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":\#($0),"progress":1}}"#
                }
                let answer =
                    #"{"jsonrpc":"2.0","id":\#(request.id),"result":{"resultType":"complete","content":[]}}"#
                let events = (told + [progress].compactMap { $0 } + [answer]).map { "data: \($0)\n\n" }
                try connection.answer(200, type: "text/event-stream", events.joined())
            }
        ])
        try await Bench.run { bench in
            try await bench.withModern(script) { connection, _ in
                let outcome = try await bench.call(connection) { _ in throw NoFailure() }
                #expect(outcome.notifications.map(\.method) == ["notifications/progress"])
                try await bench.notifications.wait(for: "news") { $0.count < 2 ? nil : () }
                #expect(bench.notifications.value.map(\.method) == news)
            }
        }
    }

    @Test("cancelling closes the response and says nothing more", arguments: [false, true])
    func cancel(hasBegun: Bool) async throws {
        let isClosed = Observed(false)
        let script = ScriptedModern(handlers: [
            "tools/call": { request, connection in
                // Writing fails where the client was quicker.
                defer { isClosed.update { $0 = true } }
                if hasBegun {
                    try connection.beginEvents()
                    try connection.event(
                        #"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":1,"progress":1}}"#
                    )
                }
                connection.waitForClose()
            }
        ])
        try await Bench.run { bench in
            try await bench.withModern(script) { connection, server in
                let call = try await connection.beginCall(on: bench)
                let wait = Task(executorPreference: bench.loop) { try await call.answer() }
                try await server.request(for: "tools/call")
                await call.cancel(reason: "enough")
                await #expect(throws: MCPClientError.self) { try await wait.value }
                try await isClosed.wait(for: "end of the response") { $0 ? () : nil }
                #expect(server.requests.value.map(\.call) == ["server/discover", "tools/call"])
            }
        }
    }

    @Test("a stream that breaks off has lost the request, also where its events have ids")
    func broken() async throws {
        let script = ScriptedModern(handlers: [
            "tools/call": { request, connection in
                try connection.beginEvents()
                try connection.chunk("id: 1\ndata:\n\n")
                connection.close()
            }
        ])
        try await Bench.run { bench in
            try await bench.withModern(script) { connection, server in
                let error = try await failure { try await connection.beginCall(on: bench).answer() }
                #expect(error.kind == .closed && error.mayHaveExecuted)
                #expect(server.requests(for: "GET").isEmpty)
                #expect(bench.ends.value.isEmpty)
            }
        }
    }

    @Test(
        "a server that no longer is modern ends the session, and has not executed the request",
        arguments: [
            (400, #"{"jsonrpc":"2.0","id":ID,"error":{"code":-32022,"message":"x","data":{"supported":[]}}}"#),
            (400, #"{"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"no session"}}"#),
            (400, #"{"jsonrpc":"2.0","id":"server-error","error":{"code":-32600,"message":"no session"}}"#),
            (404, "invalid session"), (405, ""),
        ])
    func stale(status: Int, body: String) async throws {
        let isReplaced = Observed(false)
        let usual = ScriptedModern().handler
        let refuse: ScriptedHTTPServer.Handler = { request, connection in
            try connection.answer(status, body.replacing("ID", with: request.id))
        }
        let script = ScriptedModern(handlers: [
            "tools/call": refuse,
            "server/discover": { try (isReplaced.value ? refuse : usual)($0, $1) },
        ])
        try await Bench.run { bench in
            try await bench.withModern(script) { connection, server in
                // As long as the server says that it is modern, the answer is about the request.
                let call = try await connection.beginCall(on: bench)
                do {
                    let answer = try await call.answer()
                    #expect(answer.hasPrefix("error -32000"))
                } catch let error as MCPClientError {
                    #expect(error.kind == .unexpectedStatus(status) || error.kind == .protocolViolation, "\(error)")
                }
                #expect(bench.ends.value.isEmpty)
                isReplaced.update { $0 = true }
                let error = try await failure { try await connection.beginCall(on: bench).answer() }
                #expect(error.kind == .sessionExpired && !error.mayHaveExecuted, "\(error)")
                #expect(bench.ends.value.map(\.kind) == [.sessionExpired])
                let later = try await failure { try await connection.beginCall(on: bench).answer() }
                #expect(later.kind == .connectionFailed)
            }
        }
    }

    @Test("a sibling declares what it was made with, and ends with the session it belongs to")
    func siblings() async throws {
        let ends = Observed<[MCPClientError]>([])
        try await Bench.run { bench in
            try await bench.withModern(ScriptedModern()) { connection, server in
                let options = bench.options { options in
                    options.capabilities = Bench.askable
                    options.onClose = { error in ends.update { $0.append(error) } }
                }
                let first = try #require(connection.sibling(options))
                let second = try #require(connection.sibling(options))
                _ = try await first.beginCall(on: bench).answer()
                await first.close()
                await #expect(throws: MCPClientError.self) { try await first.beginCall(on: bench) }
                _ = try await second.beginCall(on: bench).answer()
                _ = try await connection.beginCall(on: bench).answer()
                let declared = server.requests(for: "tools/call").map {
                    $0.params?["_meta"]?["io.modelcontextprotocol/clientCapabilities"]?["roots"] != nil
                }
                #expect(declared == [true, true, false])
                #expect(server.requests(for: "server/discover").count == 1)
                await connection.close()
                #expect(ends.value.map(\.kind) == [.closed])
                #expect(connection.sibling(options) == nil)
            }
        }
    }
}
