import AsyncIO
import MCPClient
import MCPProtocol
import TestSupport
import Testing

/// MCP 2025-11-25, Lifecycle, over stdio.
@Suite("Handshake over stdio")
struct StdioHandshakeTests {
    @Test(
        "the newest revision is offered and whatever legacy one is answered is spoken",
        arguments: ProtocolRevision.legacy)
    func negotiates(answered: ProtocolRevision) async throws {
        try await Bench.run { bench in
            let child = try ScriptedChild("shake \(answered.rawValue); listen")
            try await bench.with(child) { connection in
                #expect(connection.revision == answered)
                #expect(connection.initializeResult.serverInfo.name == "script")
                try await bench.wait(for: "notifications/initialized") {
                    try child.heard("notifications/initialized") != nil
                }
            }
            let initialize = try #require(try child.heard("initialize"))
            #expect(initialize["params"]?["protocolVersion"]?.string == "2025-11-25")
            #expect(initialize["params"]?["clientInfo"]?["name"]?.string == "bench")
            #expect(initialize["params"]?["capabilities"]?.members?.isEmpty == true)
        }
    }

    @Test("an older revision can be offered", arguments: ProtocolRevision.legacy)
    func offers(revision: ProtocolRevision) async throws {
        try await Bench.run { bench in
            let child = try ScriptedChild("shake \(revision.rawValue); listen")
            try await bench.with(child, options: bench.options { $0.revision = revision }) { _ in }
            let params = try #require(try child.heard("initialize")?["params"])
            #expect(params["protocolVersion"]?.string == revision.rawValue)
            #expect((params["clientInfo"]?["title"] == nil), "no title was given")
        }
    }

    @Test(
        "an answer that makes no session ends the attempt and the process",
        arguments: [
            (#"welcome 2031-01-01"#, "handshake", "2031-01-01"),
            (#"welcome 2026-07-28"#, "handshake", "2026-07-28"),
            (
                #"say '{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"Unsupported protocol version"}}'"#,
                "handshake", "Unsupported protocol version (-32602)"
            ),
            (#"result 1 '{"capabilities":{}}'"#, "protocol", "protocolVersion"),
            (#"result 1 '"2025-11-25"'"#, "protocol", "result"),
            (#"result 1 '{"protocolVersion":"2025-11-25","capabilities":7}'"#, "protocol", "capabilities"),
            ("exit 7", "closed", "exited with code 7"),
            ("echo 'cannot open display' >&2; exit 7", "closed", "cannot open display"),
            ("kill -9 $$", "closed", "signal 9"),
        ])
    func refused(script: String, label: String, part: String) async throws {
        try await Bench.run { bench in
            let child = try ScriptedChild("hear\n\(script)\nlisten")
            let error = try await failure { try await bench.open(child.command) }
            #expect(error.label == label, "\(error)")
            #expect(error.detail.contains(part), "\(error)")
            #expect(!error.mayHaveExecuted)
        }
    }

    @Test("a command that does not exist is named in the error")
    func missingCommand() async throws {
        try await Bench.run { bench in
            let error = try await failure { try await bench.open(ChildCommand(file: "no-such-command-anywhere")) }
            #expect(error.label == "connect")
            #expect(error.detail.contains("no-such-command-anywhere"), "\(error)")
        }
    }

    @Test("a server that never answers is ended at the deadline, without notifications/cancelled for initialize")
    func silent() async throws {
        try await Bench.run { bench in
            let child = try ScriptedChild("echo waiting for a lock >&2; listen")
            let error = try await failure {
                try await bench.open(child.command, until: .now + .seconds(5))
            }
            #expect(error.label == "timeout")
            #expect(error.detail.contains("initialize") && error.detail.contains("waiting for a lock"), "\(error)")
            // initialize must not be cancelled (MCP 2025-11-25, Cancellation, "Behavior Requirements").
            #expect(try child.heard().compactMap { $0["method"]?.string } == ["initialize"])
        }
    }

    @Test("banners and lines that are not JSON-RPC around the handshake are passed over and counted")
    func banners() async throws {
        try await Bench.run { bench in
            let child = try ScriptedChild(
                """
                say 'Starting server...'; say ''; say '{"level":"info"}'; say '[1,2'
                hear; say 'ready'; welcome; hear; listen
                """)
            try await bench.with(child) { connection in
                // The empty line is nothing at all.
                #expect(await connection.ignoredLines == 4)
            }
        }
    }

    @Test("a child that ignores the end of its input and SIGTERM is killed when its handshake fails")
    func stubborn() async throws {
        try await Bench.run { bench in
            let child = try ScriptedChild("trap '' TERM; hear; while :; do sleep 0.05; done")
            let ladder = TerminationLadder(endOfInput: .milliseconds(50), terminate: .milliseconds(50))
            let error = try await failure {
                try await bench.open(child.command, ladder: ladder, until: .now + .milliseconds(100))
            }
            #expect(error.label == "timeout")
        }
    }
}
