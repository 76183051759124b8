import AsyncIO
import MCPClient
import MCPProtocol
import TestSupport
import Testing

/// MCP 2025-11-25, Transports, "Streamable HTTP", and Lifecycle.
@Suite("Sessions over Streamable HTTP")
struct HTTPHandshakeTests {
    @Test(
        "the session id is sent back, and the revision from 2025-06-18 on, with everything but initialize",
        arguments: ProtocolRevision.legacy)
    func headers(revision: ProtocolRevision) async throws {
        try await ScriptedHTTPServer.with(ScriptedMCP(revision: revision.rawValue).handler) { server in
            try await Bench.run { bench in
                let connection = try await bench.open(server.url, headers: [("X-Key", "secret")])
                #expect(connection.revision == revision)
                let answer = try await connection.ask("ping", on: bench)
                #expect(answer.hasPrefix("error -32601"))
                try await server.request(for: "GET")
                await connection.close()
            }
            #expect(server.requests.value.first?.call == "initialize")
            #expect(server.requests.value.last?.call == "DELETE")
            #expect(
                Set(server.requests.value.map(\.call)) == [
                    "initialize", "notifications/initialized", "ping", "GET", "DELETE",
                ])
            for request in server.requests.value {
                let isFirst = request.call == "initialize"
                #expect(request[field: "Mcp-Session-Id"] == (isFirst ? nil : "scripted-session"), "\(request)")
                let version = isFirst || revision < .v2025_06_18 ? nil : revision.rawValue
                #expect(request[field: "MCP-Protocol-Version"] == version, "\(request)")
                #expect(request[field: "X-Key"] == "secret", "\(request)")
                switch request.method {
                case "POST":
                    #expect(request[field: "Accept"] == "application/json, text/event-stream")
                    #expect(request[field: "Content-Type"] == "application/json")
                case "GET": #expect(request[field: "Accept"] == "text/event-stream")
                default: break
                }
            }
        }
    }

    @Test("a server without sessions gets no session header and no DELETE")
    func noSession() async throws {
        try await ScriptedHTTPServer.with(ScriptedMCP(sessionID: nil).handler) { server in
            try await Bench.run { bench in
                try await bench.with(server) { _ in _ = try await server.request(for: "GET") }
            }
            #expect(server.requests(for: "DELETE").isEmpty)
            #expect(server.requests.value.allSatisfy { $0[field: "Mcp-Session-Id"] == nil })
        }
    }

    @Test("a session id with characters that may not be in a header is not taken", arguments: ["a b", "é", ""])
    func badSessionID(id: String) async throws {
        try await ScriptedHTTPServer.with(ScriptedMCP(sessionID: id).handler) { server in
            try await Bench.run { bench in try await bench.with(server) { _ in } }
            #expect(server.requests.value.allSatisfy { $0[field: "Mcp-Session-Id"] == nil })
        }
    }

    @Test("the handshake may be answered by a stream of events")
    func eventHandshake() async throws {
        let script = ScriptedMCP([
            "initialize": { request, connection in
                try connection.beginEvents(fields: "Mcp-Session-Id: from-events\r\n")
                try connection.chunk(": welcome\n\n")
                try connection.event(
                    #"{"jsonrpc":"2.0","id":\#(request.id),"result":\#(ScriptedMCP.initializeResult("2025-06-18"))}"#)
                try connection.endChunks()
            }
        ])
        try await ScriptedHTTPServer.with(script.handler) { server in
            try await Bench.run { bench in
                try await bench.with(server) { connection in #expect(connection.revision == .v2025_06_18) }
            }
            let farewell = try #require(server.requests(for: "DELETE").first)
            #expect(farewell[field: "Mcp-Session-Id"] == "from-events")
        }
    }

    @Test(
        "a handshake that fails says why",
        arguments: [
            (200, "application/json", ScriptedMCP.initializeResult("2031-01-01"), "handshake", "2031-01-01"),
            (200, "application/json", "", "protocol", "not a JSON-RPC message"),
            (200, "text/html", "<h1>Welcome</h1>", "protocol", "text/html: \"<h1>Welcome</h1>\""),
            (401, "application/json", "{}", "auth", "401"),
            (403, "text/plain", "no", "auth", "403"),
            (404, "text/html", "<h1>Not Found</h1>", "status", "404"),
            (500, "text/plain", "out of order", "status", "500: \"out of order\""),
            (202, "text/plain", "", "status", "202"),
            (302, "text/plain", "", "status", "302"),
        ])
    func refused(status: Int, type: String, body: String, label: String, part: String) async throws {
        let script = ScriptedMCP(
            sessionID: nil,
            [
                "initialize": { request, connection in
                    let isResult = body.hasPrefix("{\"protocol")
                    let text = isResult ? #"{"jsonrpc":"2.0","id":\#(request.id),"result":\#(body)}"# : body
                    try connection.answer(status, type: type, text)
                }
            ])
        try await ScriptedHTTPServer.with(script.handler) { server in
            try await Bench.run { bench in
                let error = try await failure { try await bench.open(server.url) }
                #expect(error.label == label, "\(error)")
                #expect(error.detail.contains(part), "\(error)")
            }
            #expect(server.requests.value.count == 1, "nothing is said to a server that did not answer")
        }
    }

    @Test("a server that never answers initialize is left at the deadline, and not told of a cancellation")
    func silent() async throws {
        let script = ScriptedMCP(["initialize": { _, connection in connection.waitForClose() }])
        try await ScriptedHTTPServer.with(script.handler) { server in
            try await Bench.run { bench in
                let error = try await failure { try await bench.open(server.url, until: .now + .milliseconds(200)) }
                #expect(error.label == "timeout", "\(error)")
            }
            #expect(server.requests.value.map(\.call) == ["initialize"])
        }
    }

    @Test("nobody listening is a connection that failed")
    func refusedConnection() async throws {
        let port = try freePort()
        try await Bench.run { bench in
            let error = try await failure { try await bench.open("http://127.0.0.1:\(port)/mcp") }
            #expect(error.label == "connect" && !error.mayHaveExecuted)
        }
    }

    @Test("a server that does not let sessions be deleted is no obstacle to closing", arguments: [405, 404, 500])
    func farewell(status: Int) async throws {
        let script = ScriptedMCP(["DELETE": { _, connection in try connection.answer(status, type: nil) }])
        try await ScriptedHTTPServer.with(script.handler) { server in
            try await Bench.run { bench in try await bench.with(server) { _ in } }
            #expect(server.requests(for: "DELETE").count == 1)
        }
    }

    @Test("the session is deleted also by a task that was cancelled")
    func farewellOfCancelledTask() async throws {
        try await ScriptedHTTPServer.with(ScriptedMCP().handler) { server in
            try await Bench.run { bench in
                let connection = try await bench.open(server.url)
                let task = Task(executorPreference: bench.loop) {
                    withUnsafeCurrentTask { $0?.cancel() }
                    await connection.close()
                }
                await task.value
            }
            #expect(server.requests(for: "DELETE").count == 1)
        }
    }
}
