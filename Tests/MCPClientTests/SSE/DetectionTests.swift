import AsyncIO
import MCPClient
import MCPProtocol
import TestSupport
import Testing

/// MCP 2025-11-25, Transports, "Backwards Compatibility".
@Suite("Finding out which HTTP transport a server speaks")
struct DetectionTests {
    @Test("a server that takes the POST is spoken to over Streamable HTTP")
    func streamable() async throws {
        try await ScriptedHTTPServer.with(ScriptedMCP().handler) { server in
            try await Bench.run { bench in
                try await bench.with(.auto, server) { connection in #expect(connection.transport == .streamableHTTP) }
            }
            #expect(server.requests(for: "initialize").count == 1)
        }
    }

    @Test(
        "a server that does not, and has a stream that names an address, is spoken to over HTTP+SSE",
        arguments: [
            (405, ""), (404, "<h1>Not Found</h1>"), (400, "bad request"), (415, ""), (422, "{}"),
            (400, #"{"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"no session"}}"#),
        ])
    func sse(status: Int, body: String) async throws {
        let usual = ScriptedSSE().handler
        let handler: ScriptedHTTPServer.Handler = { request, connection in
            if request.method == "POST", request.target == "/mcp" {
                return try connection.answer(status, type: "text/html", body)
            }
            try usual(request, connection)
        }
        try await ScriptedHTTPServer.with(handler) { server in
            try await Bench.run { bench in
                try await bench.with(.auto, server) { connection in
                    #expect(connection.transport == .sse)
                    let answer = try await connection.ask("ping", on: bench)
                    #expect(answer == "{}")
                }
            }
        }
    }

    @Test(
        "what is neither is reported with what both attempts said, or with the server's own words",
        arguments: [
            (404, "nothing", "status", ["404", "\"nothing\"", "HTTP+SSE", "405"]),
            (405, "", "status", ["405", "HTTP+SSE"]),
            (
                400, #"{"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"go away"}}"#, "handshake",
                ["go away (-32000)"]
            ),
            (
                400, #"{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"bad version"}}"#, "handshake",
                ["bad version"]
            ),
            (401, "", "auth", ["401"]), (403, "", "auth", ["403"]), (429, "", "status", ["429"]),
            (408, "", "status", ["408"]), (500, "oops", "status", ["500"]), (202, "", "status", ["202"]),
        ])
    func neither(status: Int, body: String, label: String, parts: [String]) async throws {
        let asksForStream =
            (400..<500).contains(status) && ![401, 403, 408, 429].contains(status)
            && !body.contains(#""id":1"#)
        let script = ScriptedMCP([
            "initialize": { _, connection in try connection.answer(status, type: "application/json", body) }
        ])
        try await ScriptedHTTPServer.with(script.handler) { server in
            try await Bench.run { bench in
                let error = try await failure { try await bench.with(.auto, server) { _ in } }
                #expect(error.label == label, "\(error)")
                for part in parts { #expect(error.detail.contains(part), "\(error)") }
            }
            #expect(server.requests(for: "GET").count == (asksForStream ? 1 : 0))
            #expect(server.requests(for: "initialize").count == 1)
        }
    }

    @Test("a stream that never names an address is left at the deadline, and both facts are told")
    func silentStream() async throws {
        let script = ScriptedMCP([
            "initialize": { _, connection in try connection.answer(404, type: nil) },
            "GET": { _, connection in
                try connection.beginEvents()
                connection.waitForClose()
            },
        ])
        try await ScriptedHTTPServer.with(script.handler) { server in
            try await Bench.run { bench in
                var patience = Duration.milliseconds(200)
                var error: MCPClientError
                repeat {
                    let deadline = MonotonicInstant.now + patience
                    error = try await failure { try await bench.with(.auto, server, until: deadline) { _ in } }
                    patience = patience * 3
                    // On a busy machine the first attempt itself may take that long.
                } while error.kind == .timedOut && patience < .seconds(20)
                #expect(error.kind == .unexpectedStatus(404) && error.detail.contains("HTTP+SSE"), "\(error)")
            }
        }
    }
}
