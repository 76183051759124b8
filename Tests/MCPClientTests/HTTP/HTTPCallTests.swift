import AsyncIO
import MCPClient
import MCPProtocol
import TestSupport
import Testing

@Suite("Calls over Streamable HTTP")
struct HTTPCallTests {
    /// Runs `body` with a connection to a server whose calls are answered by `onCall`.
    private func with(
        _ handlers: [String: ScriptedHTTPServer.Handler] = [:],
        options change: @escaping @Sendable (inout ConnectionOptions) -> Void = { _ in },
        onCall: @escaping ScriptedHTTPServer.Handler,
        _ body: @escaping @Sendable (Bench, StreamableHTTPConnection, ScriptedHTTPServer) async throws -> Void
    ) async throws {
        let script = ScriptedMCP(handlers.merging(["tools/call": onCall]) { $1 })
        try await ScriptedHTTPServer.with(script.handler) { server in
            try await Bench.run { bench in
                try await bench.with(server, options: bench.options(change)) { connection in
                    try await body(bench, connection, server)
                }
            }
        }
    }

    @Test("an answer may be JSON or a stream of events, with notifications, comments and requests before it")
    func answers() async throws {
        try await with { request, connection in
            if request.json?["params"]?["arguments"]?["as"]?.string == "json" {
                return try connection.result(#""json""#, of: request)
            }
            try connection.beginEvents()
            try connection.chunk(": a comment\n\n")
            try connection.chunk("id: 1\ndata:\n\n")
            try connection.event(
                #"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":1,"progress":1}}"#)
            try connection.event(#"{"jsonrpc":"2.0","id":"ask-1","method":"ping"}"#)
            try connection.event(#"{"jsonrpc":"2.0","id":"ask-2","method":"elicitation/create","params":{}}"#)
            try connection.event(#"{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}"#)
            try connection.event("this is not JSON")
            try connection.chunk(
                "event: other\ndata: {\"jsonrpc\":\"2.0\",\"id\":\(request.id),\"result\":\"wrong\"}\n\n")
            try connection.event(
                #"{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"x"}}"#)
            try connection.chunk(
                "data: {\"jsonrpc\":\"2.0\",\ndata: \"id\":\(request.id),\"result\":\"events\"}\r\n\r\n")
            try connection.endChunks()
        } _: { bench, connection, server in
            let json = try await connection.beginCall(on: bench, arguments: #"{"as":"json"}"#)
            #expect(try await json.answer() == #""json""#)
            let events = try await connection.beginCall(on: bench)
            var methods: [String] = []
            reading: while true {
                switch try await events.next(until: .soon) {
                case .notification(let notification): methods.append(notification.method)
                case .request(let request): await connection.passOn(.request(request))
                case .alive: continue
                case .response(let response):
                    #expect(response.outcomeText == #""events""#)
                    break reading
                case .stream: Issue.record("a small answer came as a stream")
                }
            }
            #expect(methods == ["notifications/progress", "notifications/message"])
            #expect(bench.notifications.value.map(\.method) == ["notifications/tools/list_changed"])
            let pong = try await server.requests.wait(for: "answer to ping") {
                $0.first { $0.json?["id"]?.string == "ask-1" }
            }
            #expect(pong.json?["result"]?.members?.isEmpty == true)
            let refusal = try await server.requests.wait(for: "refusal") {
                $0.first { $0.json?["id"]?.string == "ask-2" }
            }
            #expect(refusal.json?["error"]?["code"]?.int == -32601)
        }
    }

    @Test("a batch on the stream or as JSON is searched for the answer", arguments: ["json", "events"])
    func batches(form: String) async throws {
        try await with { request, connection in
            let batch =
                #"[{"jsonrpc":"2.0","method":"notifications/tools/list_changed"},"#
                + #"{"jsonrpc":"2.0","id":"\#(request.id)","result":"found"}]"#
            if form == "json" { return try connection.answer(batch) }
            try connection.beginEvents()
            try connection.event(batch)
            try connection.endChunks()
        } _: { bench, connection, _ in
            let answer = try await connection.ask("tools/call", on: bench)
            #expect(answer == #""found""#)
            #expect(bench.notifications.value.count == 1)
        }
    }

    @Test("a stream stays open after the answer without holding the call up")
    func lingeringStream() async throws {
        try await with { request, connection in
            try connection.beginEvents()
            try connection.event(#"{"jsonrpc":"2.0","id":\#(request.id),"result":"early"}"#)
            connection.waitForClose()
        } _: { bench, connection, _ in
            let answer = try await connection.ask("tools/call", on: bench)
            #expect(answer == #""early""#)
        }
    }

    @Test(
        "an answer that is none is an error with its kind, a sample, and whether the call may have been executed",
        arguments: [
            (200, "text/html; charset=utf-8", "<h1>Login</h1>", "protocol", "<h1>Login</h1>", true),
            (200, "application/jsonx", "{}", "protocol", "application/jsonx", true),
            (200, "", "{}", "protocol", "no content type", true),
            (200, "application/json", "{]", "protocol", "not a JSON-RPC message", true),
            (200, "application/json", #"{"jsonrpc":"2.0","id":12345,"result":{}}"#, "protocol", "id", true),
            (200, "application/json", #"{"jsonrpc":"2.0","method":"notifications/x"}"#, "protocol", "id", true),
            (401, "text/plain", "", "auth", "401", false),
            (403, "application/json", "{}", "auth", "403", false),
            (404, "text/plain", "unknown session", "session", "session", false),
            (429, "text/plain", "slow down", "status", "429: \"slow down\"", false),
            (500, "text/html", "<h1>Oops</h1>", "status", "500", true),
            (503, "application/json", "", "status", "503", true),
            (204, "", "", "status", "204", true),
        ])
    func refusals(status: Int, type: String, body: String, label: String, part: String, mayHaveRun: Bool) async throws {
        try await with { _, connection in
            try connection.answer(status, type: type.isEmpty ? nil : type, body)
        } _: { bench, connection, _ in
            let error = try await failure { try await connection.ask("tools/call", on: bench) }
            #expect(error.label == label, "\(error)")
            #expect(error.detail.contains(part), "\(error)")
            #expect(error.mayHaveExecuted == mayHaveRun, "\(error)")
            #expect(bench.ends.value.count == (label == "session" ? 1 : 0))
        }
    }

    @Test("a JSON-RPC error under an HTTP error status is the answer, also without its id", arguments: ["ID", "null"])
    func errorAnswer(id: String) async throws {
        try await with { request, connection in
            let id = id == "ID" ? request.id : id
            try connection.answer(400, #"{"jsonrpc":"2.0","id":\#(id),"error":{"code":-32602,"message":"bad city"}}"#)
        } _: { bench, connection, _ in
            let answer = try await connection.ask("tools/call", on: bench)
            #expect(answer == "error -32602: bad city")
        }
    }

    @Test("404 to a server that gave no session is a status like any other")
    func notFoundWithoutSession() async throws {
        let script = ScriptedMCP(
            sessionID: nil, ["tools/call": { _, connection in try connection.answer(404, type: nil) }])
        try await ScriptedHTTPServer.with(script.handler) { server in
            try await Bench.run { bench in
                try await bench.with(server) { connection in
                    let error = try await failure { try await connection.ask("tools/call", on: bench) }
                    #expect(error.kind == .unexpectedStatus(404))
                }
            }
        }
    }

    @Test(
        "a connection that breaks in mid-answer is a call that may have been executed, and is not sent again",
        arguments: ["nothing", "head", "body", "event", "reset"])
    func breaks(at place: String) async throws {
        try await with { request, connection in
            switch place {
            case "head": try connection.write("HTTP/1.1 200 OK\r\nContent-")
            case "body":
                try connection.write(
                    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{")
            case "event":
                try connection.beginEvents()
                try connection.chunk("data: {\"jsonrpc\":")
            default: break
            }
            place == "reset" ? connection.reset() : connection.close()
        } _: { bench, connection, server in
            let error = try await failure { try await connection.ask("tools/call", on: bench) }
            #expect(error.label == "closed", "\(error)")
            #expect(error.mayHaveExecuted)
            #expect(server.requests(for: "tools/call").count == 1)
        }
    }

    @Test("a stream of events that ends without the answer is an error")
    func truncatedEvents() async throws {
        try await with { _, connection in
            try connection.beginEvents()
            try connection.event(
                #"{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":1}}"#)
            try connection.endChunks()
        } _: { bench, connection, _ in
            let error = try await failure { try await connection.ask("tools/call", on: bench) }
            #expect(error.label == "closed" && error.mayHaveExecuted)
            #expect(error.detail.contains("without the answer"), "\(error)")
        }
    }

    @Test("an event over the limit ends its call with an error that names the limit, and no other call")
    func hugeEvent() async throws {
        try await with(options: { $0.maxMessageBytes = 50_000 }) { request, connection in
            if request.json?["params"]?["arguments"]?["size"] == nil {
                return try connection.result(#""fine""#, of: request)
            }
            try connection.beginEvents()
            try connection.event(String(repeating: "x", count: 60_000))
            connection.waitForClose()
        } _: { bench, connection, _ in
            let call = try await connection.beginCall(on: bench, arguments: #"{"size":1}"#)
            let error = try await failure { try await call.answer() }
            #expect(error.kind == .tooLarge(limit: 50_000))
            #expect(error.detail.contains("50000"), "\(error)")
            #expect(try await connection.beginCall(on: bench).answer() == #""fine""#)
        }
    }

    @Test("many calls at once each get their own answer")
    func concurrent() async throws {
        try await with { request, connection in
            let number = request.json?["params"]?["arguments"]?["n"]?.description ?? "?"
            try connection.result(number, of: request)
        } _: { bench, connection, _ in
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<50 {
                    group.addTask(executorPreference: bench.loop) {
                        let call = try await connection.beginCall(on: bench, arguments: #"{"n":\#(number)}"#)
                        return try await call.answer() == "\(number)"
                    }
                }
                for try await isRight in group { #expect(isRight) }
            }
        }
    }

    // MARK: Cancellation

    @Test("a call cancelled before it was sent is never sent")
    func cancelUnsent() async throws {
        try await with { request, connection in
            try connection.result("{}", of: request)
        } _: { bench, connection, server in
            let call = try await connection.beginCall(on: bench)
            await call.cancel(reason: "never mind")
            #expect(try await failure { try await call.next(until: .soon) }.label == "cancelled")
            let answer = try await connection.ask("ping", on: bench)
            #expect(answer.hasPrefix("error"))
            #expect(server.requests(for: "tools/call").isEmpty)
            #expect(server.requests(for: "notifications/cancelled").isEmpty)
        }
    }

    @Test(
        "a call cancelled in mid-way ends its wait and tells the server",
        arguments: ["sending", "reading", "streaming"])
    func cancel(while state: String) async throws {
        try await with { request, connection in
            switch state {
            case "reading":
                try connection.write(
                    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"jsonrpc\"")
            case "streaming":
                try connection.beginEvents()
                try connection.event(
                    #"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":1,"progress":1}}"#)
            default: break
            }
            connection.waitForClose()
        } _: { bench, connection, server in
            let call = try await connection.beginCall(on: bench)
            if state == "streaming" {
                guard case .notification = try await call.next(until: .soon) else { throw NoFailure() }
            }
            let waiting = Task(executorPreference: bench.loop) { try await call.next(until: .soon) }
            try await server.request(for: "tools/call")
            // The rest of what the server has sent has to arrive; there is no outer sign of it.
            try await bench.loop.sleep(for: .milliseconds(state == "reading" ? 50 : 5))
            await call.cancel(reason: "changed my mind")
            #expect(try await failure { try await waiting.value }.label == "cancelled")
            let told = try await server.request(for: "notifications/cancelled")
            #expect(told.json?["params"]?["requestId"]?.int == Int(call.id))
            #expect(told.json?["params"]?["reason"]?.string == "changed my mind")
            await call.cancel(reason: "twice")
            #expect(server.requests(for: "notifications/cancelled").count == 1)
        }
    }

    @Test(
        "a deadline that passes is told to the server, whatever had come",
        arguments: ["sending", "reading", "streaming"])
    func deadline(while state: String) async throws {
        try await with { request, connection in
            if state == "reading" {
                try connection.write(
                    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"jsonrpc\"")
            } else if state == "streaming" {
                try connection.beginEvents()
            }
            connection.waitForClose()
        } _: { bench, connection, server in
            let error = try await failure {
                try await connection.ask("tools/call", on: bench, until: .now + .milliseconds(200))
            }
            #expect(error.label == "timeout" && error.mayHaveExecuted, "\(error)")
            try await server.request(for: "notifications/cancelled")
        }
    }

    @Test("a wait on a stream that ran out may be begun again")
    func resumedWait() async throws {
        let isAsked = Observed(false)
        try await with { request, connection in
            try connection.beginEvents()
            while !isAsked.value { try connection.chunk(": wait\n\n") }
            try connection.event(#"{"jsonrpc":"2.0","id":\#(request.id),"result":"late"}"#)
            try connection.endChunks()
        } _: { bench, connection, server in
            let call = try await connection.beginCall(on: bench)
            let error = try await failure { try await call.next(until: .now + .milliseconds(200)) }
            #expect(error.label == "timeout")
            isAsked.update { $0 = true }
            #expect(try await call.answer() == #""late""#)
            #expect(server.requests(for: "notifications/cancelled").isEmpty)
        }
    }

    @Test("cancelling the waiting task drops the transfer and tells the server")
    func taskCancellation() async throws {
        try await with { _, connection in
            connection.waitForClose()
        } _: { bench, connection, server in
            let task = Task(executorPreference: bench.loop) { try await connection.ask("tools/call", on: bench) }
            try await server.request(for: "tools/call")
            task.cancel()
            #expect(try await failure { try await task.value }.label == "cancelled")
            try await server.request(for: "notifications/cancelled")
        }
    }

    @Test("after closing nothing is sent any more")
    func closed() async throws {
        try await with { request, connection in
            try connection.result("{}", of: request)
        } _: { bench, connection, server in
            await connection.close()
            let error = try await failure { try await connection.beginCall(on: bench) }
            #expect(error.label == "connect" && !error.mayHaveExecuted)
            await connection.close()
            #expect(server.requests(for: "DELETE").count == 1)
        }
    }
}
