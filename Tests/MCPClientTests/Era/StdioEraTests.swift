import AsyncIO
import MCPClient
import MCPProtocol
import TestSupport
import Testing

/// MCP 2026-07-28, Lifecycle, "Backward Compatibility".
@Suite("Finding out which era a stdio server speaks")
struct StdioEraTests {
    private static let discovery =
        #"{"resultType":"complete","supportedVersions":["2026-07-28"],"capabilities":{"tools":{}},"ttlMs":0,"cacheScope":"private"}"#
    private static let greeting =
        #"{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"script","version":"1"}}"#
    private static let refusal = #"{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"no such method"}}"#

    private func with(
        _ script: String, verdict: EraVerdict? = nil, era: EraPreference = .auto,
        until deadline: MonotonicInstant = .soon,
        _ body: @escaping @Sendable (Bench, any MCPConnection, ScriptedChild) async throws -> Void
    ) async throws {
        let child = try ScriptedChild(script)
        try await Bench.run { bench in
            let connection = try await StdioServerConnection.open(
                child.command, spawner: bench.spawner, on: bench.loop, options: bench.options { $0.era = era },
                ladder: Bench.quickLadder, verdict: verdict, until: deadline)
            do {
                try await body(bench, connection, child)
                await connection.close()
            } catch {
                await connection.close()
                throw error
            }
        }
    }

    private static func methods(_ child: ScriptedChild) throws -> [String] {
        try child.heard().compactMap { $0["method"]?.string }
    }

    @Test("a server that discovers 2026-07-28 is modern, and is not greeted")
    func modern() async throws {
        try await with("hear; result 1 '\(Self.discovery)'; hear; result 2 '{\"tools\":[]}'; listen") {
            bench, connection, child in
            #expect(connection.revision == .v2026_07_28 && connection.transport == .stdio)
            #expect(connection.verdict?.era == .modern)
            #expect(try await connection.ask("tools/list", on: bench) == #"{"tools":[]}"#)
            #expect(try Self.methods(child) == ["server/discover", "tools/list"])
            let meta = try child.heard("tools/list")?["params"]?["_meta"]
            #expect(meta?["io.modelcontextprotocol/protocolVersion"]?.string == "2026-07-28")
        }
    }

    @Test("a server that answers anything else is greeted by the same process")
    func legacy() async throws {
        try await with("hear; say '\(Self.refusal)'; hear; result 2 '\(Self.greeting)'; listen") {
            bench, connection, child in
            #expect(connection.revision == .v2025_11_25)
            #expect(connection.verdict?.era == .legacy && connection.verdict?.isLasting == true)
            #expect(connection.verdict?.evidence.contains("-32601") == true)
            try await bench.wait(for: "the end of the handshake") {
                try Self.methods(child) == ["server/discover", "initialize", "notifications/initialized"]
            }
        }
    }

    @Test("a server that exits on the question is started again and greeted")
    func exits() async throws {
        // The second process finds the first one's mark.
        let script = #"""
            hear
            case "$line" in *server/discover*) exit 3;; esac
            welcome; listen
            """#
        try await with(script) { bench, connection, child in
            #expect(connection.revision == .v2025_11_25)
            #expect(
                connection.verdict?.evidence.contains("exited") == true, "\(String(describing: connection.verdict))")
            #expect(connection.verdict?.basis == .exit)
            try await bench.wait(for: "the end of the handshake") {
                try Self.methods(child) == ["server/discover", "initialize", "notifications/initialized"]
            }
        }
    }

    @Test("a server that ignores the question is greeted after a while, over the same pipe")
    func silent() async throws {
        try await with("hear; hear; result 2 '\(Self.greeting)'; listen") { bench, connection, child in
            #expect(connection.revision == .v2025_11_25)
            #expect(connection.verdict?.evidence.contains("not answered in 3 s") == true)
            #expect(connection.verdict?.isLasting == true && connection.verdict?.basis == .silence)
            let methods = try Self.methods(child)
            #expect(methods.prefix(2) == ["server/discover", "initialize"])
        }
    }

    @Test("a server that starts slowly and then refuses the greeting is modern")
    func slow() async throws {
        let script = """
            hear; hear; say '{"jsonrpc":"2.0","id":2,"error":{"code":-32601,"message":"no such method"}}'
            result 1 '\(Self.discovery)'; listen
            """
        try await with(script) { _, connection, _ in
            #expect(connection.revision == .v2026_07_28 && connection.verdict?.era == .modern)
        }
    }

    @Test(
        "of a server that starts slowly and answers both, the greeting first, only what it answers is concluded",
        arguments: [
            (#"result 1 '\#(discovery)'"#, false, "after initialize"), ("say '\(refusal)'", true, "-32601"),
        ])
    func slowWithBoth(late: String, isLasting: Bool, evidence: String) async throws {
        try await with("hear; hear; result 2 '\(Self.greeting)'; \(late); listen") { _, connection, _ in
            #expect(connection.revision == .v2025_11_25)
            let verdict = try #require(connection.verdict)
            #expect(verdict.era == .legacy && verdict.isLasting == isLasting)
            #expect(verdict.evidence.contains(evidence), "\(verdict.evidence)")
        }
    }

    @Test("a known legacy server is greeted at once; one that refuses is asked again")
    func known() async throws {
        let known = EraVerdict(.legacy, evidence: "known")
        try await with("shake; listen", verdict: known) { _, connection, child in
            #expect(connection.verdict?.evidence == "known")
            let methods = try Self.methods(child)
            #expect(methods.first == "initialize")
        }
        let replaced = """
            hear
            case "$line" in *server/discover*) result 1 '\(Self.discovery)';; *) say '\(Self.refusal)';; esac
            listen
            """
        try await with(replaced, verdict: known) { _, connection, child in
            #expect(connection.verdict?.era == .modern)
        }
    }

    @Test("where one era is asked for, the other is not tried")
    func configured() async throws {
        try await with("shake; listen", era: .legacy) { _, connection, child in
            #expect(connection.verdict?.evidence == "configured")
            let methods = try Self.methods(child)
            #expect(methods.first == "initialize")
        }
        let error = try await failure {
            try await with("hear; say '\(Self.refusal)'; listen", era: .modern) { _, _, _ in }
        }
        #expect(error.kind == .handshakeRefused && error.detail.contains("-32601"), "\(error)")
    }

    @Test("a server that does nothing is left at the deadline")
    func mute() async throws {
        let error = try await failure {
            try await with("listen", until: .now + .milliseconds(300)) { _, _, _ in }
        }
        #expect(error.kind == .timedOut, "\(error)")
    }

    @Test("the end of the process ends all sessions that share it")
    func end() async throws {
        try await with("hear; result 1 '\(Self.discovery)'; hear; exit 5") { bench, connection, _ in
            let ends = Observed<[MCPClientError]>([])
            let sibling = connection.sibling(
                bench.options { $0.onClose = { error in ends.update { $0.append(error) } } })
            let error = try await failure { try await connection.ask("tools/list", on: bench) }
            #expect(error.kind == .closed && error.mayHaveExecuted, "\(error)")
            try await ends.wait(for: "end of the sibling") { $0.isEmpty ? nil : () }
            try await bench.ends.wait(for: "end of the session") { $0.isEmpty ? nil : () }
            #expect(sibling?.processID == connection.processID)
        }
    }

    @Test("what subscriptions tell finds its subscription; a log message the only call there is")
    func notifications() async throws {
        let script = #"""
            hear
            result 1 '{"resultType":"complete","supportedVersions":["2026-07-28"],"capabilities":{"tools":{"listChanged":true}},"ttlMs":0,"cacheScope":"private"}'
            hear
            say '{"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":{"notifications":{"toolsListChanged":true},"_meta":{"io.modelcontextprotocol/subscriptionId":2}}}'
            say '{"jsonrpc":"2.0","method":"notifications/tools/list_changed","params":{"_meta":{"io.modelcontextprotocol/subscriptionId":2}}}'
            hear
            say '{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"x"}}'
            result 3 '{"content":[]}'
            listen
            """#
        try await with(script) { bench, connection, child in
            try await bench.notifications.wait(for: "news") { $0.isEmpty ? nil : () }
            #expect(bench.notifications.value.map(\.method) == ["notifications/tools/list_changed"])
            let outcome = try await bench.call(connection) { _ in throw NoFailure() }
            #expect(outcome.notifications.map(\.method) == ["notifications/message"])
            await connection.close()
            let cancelled = try child.heard("notifications/cancelled")
            #expect(cancelled?["params"]?["requestId"]?.int == 2)
        }
    }
}
