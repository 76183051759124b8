import AsyncIO
import MCPClient
import MCPProtocol
import TestSupport
import Testing

@Suite("Questions over stdio")
struct StdioQuestionTests {
    @Test(
        "a server's questions go to the connection's owner, also before the handshake, and answers back under their ids",
        arguments: ["7", #""seven""#])
    func questions(id: String) async throws {
        let questions = Observed<[JSONRPCRequest]>([])
        try await Bench.run { bench in
            let child = try ScriptedChild(
                """
                hear
                say '{"jsonrpc":"2.0","id":"early","method":"roots/list"}'
                say '{"jsonrpc":"2.0","id":"p","method":"ping"}'; hear
                welcome; hear
                hear; say '[{"jsonrpc":"2.0","id":\(id),"method":"sampling/createMessage","params":{"n":1.0}},{"no":1}]'
                say '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":\(id)}}'
                hear; result 2 '"thanks"'; listen
                """)
            let options = bench.options { options in
                options.onRequest = { request in questions.update { $0.append(request) } }
            }
            try await bench.with(child, options: options) { connection in
                let call = try await connection.beginCall(on: bench)
                try await bench.wait(for: "questions") { questions.value.count == 2 }
                #expect(questions.value.map(\.method) == ["roots/list", "sampling/createMessage"])
                let question = try #require(questions.value.last)
                #expect(question.id.description == id && question.params?.text == #"{"n":1.0}"#)
                try await connection.reply(
                    to: question.id, .error(JSONRPCError(code: ErrorCode.userRejected, message: "no")))
                #expect(try await call.answer() == #""thanks""#)
                #expect(bench.notifications.value.map(\.method) == ["notifications/cancelled"])
                #expect(try child.heard().contains { $0["id"]?.string == "p" && $0["result"] != nil })
                let reply = try #require(try child.heard().first { $0["error"] != nil })
                #expect(reply["id"]?.description == id && reply["error"]?["code"]?.int == -1)
                await connection.close()
                let late = try await failure {
                    try await connection.reply(to: question.id, .error(.init(code: 1, message: "")))
                }
                #expect(late.label == "connect" && !late.mayHaveExecuted)
            }
        }
    }

    @Test("the capabilities declared are sent as they were given")
    func capabilities() async throws {
        let text = #"{"sampling":{"tools":{}},"experimental":{"x":[1.0,1e2,"\u0041"]}}"#
        try await Bench.run { bench in
            let child = try ScriptedChild("shake; listen")
            let options = bench.options { $0.capabilities = RawJSON(unchecked: Array(text.utf8)[...]) }
            try await bench.with(child, options: options) { connection in #expect(connection.transport == .stdio) }
            let declared = try #require(try child.heard("initialize")?["params"]?["capabilities"])
            #expect(try declared == JSONTree(parsing: text))
        }
    }

    @Test("a session is initialized once")
    func once() async throws {
        try await Bench.run { bench in
            let child = try ScriptedChild("shake; listen")
            try await bench.with(child) { connection in
                let error = try await failure { try await connection.ask("initialize", on: bench) }
                #expect(error.label == "protocol" && !error.mayHaveExecuted)
            }
            #expect(try child.heard().filter { $0["method"]?.string == "initialize" }.count == 1)
        }
    }

    @Test("a server that floods its output does not keep the loop from others")
    func flood() async throws {
        try await Bench.run { bench in
            let child = try ScriptedChild(
                #"shake; exec yes '{"jsonrpc":"2.0","method":"notifications/x","params":{"filler":"0123456789"}}'"#)
            let ladder = TerminationLadder(endOfInput: .milliseconds(10), terminate: .seconds(5))
            let options = bench.options { $0.onNotification = { _ in } }
            let connection = try await bench.open(child.command, options: options, ladder: ladder)
            let call = try await connection.beginCall(on: bench)
            let error = try await failure { try await call.next(until: .now + .milliseconds(100)) }
            #expect(error.label == "timeout")
            await connection.close()
        }
    }
}
