import AsyncIO
import MCPClient
import MCPProtocol
import TestSupport
import Testing

@Suite("Faults of stdio servers")
struct StdioFaultTests {
    @Test(
        "a server that dies in mid-call fails the calls in progress, and only says so once",
        arguments: [("exit 3", "exited with code 3"), ("kill -9 $$", "signal 9")])
    func dies(script: String, part: String) async throws {
        try await Bench.run { bench in
            let child = try ScriptedChild("shake; hear; hear; \(script)")
            try await bench.with(child) { connection in
                let first = try await connection.beginCall(on: bench)
                let second = try await connection.beginCall(on: bench)
                for call in [first, second] {
                    let error = try await failure { try await call.answer() }
                    #expect(error.label == "closed" && error.mayHaveExecuted)
                    #expect(error.detail.contains(part), "\(error)")
                }
                let next = try await failure { try await connection.beginCall(on: bench) }
                #expect(next.label == "connect" && !next.mayHaveExecuted)
                try await bench.wait(for: "news of the end") { bench.ends.value.count == 1 }
            }
            #expect(bench.ends.value.count == 1)
        }
    }

    @Test("a server that closes its output and lives on is ended")
    func closesOutput() async throws {
        try await Bench.run { bench in
            let child = try ScriptedChild("shake; hear; exec >&-; listen")
            try await bench.with(child) { connection in
                let call = try await connection.beginCall(on: bench)
                let error = try await failure { try await call.answer() }
                #expect(error.label == "closed" && error.mayHaveExecuted, "\(error)")
                #expect(error.detail.contains("closed its output"), "\(error)")
                try await bench.wait(for: "news of the end") { bench.ends.value.count == 1 }
            }
        }
    }

    @Test("a server that closes its input is known to be gone when it ends, and a call meanwhile has a deadline")
    func closesInput() async throws {
        try await Bench.run { bench in
            let child = try ScriptedChild("shake; exec <&-; sleep 0.3; exit 4")
            try await bench.with(child) { connection in
                let call = try await connection.beginCall(on: bench)
                let error = try await failure { try await call.answer() }
                #expect(error.label == "closed", "\(error)")
            }
        }
    }

    @Test("garbage between messages is passed over and costs nobody an answer")
    func garbage() async throws {
        try await Bench.run { bench in
            let child = try ScriptedChild(
                #"""
                shake; hear
                say 'debug: got a call'; printf '\377\376\000\n'; say '{"jsonrpc":"2.0"}'; say '"text"'; say '{"id":2}'
                say '{"jsonrpc":"1.0","id":2,"result":{}}'; say '[]'; printf '{"jsonrpc":"2.0","id":2,\r\n'
                result 2 '"fine"'; listen
                """#)
            try await bench.with(child) { connection in
                let answer = try await connection.ask("tools/call", on: bench)
                #expect(answer == #""fine""#)
                #expect(await connection.ignoredLines >= 6)
            }
        }
    }

    @Test("a line over the limit ends the connection with an error that names the limit")
    func hugeLine() async throws {
        try await Bench.run { bench in
            let child = try ScriptedChild(
                #"shake; hear; head -c 300000 /dev/zero | tr '\0' 'x'; say ''; result 2 '{}'; listen"#)
            let options = bench.options { $0.maxMessageBytes = 100_000 }
            try await bench.with(child, options: options) { connection in
                let error = try await failure { try await connection.ask("tools/call", on: bench) }
                #expect(error.kind == .tooLarge(limit: 100_000))
                #expect(error.detail.contains("100000"), "\(error)")
            }
        }
    }

    @Test("a line of exactly the limit passes", arguments: [(0, true), (1, false)])
    func limit(excess: Int, passes: Bool) async throws {
        try await Bench.run { bench in
            let frame = #"{"jsonrpc":"2.0","id":2,"result":""}"#.utf8.count
            let filler = 50_000 - frame + excess
            let child = try ScriptedChild(
                #"shake; hear; printf '{"jsonrpc":"2.0","id":2,"result":"'; head -c \#(filler) /dev/zero | tr '\0' 'x'; say '"}'; listen"#
            )
            let options = bench.options { $0.maxMessageBytes = 50_000 }
            try await bench.with(child, options: options) { connection in
                do {
                    let text = try await connection.ask("tools/call", on: bench)
                    #expect(passes && text.utf8.count == filler + 2)
                } catch let error as MCPClientError {
                    #expect(!passes && error.kind == .tooLarge(limit: 50_000), "\(error)")
                }
            }
        }
    }

    @Test("a server that does not read its input takes no more than a bound of ours; what is refused was not executed")
    func neverReads() async throws {
        try await Bench.run { bench in
            let child = try ScriptedChild("shake; while :; do sleep 0.05; done")
            let ladder = TerminationLadder(endOfInput: .milliseconds(50), terminate: .milliseconds(500))
            let connection = try await bench.open(child.command, ladder: ladder)
            let argument = #"{"text":"\#(String(repeating: "x", count: 4 << 20))"}"#
            var calls: [any MCPExchange] = []
            var refusal: MCPClientError?
            for _ in 0..<40 where refusal == nil {
                do {
                    calls.append(try await connection.beginCall(on: bench, arguments: argument))
                } catch let error as MCPClientError {
                    refusal = error
                }
            }
            let error = try #require(refusal, "160 MB were taken")
            #expect(error.kind == .overloaded && !error.mayHaveExecuted)
            #expect(error.detail.contains("does not read"), "\(error)")
            #expect(await connection.exchangesInProgress == calls.count, "a refused call is not in progress")
            for call in calls { await call.cancel(reason: "enough") }
            #expect(await connection.exchangesInProgress == 0)
            await connection.close()
        }
    }

    @Test("a message in pieces, and several in one piece, are the messages they are")
    func pieces() async throws {
        try await Bench.run { bench in
            let child = try ScriptedChild(
                """
                shake; hear; hear
                printf '{"jsonrpc":"2.0",'; sleep 0.02; printf '"id":2,"res'; sleep 0.02; printf 'ult":"a"}'
                sleep 0.02; printf '\\n{"jsonrpc":"2.0","id":3,"result":"b"}\\r\\n'; listen
                """)
            try await bench.with(child) { connection in
                let first = try await connection.beginCall(on: bench)
                let second = try await connection.beginCall(on: bench)
                #expect(try await first.answer() == #""a""#)
                #expect(try await second.answer() == #""b""#)
            }
        }
    }

    @Test("closing fails what is in progress, ends the process and reports no end of its own")
    func closing() async throws {
        try await Bench.run { bench in
            let child = try ScriptedChild("shake; listen")
            let connection = try await bench.open(child.command)
            let call = try await connection.beginCall(on: bench)
            let waiting = Task(executorPreference: bench.loop) { try await call.answer() }
            try await bench.wait(for: "call") { try child.heard("tools/call") != nil }
            await connection.close()
            #expect(try await failure { try await waiting.value }.label == "closed")
            #expect(await connection.exchangesInProgress == 0)
            #expect(bench.ends.value.isEmpty)
            let pid = try #require(connection.processID)
            #expect(!ProcessTable.isRunning(pid))
            await connection.close()
        }
    }

    @Test("the last lines on stderr can be read")
    func errorLines() async throws {
        try await Bench.run { bench in
            let child = try ScriptedChild("shake; echo one >&2; echo two >&2; listen")
            try await bench.with(child) { connection in
                try await bench.wait(for: "lines") { await connection.recentErrors() == ["one", "two"] }
            }
        }
    }
}
