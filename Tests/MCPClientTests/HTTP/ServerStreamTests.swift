import AsyncIO
import MCPClient
import MCPProtocol
import TestSupport
import Testing

/// MCP 2025-11-25, Transports, "Listening for Messages from the Server".
@Suite("The stream for unsolicited messages")
struct ServerStreamTests {
    private static let listChanged = #"{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}"#

    private func with(
        onGet: @escaping ScriptedHTTPServer.Handler,
        _ body: @escaping @Sendable (Bench, StreamableHTTPConnection, ScriptedHTTPServer) async throws -> Void
    ) async throws {
        try await ScriptedHTTPServer.with(ScriptedMCP(["GET": onGet]).handler) { server in
            try await Bench.run { bench in
                try await bench.with(server) { connection in try await body(bench, connection, server) }
            }
        }
    }

    @Test("list_changed on it reaches the connection's owner, requests on it are answered")
    func messages() async throws {
        try await with { _, connection in
            try connection.beginEvents()
            try connection.chunk(": hello\n\n")
            try connection.event("garbage")
            try connection.event(Self.listChanged)
            try connection.event(#"{"jsonrpc":"2.0","id":"ping-1","method":"ping"}"#)
            connection.waitForClose()
        } _: { bench, _, server in
            try await bench.wait(for: "notification") { bench.notifications.value.count == 1 }
            #expect(bench.notifications.value.first?.method == "notifications/tools/list_changed")
            try await server.requests.wait(for: "pong") { $0.first { $0.json?["id"]?.string == "ping-1" }.map { _ in } }
        }
    }

    @Test("a server that has none is asked once", arguments: [405, 404, 400, 401])
    func notOffered(status: Int) async throws {
        try await with { _, connection in
            try connection.answer(status, type: nil)
        } _: { bench, connection, server in
            try await server.request(for: "GET")
            let answer = try await connection.ask("ping", on: bench)
            #expect(answer.hasPrefix("error"))
            #expect(server.requests(for: "GET").count == 1)
            #expect(bench.ends.value.isEmpty)
        }
    }

    @Test("a stream that ends is opened again after the pause the server asked for, with the last event's id")
    func resumes() async throws {
        try await with { request, connection in
            let isFirst = request[field: "Last-Event-ID"] == nil
            try connection.beginEvents()
            try connection.chunk(isFirst ? "retry: 30\nid: event-7\ndata: \(Self.listChanged)\n\n" : ": back\n\n")
            if isFirst { return try connection.endChunks() }
            connection.waitForClose()
        } _: { bench, _, server in
            let second = try await server.request(for: "GET") { $0[field: "Last-Event-ID"] != nil }
            #expect(second[field: "Last-Event-ID"] == "event-7")
            #expect(bench.notifications.value.count == 1)
        }
    }

    @Test("404 where a stream was before means that the session is gone")
    func expired() async throws {
        let isExpired = Observed(false)
        try await with { _, connection in
            if isExpired.update({ expired in
                defer { expired = true }
                return expired
            }) {
                return try connection.answer(404, type: nil)
            }
            try connection.beginEvents()
            try connection.chunk("retry: 10\n\n: hello\n\n")
            try connection.endChunks()
        } _: { bench, _, _ in
            try await bench.wait(for: "news of the end") { !bench.ends.value.isEmpty }
            #expect(bench.ends.value.map(\.label) == ["session"])
        }
    }

    @Test("closing the connection ends it")
    func closing() async throws {
        let isClosed = Observed(false)
        try await with { _, connection in
            try connection.beginEvents()
            connection.waitForClose()
            isClosed.update { $0 = true }
        } _: { _, connection, server in
            try await server.request(for: "GET")
            await connection.close()
            try await isClosed.wait(for: "end of the stream") { $0 ? () : nil }
        }
    }
}
