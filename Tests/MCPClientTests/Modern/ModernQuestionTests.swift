import AsyncIO
import MCPClient
import MCPProtocol
import TestSupport
import Testing

/// MCP 2026-07-28, "Multi Round-Trip Requests".
@Suite("Questions in results")
struct ModernQuestionTests {
    /// A server whose calls of `work` are answered one after the other.
    private static func script(_ results: [String]) -> ScriptedModern {
        let count = Observed(0)
        return ScriptedModern(handlers: [
            "tools/call": { request, connection in
                let number = count.value
                count.update { $0 += 1 }
                try connection.result(results[min(number, results.count - 1)], of: request)
            }
        ])
    }

    private func with(
        _ script: ScriptedModern, options: @escaping @Sendable (inout ConnectionOptions) -> Void = { _ in },
        _ body: @escaping @Sendable (Bench, any MCPConnection, ScriptedHTTPServer) async throws -> Void
    ) async throws {
        try await Bench.run { bench in
            let change: @Sendable (inout ConnectionOptions) -> Void = { options_ in
                options_.capabilities = Bench.askable
                options(&options_)
            }
            try await bench.withModern(script, options: change) { try await body(bench, $0, $1) }
        }
    }

    @Test("questions are requests, and their answers go back with the params and the state as they were")
    func rounds() async throws {
        let first = ScriptedModern.asking(#"{"who":\#(ScriptedModern.form)}"#, state: #""a\u00e9\" /""#)
        let second = ScriptedModern.asking(#"{"x":\#(ScriptedModern.roots),"y":\#(ScriptedModern.sampling)}"#)
        try await with(Self.script([first, second, ScriptedModern.text("done")])) { bench, connection, server in
            let ids = Observed<[RequestID]>([])
            let outcome = try await bench.call(connection, arguments: #"{"n":1.50}"#) { question in
                ids.update { $0.append(question.id) }
                switch question.method {
                case "elicitation/create": return Bench.accepted()
                case "roots/list": return .result(RawJSON(unchecked: Array(#"{"roots":[]}"#.utf8)[...]))
                default: return .result(RawJSON(unchecked: Array(#"{"role":"assistant"}"#.utf8)[...]))
                }
            }
            #expect(outcome.answer == ScriptedModern.text("done"))
            #expect(Set(ids.value).count == 3)
            let calls = server.requests(for: "tools/call")
            #expect(calls.count == 3 && Set(calls.map(\.id)).count == 3)
            for call in calls {
                #expect(call.params?["arguments"]?.description == #"{"n":1.50}"#)
                #expect(call.params?["_meta"]?["progressToken"]?.description == call.id)
                #expect(call[field: "Mcp-Name"] == "work")
            }
            #expect(calls[0].params?["inputResponses"] == nil && calls[0].params?["requestState"] == nil)
            #expect(calls[1].params?["requestState"]?.string == "aé\" /")
            #expect(
                calls[1].params?["inputResponses"]?.description
                    == #"{"who":{"action":"accept","content":{"name":"Ada"}}}"#)
            #expect(calls[2].params?["requestState"] == nil)
            #expect(calls[2].params?["inputResponses"]?.description == #"{"x":{"roots":[]},"y":{"role":"assistant"}}"#)
        }
    }

    @Test("progress of every round has the caller's token")
    func progress() async throws {
        let count = Observed(0)
        let script = ScriptedModern(handlers: [
            "tools/call": { request, connection in
                count.update { $0 += 1 }
                let token = request.params?["_meta"]?["progressToken"]?.description ?? "null"
                try connection.beginEvents()
                try connection.event(
                    #"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":\#(token),"progress":\#(count.value)}}"#
                )
                let result =
                    count.value == 1
                    ? ScriptedModern.asking(#"{"who":\#(ScriptedModern.form)}"#) : ScriptedModern.text("done")
                try connection.event(#"{"jsonrpc":"2.0","id":\#(request.id),"result":\#(result)}"#)
                try connection.endChunks()
            }
        ])
        try await with(script) { bench, connection, server in
            let outcome = try await bench.call(connection) { _ in Bench.accepted() }
            let token = try #require(server.requests(for: "tools/call").first?.id)
            #expect(
                outcome.notifications.map { $0.params?.member("progressToken")?.text } == [token, token])
        }
    }

    @Test("whoever wants the questions as they are gets the result")
    func handedOut() async throws {
        let asking = ScriptedModern.asking(#"{"who":\#(ScriptedModern.form)}"#, state: #""s""#)
        try await with(Self.script([asking])) { bench, connection, server in
            var context = RequestContext()
            context.handsOutQuestions = true
            let outcome = try await bench.call(connection, context: context) { _ in throw NoFailure() }
            #expect(outcome.answer == asking)
            #expect(server.requests(for: "tools/call").count == 1)
        }
    }

    @Test("a state alone is given back after a pause, which the caller does not see")
    func stateOnly() async throws {
        let states = [#""1""#, #""2""#].map { ScriptedModern.asking(nil, state: $0) }
        try await with(Self.script(states + [ScriptedModern.text("done")])) { bench, connection, server in
            let outcome = try await bench.call(connection) { _ in throw NoFailure() }
            #expect(outcome.answer.contains("done") && outcome.notifications.isEmpty)
            let calls = server.requests(for: "tools/call")
            #expect(calls.map { $0.params?["requestState"]?.string } == [nil, "1", "2"])
            #expect(calls.allSatisfy { $0.params?["inputResponses"] == nil })
        }
    }

    @Test("a URL is asked for once; its end is told when the server no longer asks")
    func visit() async throws {
        let asking = ScriptedModern.asking(#"{"u":\#(ScriptedModern.url("https://a.example/1"))}"#, state: #""s""#)
        let other = ScriptedModern.asking(#"{"u":\#(ScriptedModern.url("https://a.example/2"))}"#)
        let results = [asking, asking, other, ScriptedModern.text("done")]
        try await with(Self.script(results)) { bench, connection, server in
            let questions = Observed<[JSONRPCRequest]>([])
            let outcome = try await bench.call(connection) { question in
                questions.update { $0.append(question) }
                return .result(RawJSON(unchecked: Array(#"{"action":"accept"}"#.utf8)[...]))
            }
            #expect(outcome.answer.contains("done"))
            let urls = questions.value.map { $0.params?.member("url")?.stringValue }
            #expect(urls == ["https://a.example/1", "https://a.example/2"])
            let ids = questions.value.compactMap { $0.params?.member("elicitationId")?.stringValue }
            #expect(Set(ids).count == 2 && ids.allSatisfy { $0.count == 36 })
            #expect(outcome.notifications.map(\.method).allSatisfy { $0 == "notifications/elicitation/complete" })
            #expect(outcome.notifications.map { $0.params?.member("elicitationId")?.stringValue } == ids)
            #expect(server.requests(for: "tools/call").count == 4)
        }
    }

    @Test("a refused form is cancelled; other refusals end the request", arguments: ["form", "sampling", "roots"])
    func refused(kind: String) async throws {
        let question =
            ["form": ScriptedModern.form, "sampling": ScriptedModern.sampling, "roots": ScriptedModern.roots][kind]
            ?? ""
        let results = [ScriptedModern.asking(#"{"k":\#(question)}"#), ScriptedModern.text("done")]
        try await with(Self.script(results)) { bench, connection, server in
            let outcome = try await bench.call(connection) { _ in
                .error(JSONRPCError(code: -1, message: "the user said no"))
            }
            let calls = server.requests(for: "tools/call")
            if kind == "form" {
                #expect(calls.last?.params?["inputResponses"]?.description == #"{"k":{"action":"cancel"}}"#)
                #expect(outcome.answer.contains("done"))
            } else {
                #expect(calls.count == 1)
                #expect(outcome.answer.contains(#""isError":true"#) && outcome.answer.contains("the user said no"))
            }
        }
    }

    @Test("a server that asks without end is stopped")
    func endless() async throws {
        let asking = ScriptedModern.asking(#"{"who":\#(ScriptedModern.form)}"#)
        try await with(Self.script([asking]), options: { $0.maxQuestionRounds = 3 }) { bench, connection, server in
            let error = try await failure { try await bench.call(connection) { _ in Bench.accepted() } }
            #expect(error.kind == .protocolViolation && error.detail.contains("more than 3 times"), "\(error)")
            #expect(server.requests(for: "tools/call").count == 4)
        }
    }

    @Test("an answer to what nobody asked, or asks no more, is refused")
    func unknown() async throws {
        let asking = ScriptedModern.asking(#"{"who":\#(ScriptedModern.form)}"#)
        try await with(Self.script([asking, ScriptedModern.text("done")])) { bench, connection, server in
            let error = try await failure { try await connection.reply(to: .integer(7), Bench.accepted()) }
            #expect(error.kind == .protocolViolation && !error.mayHaveExecuted)
            let call = try await connection.beginCall(on: bench)
            guard case .request(let question) = try await call.next(until: .soon) else { throw NoFailure() }
            let late = try await failure { try await call.next(until: .now + .milliseconds(20)) }
            #expect(late.kind == .timedOut)
            await call.cancel(reason: "enough")
            await #expect(throws: MCPClientError.self) { try await connection.reply(to: question.id, Bench.accepted()) }
            let gone = try await failure { try await call.next(until: .soon) }
            #expect(gone.kind == .cancelled)
            // Nothing was left open at the server, so there is nothing to tell it.
            #expect(server.requests.value.map(\.call) == ["server/discover", "tools/call"])
        }
    }

    @Test("the end of the session ends a call that waits for answers")
    func closed() async throws {
        let asking = ScriptedModern.asking(#"{"who":\#(ScriptedModern.form)}"#)
        try await with(Self.script([asking])) { bench, connection, _ in
            let call = try await connection.beginCall(on: bench)
            _ = try await call.next(until: .soon)
            let wait = Task(executorPreference: bench.loop) { try await call.next(until: .soon) }
            await connection.close()
            let error = try await failure { try await wait.value }
            #expect(error.kind == .closed)
        }
    }

    @Test("what belongs to no caller goes to the owner of the session")
    func passedOn() async throws {
        let asking = ScriptedModern.asking(#"{"who":\#(ScriptedModern.form)}"#)
        let questions = Observed<[RequestID]>([])
        let options: @Sendable (inout ConnectionOptions) -> Void = { options in
            options.onRequest = { request in questions.update { $0.append(request.id) } }
        }
        try await with(Self.script([asking, ScriptedModern.text("done")]), options: options) { bench, connection, _ in
            let answer = Task(executorPreference: bench.loop) {
                try await connection.ask("tools/call", #"{"name":"work"}"#, on: bench)
            }
            let id = try await questions.wait(for: "question") { $0.first }
            try await connection.reply(to: id, Bench.accepted())
            #expect(try await answer.value.contains("done"))
        }
    }

    @Test("a large result is passed on as it comes; one that asks is looked into")
    func large() async throws {
        let padding = String(repeating: "x", count: 400_000)
        let asking = ScriptedModern.asking(
            #"{"who":{"method":"elicitation/create","params":{"message":"\#(padding)","requestedSchema":{}}}}"#)
        try await with(Self.script([asking, ScriptedModern.text(padding)])) { bench, connection, _ in
            let call = try await connection.beginCall(on: bench)
            guard case .request(let question) = try await call.next(until: .soon) else { throw NoFailure() }
            try await connection.reply(to: question.id, Bench.accepted())
            guard case .stream(let stream) = try await call.next(until: .soon) else { throw NoFailure() }
            var bytes: [UInt8] = []
            while let piece = try await stream.next(until: .soon) { bytes += piece }
            #expect(String(decoding: bytes, as: UTF8.self) == ScriptedModern.text(padding))
        }
    }
}
