import AsyncIO
import MCPClient
import MCPProtocol
import TestSupport
import Testing

/// HTTP+SSE against the reference server, a real process; which transport it is has to be found out first.
@Suite("HTTP+SSE with the reference server")
struct ReferenceSSETests {
    private static func call(_ tool: String, _ arguments: String = "{}") -> String {
        #"{"name":"\#(tool)","arguments":\#(arguments)}"#
    }

    private func with(_ body: @escaping @Sendable (Bench, any MCPConnection) async throws -> Void) async throws {
        let command = try RunningProcess.Command.built("reference-server", ["--http", "127.0.0.1:0"])
        try await RunningProcess.with(command) { process in
            let line = try await process.line("URL") { $0.hasPrefix("listening on ") }
            let url = line.dropFirst("listening on ".count).replacing("/mcp", with: "/sse")
            try await Bench.run { bench in
                let connection = try await HTTPServerConnection.open(
                    HTTPEndpoint(url: String(url)), kind: .auto, clients: bench.clients, on: bench.loop,
                    options: bench.options(), until: .soon)
                #expect(connection.transport == .sse)
                do {
                    try await body(bench, connection)
                    await connection.close()
                } catch {
                    await connection.close()
                    throw error
                }
            }
        }
    }

    @Test("lists, calls and large results arrive, many at once")
    func calls() async throws {
        try await with { bench, connection in
            let list = try await ListPager(.tools).fetch(from: connection, on: bench.loop, until: .soon)
            #expect(list.items.map(\.key).contains("echo") && list.remarks.isEmpty)
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<50 {
                    group.addTask(executorPreference: bench.loop) {
                        let answer = try await connection.ask(
                            "tools/call", Self.call("echo", #"{"message":"number \#(number)."}"#), on: bench)
                        return answer.contains("number \(number).")
                    }
                }
                for try await isRight in group { #expect(isRight) }
            }
            let text = try await connection.ask("tools/call", Self.call("large", #"{"bytes":2000000}"#), on: bench)
            #expect(try JSONTree(parsing: text)["content"]?[0]?["text"]?.string?.utf8.count == 2_000_000)
        }
    }

    @Test("a cancelled call stops at the server, and progress reaches its call")
    func cancellation() async throws {
        try await with { bench, connection in
            let call = try await connection.begin(
                id: connection.makeRequestID(), method: "tools/call", params: Array(Self.call("hang").utf8),
                on: bench.loop)
            try await bench.wait(for: "running call") {
                try await connection.ask("tools/call", Self.call("inflight"), on: bench).contains(#""text":"1""#)
            }
            await call.cancel(reason: "enough")
            try await bench.wait(for: "end of the call") {
                try await connection.ask("tools/call", Self.call("inflight"), on: bench).contains(#""text":"0""#)
            }
            let id = connection.makeRequestID()
            let params =
                #"{"name":"progress","arguments":{"steps":5,"delayMs":2},"_meta":{"progressToken":\#(id)}}"#
            let steps = try await connection.begin(
                id: id, method: "tools/call", params: Array(params.utf8), on: bench.loop)
            var count = 0
            while case .notification = try await steps.next(until: .soon) { count += 1 }
            #expect(count == 5)
        }
    }
}
