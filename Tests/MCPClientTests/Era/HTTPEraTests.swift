import AsyncIO
import MCPClient
import MCPProtocol
import TestSupport
import Testing

/// MCP 2026-07-28, Lifecycle, "Backward Compatibility".
@Suite("Finding out which era an HTTP server speaks")
struct HTTPEraTests {
    @Test("a server that discovers 2026-07-28 is modern, and is not greeted")
    func modern() async throws {
        try await Bench.run { bench in
            try await bench.withModern(ScriptedModern(), options: { $0.era = .auto }) { connection, server in
                #expect(connection.revision == .v2026_07_28 && connection.transport == .streamableHTTP)
                #expect(connection.verdict?.era == .modern)
                #expect(connection.verdict?.evidence == "server/discover lists 2026-07-28")
                #expect(connection.initializeResult.serverInfo.name == "scripted")
                #expect(connection.initializeResult.instructions == "Be kind.")
                #expect(try await connection.ask("ping", on: bench) == "{}")
                let probe = try #require(server.requests.value.first)
                #expect(probe[field: "MCP-Protocol-Version"] == "2026-07-28")
                #expect(probe[field: "Mcp-Method"] == "server/discover")
                #expect(probe.json?["id"]?.int != nil)
                #expect(server.requests.value.map(\.call) == ["server/discover"])
            }
        }
    }

    struct LegacyAnswer: Sendable, CustomTestStringConvertible {
        let status: Int
        let body: String
        var isLasting = true

        var testDescription: String { "\(status) \(body)" }

        static func error(_ code: Int, id: String = "ID", status: Int = 200, data: String = "null") -> LegacyAnswer {
            LegacyAnswer(
                status: status,
                body: #"{"jsonrpc":"2.0","id":\#(id),"error":{"code":\#(code),"message":"no","data":\#(data)}}"#)
        }

        static let all: [LegacyAnswer] = [
            .error(-32601), .error(-32601, status: 404), .error(-32000, id: "null", status: 400), .error(-32600),
            .error(-32602), .error(-32600, id: #""server-error""#, status: 400),
            .error(-32022, status: 400, data: #"{"supported":["2025-11-25","2025-06-18"]}"#),
            .error(-32022, status: 400), .init(status: 400, body: "bad"), .init(status: 404, body: "invalid session"),
            .init(status: 405, body: ""), .init(status: 406, body: ""), .init(status: 415, body: ""),
            .init(status: 200, body: ""), .init(status: 202, body: ""), .init(status: 204, body: ""),
            .init(status: 200, body: #"{"jsonrpc":"2.0","id":ID,"result":{"supportedVersions":["2025-11-25"]}}"#),
            .init(status: 200, body: #"{"jsonrpc":"2.0","id":ID,"result":{}}"#),
            .init(status: 500, body: "oops", isLasting: false), .init(status: 403, body: "", isLasting: false),
            LegacyAnswer(status: 400, body: LegacyAnswer.error(-32020).body, isLasting: false),
            LegacyAnswer(status: 400, body: LegacyAnswer.error(-32021).body, isLasting: false),
        ]
    }

    @Test("whatever else is answered, the server is greeted as a legacy one", arguments: LegacyAnswer.all)
    func legacy(answer: LegacyAnswer) async throws {
        let script = ScriptedMCP([
            "server/discover": { request, connection in
                try connection.answer(answer.status, answer.body.replacing("ID", with: request.id))
            }
        ])
        try await ScriptedHTTPServer.with(script.handler) { server in
            try await Bench.run { bench in
                try await bench.with(.auto, server) { connection in
                    #expect(connection.revision == .v2025_11_25)
                    let verdict = try #require(connection.verdict)
                    #expect(verdict.era == .legacy && verdict.isLasting == answer.isLasting, "\(verdict.evidence)")
                    #expect(verdict.evidence.contains("server"))
                }
            }
            // What only a modern server says is asked about once more.
            let isDoubtful = answer.body.contains("-32020") || answer.body.contains("-32021")
            #expect(server.requests(for: "server/discover").count == (isDoubtful ? 2 : 1))
            #expect(server.requests(for: "initialize").count == 1)
        }
    }

    @Test("a server that closes without an answer is greeted, but nothing is concluded from that")
    func closed() async throws {
        let script = ScriptedMCP(["server/discover": { _, connection in connection.reset() }])
        try await ScriptedHTTPServer.with(script.handler) { server in
            try await Bench.run { bench in
                try await bench.with(.auto, server) { #expect($0.verdict?.isLasting == false) }
            }
        }
    }

    @Test("a server that is silent is greeted before the time is over")
    func silent() async throws {
        let script = ScriptedMCP(["server/discover": { _, connection in connection.waitForClose() }])
        try await ScriptedHTTPServer.with(script.handler) { server in
            try await Bench.run { bench in
                let deadline = MonotonicInstant.now + .seconds(2)
                try await bench.with(.auto, server, until: deadline) { connection in
                    #expect(connection.verdict?.era == .legacy && connection.verdict?.isLasting == false)
                }
            }
        }
    }

    @Test(
        "where there is no verdict, there is no second attempt",
        arguments: [
            (401, "", "auth"), (429, "", "status"),
            (
                400,
                #"{"jsonrpc":"2.0","id":ID,"error":{"code":-32022,"message":"x","data":{"supported":["2031-01-01"]}}}"#,
                "handshake"
            ), (200, #"{"jsonrpc":"2.0","id":ID,"result":{"supportedVersions":["2031-01-01"]}}"#, "handshake"),
        ])
    func failure(status: Int, body: String, label: String) async throws {
        let script = ScriptedMCP([
            "server/discover": { request, connection in
                try connection.answer(status, body.replacing("ID", with: request.id))
            }
        ])
        try await ScriptedHTTPServer.with(script.handler) { server in
            try await Bench.run { bench in
                let error = try await MCPClientTests.failure { try await bench.with(.auto, server) { _ in } }
                #expect(error.label == label, "\(error)")
            }
            #expect(server.requests(for: "initialize").isEmpty)
        }
    }

    @Test("a server that refuses the first attempt, but supports the revision, is asked again")
    func again() async throws {
        let count = Observed(0)
        let usual = ScriptedModern().handler
        let script = ScriptedModern(handlers: [
            "server/discover": { request, connection in
                count.update { $0 += 1 }
                guard count.value == 1 else { return try usual(request, connection) }
                try connection.error(
                    -32022, "no", of: request, status: 400, data: #"{"supported":["2026-07-28"],"requested":"x"}"#)
            }
        ])
        try await Bench.run { bench in
            try await bench.withModern(script) { connection, _ in #expect(connection.verdict?.era == .modern) }
        }
    }

    @Test("a known verdict saves the question; one that turns out wrong is found out anew")
    func known() async throws {
        let legacy = EraVerdict(.legacy, evidence: "known")
        try await ScriptedHTTPServer.with(ScriptedMCP().handler) { server in
            try await Bench.run { bench in
                for verdict in [legacy, EraVerdict(.legacy, evidence: "x", isLasting: false)] {
                    let connection = try await HTTPServerConnection.open(
                        HTTPEndpoint(url: server.url), kind: .auto, clients: bench.clients, on: bench.loop,
                        options: bench.options(), verdict: verdict, until: .soon)
                    #expect(connection.revision.isLegacy)
                    await connection.close()
                }
            }
            // The one that did not last was asked for again.
            #expect(server.requests(for: "server/discover").count == 1)
        }
        try await Bench.run { bench in
            try await bench.withModern(ScriptedModern(), options: { $0.era = .auto }) { connection, server in
                let verdict = try #require(connection.verdict)
                for known in [verdict, legacy] {
                    let other = try await HTTPServerConnection.open(
                        HTTPEndpoint(url: server.url), kind: .auto, clients: bench.clients, on: bench.loop,
                        options: bench.options(), verdict: known, until: .soon)
                    #expect(other.revision == .v2026_07_28)
                    await other.close()
                }
                #expect(
                    server.requests.value.map(\.call) == ["server/discover", "initialize", "server/discover"])
            }
        }
    }

    @Test("what is known of a server stays as old as it is, over HTTP+SSE too")
    func knownOverSSE() async throws {
        let known = EraVerdict(.legacy, evidence: "known", time: .now + .seconds(-3600))
        try await ScriptedHTTPServer.with(ScriptedSSE().handler) { server in
            try await Bench.run { bench in
                for (verdict, evidence) in [(known, "known"), (nil, "HTTP+SSE is configured")] {
                    let connection = try await HTTPServerConnection.open(
                        HTTPEndpoint(url: server.url), kind: .sse, clients: bench.clients, on: bench.loop,
                        options: bench.options(), verdict: verdict, until: .soon)
                    #expect(connection.verdict?.evidence == evidence)
                    if let verdict { #expect(connection.verdict?.time == verdict.time) }
                    await connection.close()
                }
            }
        }
    }

    @Test("legacy verdicts last a day, modern ones until they are wrong")
    func expiry() {
        let verdict = EraVerdict(.legacy, evidence: "x")
        #expect(verdict.isUsable(now: verdict.time + .seconds(86_399)))
        #expect(!verdict.isUsable(now: verdict.time + .seconds(86_401)))
        let modern = EraVerdict(.modern, evidence: "x")
        #expect(modern.isUsable(now: modern.time + .seconds(1_000_000)))
        #expect(!EraVerdict(.legacy, evidence: "x", isLasting: false).isUsable(now: .now))
    }

    @Test("where one era is asked for, the other is not tried")
    func configured() async throws {
        try await ScriptedHTTPServer.with(ScriptedMCP().handler) { server in
            try await Bench.run { bench in
                try await bench.with(.auto, server, options: bench.options { $0.era = .legacy }) { connection in
                    #expect(connection.verdict?.evidence == "configured")
                }
                #expect(server.requests(for: "server/discover").isEmpty)
                let error = try await MCPClientTests.failure {
                    try await bench.with(.auto, server, options: bench.options { $0.era = .modern }) { _ in }
                }
                #expect(error.label == "handshake" && error.detail.contains("2026-07-28"), "\(error)")
                #expect(server.requests(for: "initialize").count == 1)
            }
        }
    }
}
