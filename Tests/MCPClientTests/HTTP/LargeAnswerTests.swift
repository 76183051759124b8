import AsyncIO
import MCPClient
import MCPProtocol
import TestSupport
import Testing

/// Answers beyond ``ConnectionOptions/streamThreshold``, which pass through.
@Suite("Large answers over Streamable HTTP")
struct LargeAnswerTests {
    private static let piece = String(repeating: "0123456789abcdef", count: 4096)  // 64 KiB

    /// Calls a server that answers with `onCall`, and hands the stream of its answer to `body`.
    private func with(
        options change: @escaping @Sendable (inout ConnectionOptions) -> Void = { _ in },
        onCall: @escaping ScriptedHTTPServer.Handler,
        _ body: @escaping @Sendable (Bench, any MCPExchange, ScriptedHTTPServer) async throws -> Void
    ) async throws {
        try await ScriptedHTTPServer.with(ScriptedMCP(["tools/call": onCall]).handler) { server in
            try await Bench.run { bench in
                try await bench.with(server, options: bench.options(change)) { connection in
                    try await body(bench, try await connection.beginCall(on: bench), server)
                }
            }
        }
    }

    private static func stream(of call: any MCPExchange) async throws -> any OutcomeStream {
        guard case .stream(let stream) = try await call.next(until: .soon) else {
            throw NotStreamed()
        }
        return stream
    }

    struct NotStreamed: Error {}

    /// - Returns: how many bytes came before the error.
    private static func readToFailure(_ stream: any OutcomeStream) async throws -> (bytes: Int, error: MCPClientError) {
        var count = 0
        do throws(MCPClientError) {
            while let piece = try await stream.next(until: .soon) { count += piece.count }
        } catch {
            return (count, error)
        }
        throw NoFailure()
    }

    @Test(
        "every byte of the result arrives, with the id before or after it", arguments: ["before", "after"],
        [false, true])
    func whole(idPlace: String, inChunks: Bool) async throws {
        try await with { request, connection in
            let before =
                idPlace == "before"
                ? #"{"jsonrpc":"2.0","id":\#(request.id),"result": "#
                : #"{"result": "#
            let after = idPlace == "before" ? " }" : #" ,"id":\#(request.id),"jsonrpc":"2.0"}"#
            let value = #"{"a" : "\#(Array(repeating: Self.piece, count: 16).joined())", "n":1.0e+2}"#
            if !inChunks { return try connection.answer(before + value + after) }
            try connection.beginChunks(type: "application/json; charset=utf-8")
            try connection.chunk(before)
            var rest = value[...]
            while !rest.isEmpty {
                try connection.chunk(String(rest.prefix(10_007)))
                rest = rest.dropFirst(10_007)
            }
            try connection.chunk(after)
            try connection.endChunks()
        } _: { _, call, _ in
            let stream = try await Self.stream(of: call)
            #expect(stream.member == "result")
            var bytes: [UInt8] = []
            while let piece = try await stream.next(until: .soon) { bytes += piece }
            let expected = #"{"a" : "\#(Array(repeating: Self.piece, count: 16).joined())", "n":1.0e+2}"#
            #expect(bytes == Array(expected.utf8))
        }
    }

    @Test("a large error is an error for those who want it whole")
    func largeError() async throws {
        let script = ScriptedMCP([
            "tools/call": { request, connection in
                let data = Array(repeating: Self.piece, count: 8).joined()
                try connection.answer(
                    #"{"jsonrpc":"2.0","id":\#(request.id),"error":{"code":-32000,"message":"big","data":"\#(data)"}}"#)
            }
        ])
        try await ScriptedHTTPServer.with(script.handler) { server in
            try await Bench.run { bench in
                try await bench.with(server) { connection in
                    let answer = try await connection.ask("tools/call", on: bench)
                    #expect(answer == "error -32000: big")
                }
            }
        }
    }

    @Test("while nobody reads, the server cannot send on; once somebody does, all comes")
    func backPressure() async throws {
        let sending = Observed<ScriptedConnection?>(nil)
        let count = 800  // 50 MiB
        try await with { request, connection in
            sending.update { $0 = connection }
            let frame = #"{"jsonrpc":"2.0","id":\#(request.id),"result":""}"#.utf8.count
            try connection.write(
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                    + "Content-Length: \(frame + count * Self.piece.utf8.count)\r\n\r\n"
                    + #"{"jsonrpc":"2.0","id":\#(request.id),"result":""#)
            let piece = Array(Self.piece.utf8)
            for _ in 0..<count { try connection.write(piece) }
            try connection.write(#""}"#)
        } _: { bench, call, _ in
            let stream = try await Self.stream(of: call)
            let connection = try #require(sending.value)
            // The server's bytes come to rest where the socket buffers are full, well below the whole.
            var last = -1
            try await bench.wait(for: "rest of the server") {
                defer { last = connection.sentBytes }
                try await bench.loop.sleep(for: .milliseconds(100))
                return connection.sentBytes == last
            }
            #expect(connection.sentBytes < 16 << 20, "\(connection.sentBytes) bytes were sent to nobody")
            var bytes = 0
            while let piece = try await stream.next(until: .soon) { bytes += piece.count }
            #expect(bytes == count * Self.piece.utf8.count + 2)
        }
    }

    @Test(
        "an answer that turns out to be wrong midway is an error, after what had been handed out",
        arguments: [
            ("\u{01}", "protocol"), ("\"} garbage", "protocol"), ("\"}", "protocol"), (#"","id":777}"#, "protocol"),
            (#"","result":1,"id":ID}"#, "protocol"), ("cut", "closed"),
        ])
    func malformedMidway(end: String, label: String) async throws {
        try await with { request, connection in
            try connection.beginChunks(type: "application/json")
            try connection.chunk(#"{"jsonrpc":"2.0","result":""#)
            for _ in 0..<8 { try connection.chunk(Self.piece) }
            if end == "cut" { return connection.close() }
            try connection.chunk(end.replacing("ID", with: request.id))
            try connection.endChunks()
        } _: { _, call, _ in
            let (bytes, error) = try await Self.readToFailure(try await Self.stream(of: call))
            #expect(bytes > 0)
            #expect(error.label == label, "\(error)")
            #expect(error.mayHaveExecuted)
        }
    }

    @Test("an answer over the limit is an error that names it, whether it comes as a result or before one")
    func limit() async throws {
        try await with(options: { $0.maxResultBytes = 1 << 20 }) { request, connection in
            try connection.beginChunks(type: "application/json")
            try connection.chunk(#"{"jsonrpc":"2.0","id":\#(request.id),"result":""#)
            for _ in 0..<32 { try connection.chunk(Self.piece) }
        } _: { _, call, _ in
            let (bytes, error) = try await Self.readToFailure(try await Self.stream(of: call))
            #expect(error.kind == .tooLarge(limit: 1 << 20))
            #expect(error.detail.contains("\(1 << 20)"), "\(error)")
            #expect(bytes <= 1 << 20)
        }
        try await with(options: { $0.maxResultBytes = 1 << 20 }) { request, connection in
            try connection.beginChunks(type: "application/json")
            try connection.chunk(#"{"jsonrpc":"2.0","#)
            for _ in 0..<32 { try connection.chunk(String(repeating: " ", count: 65536)) }
        } _: { _, call, _ in
            let error = try await failure { try await call.next(until: .soon) }
            #expect(error.kind == .tooLarge(limit: 1 << 20), "\(error)")
        }
    }

    @Test("an answer that stops before its outcome runs into the deadline, and the server is told")
    func stallsBeforeOutcome() async throws {
        try await with { request, connection in
            try connection.beginChunks(type: "application/json")
            try connection.chunk(#"{"jsonrpc":"2.0","#)
            for _ in 0..<8 { try connection.chunk(String(repeating: " ", count: 65536)) }
            connection.waitForClose()
        } _: { _, call, server in
            let error = try await failure { try await call.next(until: .now + .milliseconds(300)) }
            #expect(error.label == "timeout", "\(error)")
            await call.cancel(reason: "too slow")
            try await server.request(for: "notifications/cancelled")
        }
    }

    @Test("letting go of the rest ends the transfer")
    func cancelled() async throws {
        let sending = Observed<ScriptedConnection?>(nil)
        let isCut = Observed(false)
        try await with { request, connection in
            sending.update { $0 = connection }
            try connection.beginChunks(type: "application/json")
            try connection.chunk(#"{"jsonrpc":"2.0","id":\#(request.id),"result":""#)
            do {
                while true { try connection.chunk(Self.piece) }
            } catch {
                isCut.update { $0 = true }
            }
        } _: { _, call, _ in
            let stream = try await Self.stream(of: call)
            _ = try await stream.next(until: .soon)
            await stream.cancel()
            try await isCut.wait(for: "cut") { $0 ? () : nil }
        }
    }

    @Test("a reader waiting for more when the rest is let go of is told")
    func cancelledWhileReading() async throws {
        try await with { request, connection in
            try connection.beginChunks(type: "application/json")
            try connection.chunk(#"{"jsonrpc":"2.0","id":\#(request.id),"result":""#)
            for _ in 0..<8 { try connection.chunk(Self.piece) }
            connection.waitForClose()
        } _: { bench, call, _ in
            let stream = try await Self.stream(of: call)
            let reading = Task(executorPreference: bench.loop) { try await Self.readToFailure(stream) }
            try await bench.loop.sleep(for: .milliseconds(50))
            await stream.cancel()
            #expect(try await reading.value.error.label == "cancelled")
        }
    }
}
