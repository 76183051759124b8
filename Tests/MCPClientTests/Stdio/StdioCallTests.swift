import AsyncIO
import MCPClient
import MCPProtocol
import TestSupport
import Testing

@Suite("Calls over stdio")
struct StdioCallTests {
    @Test("answers find their calls whatever their order")
    func outOfOrder() async throws {
        try await Bench.run { bench in
            let child = try ScriptedChild(
                """
                shake; hear; hear; hear
                result 4 '"third"'; result 2 '"first"'; result 3 '"second"'; listen
                """)
            try await bench.with(child) { connection in
                let calls = [
                    try await connection.beginCall(on: bench), try await connection.beginCall(on: bench),
                    try await connection.beginCall(on: bench),
                ]
                #expect(await connection.exchangesInProgress == 3)
                var answers: [String] = []
                for call in calls { answers.append(try await call.answer()) }
                #expect(answers == [#""first""#, #""second""#, #""third""#])
            }
        }
    }

    @Test("an id or token that comes back as a decimal string is the same id")
    func stringIDs() async throws {
        try await Bench.run { bench in
            let child = try ScriptedChild(
                """
                shake; hear
                say '{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"2","progress":1}}'
                say '{"jsonrpc":"2.0","id":"2","result":"yes"}'; listen
                """)
            try await bench.with(child) { connection in
                let call = try await connection.beginCall(on: bench)
                guard case .notification(let progress) = try await call.next(until: .soon) else {
                    Issue.record("no progress")
                    return
                }
                #expect(progress.method == "notifications/progress")
                #expect(try await call.answer() == #""yes""#)
            }
        }
    }

    @Test("answers that nobody waits for are counted, and the connection goes on")
    func unknownIDs() async throws {
        try await Bench.run { bench in
            let child = try ScriptedChild(
                """
                shake; hear
                result 99 '"nobody"'; result '"abc"' '"nobody"'; result 2.5 '"nobody"'; result 1 '"again"'
                say '{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"?"}}'
                result 99999999999999999999999999 '"nobody"'
                result 2 '"mine"'; result 2 '"twice"'; hear; result 3 '"on"'; listen
                """)
            try await bench.with(child) { connection in
                let answer = try await connection.ask("tools/call", on: bench)
                #expect(answer == #""mine""#)
                let next = try await connection.ask("tools/call", on: bench)
                #expect(next == #""on""#)
                let (late, ignored) = (await connection.lateAnswers, await connection.ignoredLines)
                #expect(late + ignored == 7)
            }
        }
    }

    @Test("an answer that comes after its call was given up is dropped")
    func lateAnswer() async throws {
        try await Bench.run { bench in
            let child = try ScriptedChild("shake; hear; hear; result 2 '\"late\"'; hear; result 3 '\"on\"'; listen")
            try await bench.with(child) { connection in
                let call = try await connection.beginCall(on: bench)
                let error = try await failure { try await call.next(until: .now + .milliseconds(50)) }
                #expect(error.label == "timeout")
                #expect(await connection.exchangesInProgress == 1, "a wait that ran out has given nothing up")
                await call.cancel(reason: "too slow")
                #expect(await connection.exchangesInProgress == 0)
                let answer = try await connection.ask("tools/call", on: bench)
                #expect(answer == #""on""#)
                #expect(await connection.lateAnswers == 1)
                let cancelled = try #require(try child.heard("notifications/cancelled")?["params"])
                #expect(cancelled["requestId"]?.int == 2)
                #expect(cancelled["reason"]?.string == "too slow")
                #expect(try await failure { try await call.next(until: .soon) }.label == "cancelled")
            }
        }
    }

    @Test("a request whose deadline passes is cancelled at the server")
    func deadline() async throws {
        try await Bench.run { bench in
            let child = try ScriptedChild("shake; listen")
            try await bench.with(child) { connection in
                let error = try await failure {
                    try await connection.ask("tools/list", on: bench, until: .now + .milliseconds(50))
                }
                #expect(error.label == "timeout" && error.mayHaveExecuted)
                try await bench.wait(for: "cancellation") { try child.heard("notifications/cancelled") != nil }
            }
        }
    }

    @Test("cancelling the waiting task ends the wait at once and tells the server")
    func taskCancellation() async throws {
        try await Bench.run { bench in
            let child = try ScriptedChild("shake; listen")
            try await bench.with(child) { connection in
                let task = Task(executorPreference: bench.loop) {
                    try await connection.ask("tools/call", on: bench)
                }
                try await bench.wait(for: "call") { try child.heard("tools/call") != nil }
                task.cancel()
                let error = try await failure { try await task.value }
                #expect(error.label == "cancelled")
                try await bench.wait(for: "cancellation") { try child.heard("notifications/cancelled") != nil }
            }
        }
    }

    @Test("a call that was answered is not cancelled any more")
    func cancelAfterAnswer() async throws {
        try await Bench.run { bench in
            let child = try ScriptedChild("shake; hear; result 2 '{}'; hear; result 3 '{}'; listen")
            try await bench.with(child) { connection in
                let call = try await connection.beginCall(on: bench)
                #expect(try await call.answer() == "{}")
                await call.cancel(reason: "too late")
                let answer = try await connection.ask("ping", on: bench)
                #expect(answer == "{}")
                #expect(try child.heard("notifications/cancelled") == nil)
            }
        }
    }

    @Test("progress goes to the call with its token; what belongs to no call goes to the connection's owner")
    func progressRouting() async throws {
        try await Bench.run { bench in
            let child = try ScriptedChild(
                """
                progress() { say '{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":'"$1"',"progress":'"$2"'}}'; }
                shake; hear; hear
                progress 3 1; progress 2 10; progress 3 2; progress 77 1; progress '"x"' 1
                say '{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"whose?"}}'
                say '{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}'
                result 2 '{}'
                say '{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"of 3"}}'
                result 3 '{}'; listen
                """)
            try await bench.with(child) { connection in
                let first = try await connection.beginCall(on: bench)
                let second = try await connection.beginCall(on: bench)
                func read(_ call: any MCPExchange) async throws -> [String] {
                    var seen: [String] = []
                    while case .notification(let notification) = try await call.next(until: .soon) {
                        let params = try #require(notification.params)
                        seen.append(params.member("progress")?.text ?? params.member("data")?.text ?? "?")
                    }
                    return seen
                }
                #expect(try await read(first) == ["10"])
                // With one call left in progress a log message can only be its own.
                #expect(try await read(second) == ["1", "2", #""of 3""#])
                let others = bench.notifications.value.map(\.method)
                #expect(
                    others == [
                        "notifications/progress", "notifications/progress", "notifications/message",
                        "notifications/tools/list_changed",
                    ])
            }
        }
    }

    @Test("a batch of answers and notifications is taken apart")
    func batches() async throws {
        try await Bench.run { bench in
            let child = try ScriptedChild(
                """
                shake 2025-03-26; hear; hear
                say '[{"jsonrpc":"2.0","id":3,"result":"b"},7,{"jsonrpc":"2.0","method":"notifications/tools/list_changed"},{"jsonrpc":"2.0","id":2,"result":"a"}]'
                listen
                """)
            try await bench.with(child) { connection in
                let first = try await connection.beginCall(on: bench)
                let second = try await connection.beginCall(on: bench)
                #expect(try await first.answer() == #""a""#)
                #expect(try await second.answer() == #""b""#)
                #expect(bench.notifications.value.map(\.method) == ["notifications/tools/list_changed"])
                #expect(await connection.ignoredLines == 1)
            }
        }
    }

    @Test("a server's ping is answered; other requests of its are refused with -32601")
    func serverRequests() async throws {
        try await Bench.run { bench in
            let child = try ScriptedChild(
                """
                shake
                say '{"jsonrpc":"2.0","id":"p-1","method":"ping"}'; hear
                say '{"jsonrpc":"2.0","id":7,"method":"sampling/createMessage","params":{"messages":[],"maxTokens":1}}'; hear
                say '{"jsonrpc":"2.0","id":99999999999999999999,"method":"roots/list"}'; hear
                hear; result 2 '{}'; listen
                """)
            try await bench.with(child) { connection in
                let answer = try await connection.ask("ping", on: bench)
                #expect(answer == "{}")
                // The client's own request may stand anywhere among its answers.
                let answers = try child.heard().filter { $0["method"] == nil }
                #expect(answers.count == 3)
                #expect(answers[0]["id"]?.string == "p-1")
                #expect(answers[0]["result"]?.members?.isEmpty == true)
                #expect(answers[1]["id"]?.int == 7)
                #expect(answers[1]["error"]?["code"]?.int == -32601)
                #expect(answers[2]["id"] == .number("99999999999999999999"))
            }
        }
    }

    @Test("a flood of notifications that nobody reads is bounded, and the answer still comes")
    func flood() async throws {
        try await Bench.run { bench in
            let child = try ScriptedChild(
                """
                shake; hear
                i=0; while [ $i -lt 3000 ]; do i=$((i+1)); say '{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":2,"progress":'$i'}}'; done
                result 2 '"end"'; hear; result 3 '{}'; listen
                """)
            try await bench.with(child) { connection in
                let call = try await connection.beginCall(on: bench)
                // Answered after the flood: all of it has been read from the pipe by then.
                let answer = try await connection.ask("ping", on: bench)
                #expect(answer == "{}")
                var count = 0
                var last: String?
                while case .notification(let notification) = try await call.next(until: .soon) {
                    count += 1
                    last = notification.params?.member("progress")?.text
                }
                #expect(count <= 1024, "more were kept than the bound says")
                #expect(last == "3000", "the newest are the ones to keep")
            }
        }
    }
}
