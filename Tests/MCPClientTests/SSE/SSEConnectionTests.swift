import AsyncIO
import MCPClient
import MCPProtocol
import TestSupport
import Testing

/// MCP 2024-11-05, Transports, "HTTP with SSE".
@Suite("Sessions over HTTP+SSE")
struct SSEConnectionTests {
    private func with(
        _ script: ScriptedSSE, options change: @escaping @Sendable (inout ConnectionOptions) -> Void = { _ in },
        _ body: @escaping @Sendable (Bench, any MCPConnection, ScriptedHTTPServer) async throws -> Void
    ) async throws {
        try await ScriptedHTTPServer.with(script.handler) { server in
            try await Bench.run { bench in
                try await bench.with(.sse, server, options: bench.options(change)) { connection in
                    try await body(bench, connection, server)
                }
            }
        }
    }

    @Test("messages are posted to the address the stream names, with the operator's headers and no session headers")
    func session() async throws {
        try await with(ScriptedSSE()) { bench, connection, server in
            #expect(connection.transport == .sse && connection.revision == .v2024_11_05)
            let answer = try await connection.beginCall(on: bench).answer()
            #expect(answer.contains("done"))
            try await connection.notify(method: "notifications/roots/list_changed", params: nil)
            #expect(
                server.requests.value.map(\.call) == [
                    "GET", "initialize", "notifications/initialized", "tools/call", "notifications/roots/list_changed",
                ])
            for request in server.requests.value {
                #expect(request[field: "X-Key"] == "secret")
                #expect(request[field: "MCP-Protocol-Version"] == nil && request[field: "Mcp-Session-Id"] == nil)
                #expect(request.target == (request.method == "GET" ? "/mcp" : "/messages?token=1"))
            }
            #expect(server.requests.value.first?[field: "Accept"] == "text/event-stream")
        }
    }

    @Test(
        "a relative or absolute address is resolved against the stream's",
        arguments: ["messages/x?s=1", "?m=essages", "http://HOST/absolute/messages"])
    func addresses(text: String) async throws {
        try await ScriptedHTTPServer.with(ScriptedSSE(endpoint: text).handler) { server in
            try await Bench.run { bench in
                try await bench.with(.sse, server) { connection in
                    let answer = try await connection.ask("ping", on: bench)
                    #expect(answer == "{}")
                }
            }
            let expected = ["messages/x?s=1": "/messages/x?s=1", "?m=essages": "/mcp?m=essages"][text]
            #expect(server.requests.value.last?.target == expected ?? "/absolute/messages")
        }
    }

    @Test(
        "a stream that names no address of its own origin makes no session",
        arguments: [
            ("event: endpoint\ndata: http://evil.example/messages\n\n", "protocol", "http://evil.example:80"),
            ("event: endpoint\ndata: //evil.example/messages\n\n", "protocol", "evil.example"),
            ("event: endpoint\ndata: file:///etc/passwd\n\n", "protocol", "neither http nor https"),
            ("event: endpoint\ndata: \n\n", "protocol", "empty"),
            ("data: {}\n\nEND", "closed", "without an \"endpoint\" event"),
            (": quiet\n\n", "timeout", "no "),
        ])
    func noAddress(stream: String, label: String, part: String) async throws {
        let script = ScriptedSSE(posts: [
            "GET": { _, connection in
                try connection.beginEvents()
                try connection.chunk(stream)
                if stream.hasSuffix("END") { return try connection.endChunks() }
                connection.waitForClose()
            }
        ])
        try await ScriptedHTTPServer.with(script.handler) { server in
            try await Bench.run { bench in
                let deadline: MonotonicInstant = label == "timeout" ? .now + .milliseconds(200) : .soon
                let error = try await failure { try await bench.with(.sse, server, until: deadline) { _ in } }
                #expect(error.label == label && !error.mayHaveExecuted, "\(error)")
                #expect(error.detail.contains(part), "\(error)")
            }
            #expect(server.requests.value.map(\.call) == ["GET"], "nothing is posted anywhere")
        }
    }

    @Test(
        "what answers GET otherwise is no HTTP+SSE server",
        arguments: [
            (200, "text/html", "<h1>hello</h1>", "protocol", "text/html: \"<h1>hello</h1>\""),
            (404, "text/plain", "nothing here", "status", "404: \"nothing here\""),
            (401, "text/plain", "", "auth", "401"),
        ])
    func notAStream(status: Int, type: String, body: String, label: String, part: String) async throws {
        let script = ScriptedSSE(posts: ["GET": { _, connection in try connection.answer(status, type: type, body) }])
        try await ScriptedHTTPServer.with(script.handler) { server in
            try await Bench.run { bench in
                let error = try await failure { try await bench.with(.sse, server) { _ in } }
                #expect(error.label == label && error.detail.contains(part), "\(error)")
            }
        }
    }

    @Test("answers find their calls whatever their order, progress its call, the rest the connection's owner")
    func mixed() async throws {
        let script = ScriptedSSE(on: [
            "tools/call": { request, stream in
                guard request.id == "3" else { return }
                try stream.chunk(": keep-alive\n\nevent: endpoint\ndata: /elsewhere\n\nevent: other\ndata: {}\n\n")
                for token in ["3", #""2""#] {
                    try stream.event(
                        #"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":\#(token),"progress":\#(1)}}"#
                    )
                }
                try stream.event(#"[{"jsonrpc":"2.0","method":"notifications/tools/list_changed"},{"no":"message"}]"#)
                try stream.event("garbage")
                try stream.event(#"{"jsonrpc":"2.0","id":99,"result":"nobody's"}"#)
                try stream.event(#"{"jsonrpc":"2.0","id":3,"result":"second"}"#)
                try stream.event(#"{"jsonrpc":"2.0","id":"2","result":"first"}"#)
            }
        ])
        try await with(script) { bench, connection, server in
            let first = try await connection.beginCall(on: bench)
            try await server.request(for: "tools/call")
            let second = try await connection.beginCall(on: bench)
            for (call, expected) in [(second, #""second""#), (first, #""first""#)] {
                guard case .notification = try await call.next(until: .soon) else { throw NoFailure() }
                #expect(try await call.answer() == expected)
            }
            #expect(bench.notifications.value.map(\.method) == ["notifications/tools/list_changed"])
            #expect(await connection.lateAnswers == 1)
            let answer = try await connection.ask("ping", on: bench)
            #expect(answer == "{}")
            #expect(server.requests.value.last?.target == "/messages?token=1", "the first address stays")
        }
    }

    @Test("a server's questions go to the owner, and the answer back under its id", arguments: ["7", #""seven""#])
    func questions(id: String) async throws {
        let questions = Observed<[JSONRPCRequest]>([])
        let script = ScriptedSSE(on: [
            "tools/call": { request, stream in
                try stream.event(#"{"jsonrpc":"2.0","id":"p","method":"ping"}"#)
                try stream.event(#"{"jsonrpc":"2.0","id":\#(id),"method":"roots/list"}"#)
            },
            "POST": { request, stream in
                guard request.json?["result"]?["roots"] != nil else { return }
                try stream.event(#"{"jsonrpc":"2.0","id":2,"result":"thanks"}"#)
            },
        ])
        try await with(script, options: { $0.onRequest = { request in questions.update { $0.append(request) } } }) {
            bench, connection, server in
            let call = try await connection.beginCall(on: bench)
            try await bench.wait(for: "question") { questions.value.count == 1 }
            let question = try #require(questions.value.first)
            try await connection.reply(
                to: question.id, .result(RawJSON(unchecked: Array(#"{"roots":[]}"#.utf8)[...])))
            #expect(try await call.answer() == #""thanks""#)
            #expect(server.requests.value.contains { $0.json?["result"]?["roots"] != nil && $0.id == id })
            try await server.requests.wait(for: "pong") { $0.first { $0.json?["id"]?.string == "p" }.map { _ in } }
        }
    }

    @Test("the end of the stream is the end of the session, and of the calls in progress", arguments: 0..<60)
    func cutStream(at place: Int) async throws {
        let text = "event: message\ndata: {\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{}}\n\n"
        let whole = text.utf8.count
        let script = ScriptedSSE(on: [
            "tools/call": { _, stream in
                try stream.chunk(String(text.prefix(min(place, whole))).isEmpty ? ":" : String(text.prefix(place)))
                stream.close()
            }
        ])
        try await with(script) { bench, connection, _ in
            let call = try await connection.beginCall(on: bench)
            if place >= whole {
                #expect(try await call.answer() == "{}")
            } else {
                let error = try await failure { try await call.answer() }
                #expect(error.label == "closed" && error.mayHaveExecuted, "\(error)")
            }
            try await bench.wait(for: "news of the end") { bench.ends.value.map(\.label) == ["closed"] }
            let error = try await failure { try await connection.beginCall(on: bench) }
            #expect(error.label == "connect" && !error.mayHaveExecuted)
        }
    }

    @Test(
        "a POST that is refused ends its request; one that says the session is unknown ends the session",
        arguments: [
            (404, "session", false), (400, "session", false), (401, "auth", false), (413, "status", false),
            (500, "status", true),
        ])
    func refusedPost(status: Int, label: String, mayHaveRun: Bool) async throws {
        let script = ScriptedSSE(posts: ["tools/call": { _, connection in try connection.answer(status, "no") }])
        try await with(script) { bench, connection, _ in
            let error = try await failure { try await connection.ask("tools/call", on: bench) }
            #expect(error.label == label && error.mayHaveExecuted == mayHaveRun, "\(error)")
            #expect(bench.ends.value.map(\.label) == (label == "session" ? ["session"] : []))
        }
    }

    @Test("a JSON-RPC error with the request's id is the answer, also where it comes under the status of the POST")
    func errorUnderStatus() async throws {
        let script = ScriptedSSE(posts: [
            "tools/call": { request, connection in
                try connection.answer(
                    400, #"{"jsonrpc":"2.0","id":\#(request.id),"error":{"code":-32602,"message":"bad city"}}"#)
            }
        ])
        try await with(script) { bench, connection, _ in
            let answer = try await connection.ask("tools/call", on: bench)
            #expect(answer == "error -32602: bad city")
            #expect(bench.ends.value.isEmpty)
        }
    }

    @Test("a handshake whose POST is refused is refused, not expired", arguments: [400, 404])
    func refusedHandshake(status: Int) async throws {
        let script = ScriptedSSE(posts: ["initialize": { _, connection in try connection.answer(status, "no") }])
        try await ScriptedHTTPServer.with(script.handler) { server in
            try await Bench.run { bench in
                let error = try await failure { try await bench.with(.sse, server) { _ in } }
                #expect(error.kind == .unexpectedStatus(status), "\(error)")
                #expect(bench.ends.value.isEmpty, "what was never open does not end")
            }
        }
    }

    @Test("the answer to a POST means nothing, nor does it have to come", arguments: ["body", "nothing"])
    func answeredPost(how: String) async throws {
        let streams = Observed<ScriptedConnection?>(nil)
        let script = ScriptedSSE(posts: [
            "GET": { _, connection in
                streams.update { $0 = connection }
                try connection.beginEvents()
                try connection.chunk("event: endpoint\ndata: /messages\n\n")
                connection.waitForClose()
            },
            "initialize": { request, connection in
                try connection.answer(202, type: nil)
                try streams.value?.event(
                    #"{"jsonrpc":"2.0","id":1,"result":\#(ScriptedMCP.initializeResult("2024-11-05"))}"#)
            },
            "tools/call": { request, connection in
                if how == "body" { try connection.result(#""wrong""#, of: request) }
                try streams.value?.event(#"{"jsonrpc":"2.0","id":2,"result":"right"}"#)
                if how == "nothing" { connection.waitForClose() }
            },
        ])
        try await with(script) { bench, connection, _ in
            let answer = try await connection.ask("tools/call", on: bench)
            #expect(answer == #""right""#)
        }
    }

    @Test("a call that is given up is told to the server, once, even when the session is closed right after")
    func cancelled() async throws {
        let script = ScriptedSSE(on: ["tools/call": { _, _ in }])
        try await ScriptedHTTPServer.with(script.handler) { server in
            try await Bench.run { bench in
                try await bench.with(.sse, server) { connection in
                    let call = try await connection.beginCall(on: bench)
                    try await server.request(for: "tools/call")
                    await call.cancel(reason: "enough")
                    await call.cancel(reason: "enough")
                    #expect(try await failure { try await call.next(until: .distantFuture) }.label == "cancelled")
                }
                #expect(bench.ends.value.isEmpty, "closing is no news")
            }
            let told = server.requests(for: "notifications/cancelled")
            #expect(told.map { $0.json?["params"]?["requestId"]?.int } == [2])
        }
    }

    @Test("an event over the limit ends the session with an error that names the limit")
    func hugeEvent() async throws {
        let script = ScriptedSSE(on: [
            "tools/call": { _, stream in try stream.event(String(repeating: "x", count: 60_000)) }
        ])
        try await with(script, options: { $0.maxMessageBytes = 50_000 }) { bench, connection, _ in
            let error = try await failure { try await connection.ask("tools/call", on: bench) }
            #expect(error.kind == .tooLarge(limit: 50_000), "\(error)")
            #expect(bench.ends.value.map(\.label) == ["too_large"])
        }
    }

    @Test("large answers arrive whole")
    func large() async throws {
        let text = String(repeating: "x", count: 3_000_000)
        let script = ScriptedSSE(on: [
            "tools/call": { request, stream in
                try stream.event(#"{"jsonrpc":"2.0","id":\#(request.id),"result":"\#(text)"}"#)
            }
        ])
        try await with(script) { bench, connection, _ in
            let answer = try await connection.ask("tools/call", on: bench)
            #expect(answer.utf8.count == text.utf8.count + 2)
        }
    }

    @Test("a server that floods the stream does not keep the loop from others")
    func flood() async throws {
        let script = ScriptedSSE(on: [
            "tools/call": { _, stream in
                let noise = String(repeating: ": noise\n\n", count: 4000)
                while true { try stream.chunk(noise) }
            }
        ])
        try await with(script) { bench, connection, _ in
            let call = try await connection.beginCall(on: bench)
            let error = try await failure { try await call.next(until: .now + .milliseconds(100)) }
            #expect(error.label == "timeout")
            await call.cancel(reason: "enough")
        }
    }
}
