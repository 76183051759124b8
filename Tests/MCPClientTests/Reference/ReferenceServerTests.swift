import AsyncIO
import MCPClient
import MCPProtocol
import TestSupport
import Testing

/// Both transports against the reference server, a real process that speaks every legacy revision.
@Suite("With the reference server")
struct ReferenceServerTests {
    private static func command(_ arguments: [String]) throws -> ChildCommand {
        ChildCommand(
            file: try Repository.executable("reference-server"), arguments: arguments,
            environment: [.init(name: "PATH", value: "/usr/bin:/bin")])
    }

    private static func call(_ tool: String, _ arguments: String = "{}") -> String {
        #"{"name":"\#(tool)","arguments":\#(arguments)}"#
    }

    /// Runs `body` with a connection over each transport that the revision has.
    private func with(
        _ arguments: [String] = [], revision: ProtocolRevision = .latestLegacy,
        _ body: @escaping @Sendable (Bench, any MCPConnection) async throws -> Void
    ) async throws {
        try await Bench.run { bench in
            let connection = try await bench.open(
                Self.command(arguments), options: bench.options { $0.revision = revision })
            try await body(bench, connection)
            #expect(await connection.exchangesInProgress == 0)
            await connection.close()
        }
        guard revision.hasStreamableHTTP else { return }
        let command = try RunningProcess.Command.built("reference-server", ["--http", "127.0.0.1:0"] + arguments)
        try await RunningProcess.with(command) { process in
            let line = try await process.line("URL") { $0.hasPrefix("listening on ") }
            let url = String(line.dropFirst("listening on ".count))
            try await Bench.run { bench in
                let connection = try await bench.open(url, options: bench.options { $0.revision = revision })
                try await body(bench, connection)
                await connection.close()
            }
        }
    }

    @Test("every legacy revision: handshake, list, call", arguments: ProtocolRevision.legacy)
    func revisions(revision: ProtocolRevision) async throws {
        try await with(revision: revision) { bench, connection in
            #expect(connection.revision == revision)
            let list = try await ListPager(.tools).fetch(from: connection, on: bench.loop, until: .soon)
            #expect(list.items.map(\.key).contains("echo") && list.remarks.isEmpty)
            let answer = try await connection.ask(
                "tools/call", Self.call("echo", #"{"message":"h\u00e9llo \ud83d\ude80"}"#), on: bench)
            #expect(answer.contains(#""h\u00e9llo \ud83d\ude80""#), "\(answer)")
        }
    }

    @Test("a server that knows only an older revision is spoken to in it", arguments: ProtocolRevision.legacy)
    func olderServer(revision: ProtocolRevision) async throws {
        guard revision.hasStreamableHTTP else { return }
        try await with(["--revision", revision.rawValue]) { bench, connection in
            #expect(connection.revision == revision)
            let answer = try await connection.ask("tools/call", Self.call("delay", #"{"ms":1}"#), on: bench)
            #expect(answer.contains("waited 1 ms"))
        }
    }

    @Test("a thousand tools on pages of 64 are all listed")
    func pages() async throws {
        try await with(["--tools", "1000", "--page-size", "64"]) { bench, connection in
            let list = try await ListPager(.tools).fetch(from: connection, on: bench.loop, until: .soon)
            #expect(list.items.filter { $0.key.hasPrefix("tool_") }.count == 1000)
            #expect(Set(list.items.map(\.key)).count == list.items.count)
        }
    }

    @Test("a cancelled call stops at the server")
    func cancellation() async throws {
        try await with { bench, connection in
            let id = connection.makeRequestID()
            let call = try await connection.begin(
                id: id, method: "tools/call", params: Array(Self.call("hang").utf8), on: bench.loop)
            let waiting = Task(executorPreference: bench.loop) { try await call.answer() }
            try await bench.wait(for: "running call") {
                try await connection.ask("tools/call", Self.call("inflight"), on: bench).contains(#""text":"1""#)
            }
            await call.cancel(reason: "enough")
            #expect(try await failure { try await waiting.value }.label == "cancelled")
            try await bench.wait(for: "end of the call") {
                try await connection.ask("tools/call", Self.call("inflight"), on: bench).contains(#""text":"0""#)
            }
            let seen = try await connection.ask("tools/call", Self.call("received_cancellations"), on: bench)
            #expect(seen.contains("\(id)"), "\(seen)")
        }
    }

    @Test("progress of concurrent calls reaches each its own")
    func progress() async throws {
        try await with { bench, connection in
            try await withThrowingTaskGroup(of: (Int, Int).self) { group in
                for steps in 1...10 {
                    group.addTask(executorPreference: bench.loop) {
                        let id = connection.makeRequestID()
                        let params =
                            #"{"name":"progress","arguments":{"steps":\#(steps),"delayMs":2},"_meta":{"progressToken":\#(id)}}"#
                        let call = try await connection.begin(
                            id: id, method: "tools/call", params: Array(params.utf8), on: bench.loop)
                        var count = 0
                        while case .notification = try await call.next(until: .soon) { count += 1 }
                        return (steps, count)
                    }
                }
                for try await (steps, count) in group { #expect(count == steps) }
            }
        }
    }

    @Test("results of 5 MB arrive whole")
    func large() async throws {
        try await with { bench, connection in
            let text = try await connection.ask("tools/call", Self.call("large", #"{"bytes":5000000}"#), on: bench)
            let value = try JSONTree(parsing: text)
            #expect(value["content"]?[0]?["text"]?.string?.utf8.count == 5_000_000)
        }
    }

    @Test("expired sessions are noticed by the next call, which was certainly not executed")
    func expiry() async throws {
        let command = try RunningProcess.Command.built("reference-server", ["--http", "127.0.0.1:0"])
        try await RunningProcess.with(command) { process in
            let line = try await process.line("URL") { $0.hasPrefix("listening on ") }
            let url = String(line.dropFirst("listening on ".count))
            try await Bench.run { bench in
                let connection = try await bench.open(url)
                _ = try await connection.ask("tools/call", Self.call("expire_sessions"), on: bench)
                let error = try await failure {
                    try await connection.ask("tools/call", Self.call("counter"), on: bench)
                }
                #expect(error.label == "session" && !error.mayHaveExecuted)
                #expect(bench.ends.value.map(\.label).contains("session"))
                await connection.close()
            }
        }
    }

    @Test("a server that ignores the end of its input and SIGTERM is gone after closing")
    func stubborn() async throws {
        try await Bench.run { bench in
            let ladder = TerminationLadder(endOfInput: .milliseconds(100), terminate: .milliseconds(100))
            let connection = try await bench.open(Self.command(["--ignore-stdin-eof"]), ladder: ladder)
            let text = try await connection.ask("tools/call", Self.call("sleepless_child"), on: bench)
            let grandchild = try JSONTree(parsing: text)["content"]?[0]?["text"]?.string.flatMap { Int32($0) }
            await connection.close()
            let pid = try #require(grandchild)
            try await bench.wait(for: "end of the grandchild") { !ProcessTable.isRunning(pid) }
        }
    }
}
