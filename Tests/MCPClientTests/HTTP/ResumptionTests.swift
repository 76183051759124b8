import AsyncIO
import MCPClient
import MCPProtocol
import TestSupport
import Testing

/// MCP 2025-11-25, Transports, "Resumability and Redelivery".
@Suite("Resuming a broken answer")
struct ResumptionTests {
    private static func progress(_ value: Int) -> String {
        #"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":2,"progress":\#(value)}}"#
    }

    private static func answer(_ text: String) -> String { #"{"jsonrpc":"2.0","id":2,"result":"\#(text)"}"# }

    /// Runs `body` with a connection to a server whose calls are answered by `onCall`, and resumptions by `onResume`.
    private func with(
        onCall: @escaping ScriptedHTTPServer.Handler, onResume: @escaping ScriptedHTTPServer.Handler,
        _ body: @escaping @Sendable (Bench, StreamableHTTPConnection, ScriptedHTTPServer) async throws -> Void
    ) async throws {
        let script = ScriptedMCP([
            "tools/call": onCall,
            "GET": { request, connection in
                guard request[field: "Last-Event-ID"] != nil else { return try connection.answer(405, type: nil) }
                try onResume(request, connection)
            },
        ])
        try await ScriptedHTTPServer.with(script.handler) { server in
            try await Bench.run { bench in
                try await bench.with(server) { connection in try await body(bench, connection, server) }
            }
        }
    }

    private static func resumptions(of server: ScriptedHTTPServer) -> [String] {
        server.requests(for: "GET").compactMap { $0[field: "Last-Event-ID"] }
    }

    @Test(
        "a stream that breaks off after an id goes on where it was, and nothing comes twice",
        arguments: ["end", "close", "reset"])
    func resumes(how: String) async throws {
        try await with { _, connection in
            try connection.beginEvents()
            try connection.chunk("retry: 20\nid: e1\ndata: \(Self.progress(1))\n\n")
            switch how {
            case "end": try connection.endChunks()
            case "close":
                try connection.chunk("id: e2\ndata: {\"jsonrpc\"")
                connection.close()
            default: connection.reset()
            }
        } onResume: { _, connection in
            try connection.beginEvents()
            // A server that replays one too many.
            try connection.chunk("id: e1\ndata: \(Self.progress(1))\n\n")
            try connection.chunk("id: e2\ndata: \(Self.progress(2))\n\n")
            try connection.chunk("id: e3\ndata: \(Self.answer("whole"))\n\nid: e3\ndata: \(Self.answer("twice"))\n\n")
            try connection.endChunks()
        } _: { bench, connection, server in
            let call = try await connection.beginCall(on: bench)
            var seen: [String] = []
            while case .notification(let notification) = try await call.next(until: .soon) {
                seen.append(notification.params?.member("progress")?.text ?? "?")
            }
            // A reset may overtake what was sent before it.
            #expect(seen == ["1", "2"] || (how == "reset" && seen == ["2"]))
            #expect(Self.resumptions(of: server) == ["e1"])
            #expect(server.requests(for: "tools/call").count == 1)
            let resumption = try #require(server.requests(for: "GET").last)
            #expect(resumption[field: "Mcp-Session-Id"] == "scripted-session")
            #expect(resumption[field: "Accept"] == "text/event-stream")
            #expect(server.requests(for: "notifications/cancelled").isEmpty)
        }
    }

    @Test("a server may end the connection as often as it likes without ending the stream")
    func polling() async throws {
        let polls = Observed(0)
        try await with { _, connection in
            try connection.beginEvents()
            try connection.chunk("id: p0\nretry: 10\ndata:\n\n")
            try connection.endChunks()
        } onResume: { _, connection in
            let poll = polls.update { polls in
                polls += 1
                return polls
            }
            try connection.beginEvents()
            try connection.chunk("id: p\(poll)\ndata:\n\n")
            if poll == 8 { try connection.chunk("id: last\ndata: \(Self.answer("polled"))\n\n") }
            try connection.endChunks()
        } _: { bench, connection, server in
            let answer = try await connection.beginCall(on: bench).answer()
            #expect(answer == #""polled""#)
            #expect(Self.resumptions(of: server) == (0..<8).map { "p\($0)" })
        }
    }

    @Test("attempts that bring nothing come to an end")
    func fruitless() async throws {
        try await with { _, connection in
            try connection.beginEvents()
            try connection.chunk("id: only\nretry: 1\ndata:\n\n")
            try connection.endChunks()
        } onResume: { _, connection in
            try connection.beginEvents()
            try connection.endChunks()
        } _: { bench, connection, server in
            let error = try await failure { try await connection.ask("tools/call", on: bench) }
            #expect(error.label == "closed" && error.mayHaveExecuted, "\(error)")
            #expect(Self.resumptions(of: server) == Array(repeating: "only", count: 5))
        }
    }

    @Test("without an id there is nothing to resume from", arguments: ["", "id: a\ndata:\n\nid:\ndata:\n\n"])
    func noID(preface: String) async throws {
        try await with { _, connection in
            try connection.beginEvents()
            if !preface.isEmpty { try connection.chunk(preface) }
            try connection.event(Self.progress(1))
            try connection.endChunks()
        } onResume: { _, connection in
            try connection.answer(500, type: nil)
        } _: { bench, connection, server in
            let error = try await failure { try await connection.ask("tools/call", on: bench) }
            #expect(error.label == "closed" && error.mayHaveExecuted, "\(error)")
            #expect(Self.resumptions(of: server).isEmpty)
        }
    }

    @Test(
        "a server that does not resume is one whose answer is lost",
        arguments: [(405, "closed", 0), (404, "session", 1), (400, "closed", 0), (204, "closed", 0)])
    func refused(status: Int, label: String, ends: Int) async throws {
        try await with { _, connection in
            try connection.beginEvents()
            try connection.chunk("id: e1\nretry: 10\ndata:\n\n")
            try connection.endChunks()
        } onResume: { _, connection in
            try connection.answer(status, type: nil)
        } _: { bench, connection, server in
            let error = try await failure { try await connection.ask("tools/call", on: bench) }
            #expect(error.label == label && error.mayHaveExecuted, "\(error)")
            #expect(Self.resumptions(of: server).count == 1)
            #expect(bench.ends.value.count == ends)
        }
    }

    @Test(
        "giving up while the stream is interrupted leaves nothing behind and tells the server",
        arguments: [true, false])
    func cancelled(whileWaiting: Bool) async throws {
        try await with { _, connection in
            try connection.beginEvents()
            try connection.chunk("id: e1\nretry: \(whileWaiting ? 60_000 : 10)\ndata: \(Self.progress(1))\n\n")
            try connection.endChunks()
        } onResume: { _, connection in
            connection.waitForClose()
        } _: { bench, connection, server in
            let call = try await connection.beginCall(on: bench)
            guard case .notification = try await call.next(until: .soon) else { throw NoFailure() }
            let waiting = Task(executorPreference: bench.loop) { try await call.next(until: .distantFuture) }
            if whileWaiting {
                // The end of the stream has to arrive; there is no outer sign of it.
                try await bench.loop.sleep(for: .milliseconds(50))
            } else {
                try await server.request(for: "GET") { $0[field: "Last-Event-ID"] != nil }
            }
            await call.cancel(reason: "enough")
            #expect(try await failure { try await waiting.value }.label == "cancelled")
            let told = try await server.request(for: "notifications/cancelled")
            #expect(told.json?["params"]?["requestId"]?.int == Int(call.id))
            #expect(Self.resumptions(of: server).count == (whileWaiting ? 0 : 1))
        }
    }

    @Test("a deadline that passes while the stream is interrupted ends the wait, not the exchange")
    func deadline() async throws {
        try await with { _, connection in
            try connection.beginEvents()
            try connection.chunk("id: e1\nretry: 300\ndata: \(Self.progress(1))\n\n")
            try connection.endChunks()
        } onResume: { _, connection in
            try connection.beginEvents()
            try connection.chunk("id: e2\ndata: \(Self.answer("late"))\n\n")
            try connection.endChunks()
        } _: { bench, connection, server in
            let call = try await connection.beginCall(on: bench)
            guard case .notification = try await call.next(until: .soon) else { throw NoFailure() }
            let error = try await failure { try await call.next(until: .now + .milliseconds(50)) }
            #expect(error.label == "timeout" && error.mayHaveExecuted)
            #expect(try await call.answer() == #""late""#)
            #expect(server.requests(for: "notifications/cancelled").isEmpty)
        }
    }
}
