import AsyncIO
import MCPClient
import MCPProtocol
import TestSupport
import Testing

@Suite("Questions over Streamable HTTP")
struct HTTPQuestionTests {
    private static let roots = JSONRPCResponse.Outcome.result(RawJSON(unchecked: Array(#"{"roots":[]}"#.utf8)[...]))

    private func with(
        _ handlers: [String: ScriptedHTTPServer.Handler],
        options: @escaping @Sendable (inout ConnectionOptions) -> Void,
        _ body: @escaping @Sendable (Bench, StreamableHTTPConnection, ScriptedHTTPServer) async throws -> Void
    ) async throws {
        try await ScriptedHTTPServer.with(ScriptedMCP(handlers).handler) { server in
            try await Bench.run { bench in
                try await bench.with(server, options: bench.options(options)) { connection in
                    try await body(bench, connection, server)
                }
            }
        }
    }

    @Test(
        "a question on a request's own stream is an event of that request; the answer goes back under its id",
        arguments: ["17", #""q-17""#, "99999999999999999999"])
    func question(id: String) async throws {
        let isAnswered = Observed(false)
        try await with(
            [
                "tools/call": { request, connection in
                    try connection.beginEvents()
                    try connection.event(#"{"jsonrpc":"2.0","id":\#(id),"method":"roots/list"}"#)
                    try connection.event(
                        #"{"jsonrpc":"2.0","method":"notifications/elicitation/complete","params":{}}"#)
                    while !isAnswered.value { try connection.chunk(": waiting\n\n") }
                    try connection.event(
                        #"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":\#(id)}}"#)
                    try connection.event(#"{"jsonrpc":"2.0","id":\#(request.id),"result":"done"}"#)
                    try connection.endChunks()
                }
            ], options: { $0.onRequest = { _ in Issue.record("the question belongs to the call") } }
        ) { bench, connection, server in
            let call = try await connection.beginCall(on: bench)
            guard case .request(let question) = try await call.next(until: .soon) else { throw NoFailure() }
            #expect(question.method == "roots/list" && question.id.description == id)
            try await connection.reply(to: question.id, Self.roots)
            let reply = try #require(server.requests.value.last { $0.json?["result"]?["roots"] != nil })
            #expect(reply.id == id)
            #expect(reply[field: "Mcp-Session-Id"] == "scripted-session")
            isAnswered.update { $0 = true }
            guard case .notification(let withdrawal) = try await call.next(until: .soon) else { throw NoFailure() }
            #expect(withdrawal.method == "notifications/cancelled")
            #expect(try await call.answer() == #""done""#)
            #expect(bench.notifications.value.map(\.method) == ["notifications/elicitation/complete"])
        }
    }

    @Test("a question on the stream for unsolicited messages goes to the connection's owner", arguments: [true, false])
    func unsolicited(hasListener: Bool) async throws {
        let questions = Observed<[JSONRPCRequest]>([])
        try await with(
            [
                "GET": { _, connection in
                    try connection.beginEvents()
                    try connection.event(#"[{"jsonrpc":"2.0","id":"s","method":"sampling/createMessage"},{}]"#)
                    try connection.event(#"{"jsonrpc":"2.0","id":"p","method":"ping"}"#)
                    connection.waitForClose()
                }
            ],
            options: { options in
                if hasListener { options.onRequest = { request in questions.update { $0.append(request) } } }
            }
        ) { bench, connection, server in
            try await server.requests.wait(for: "pong") { $0.first { $0.json?["id"]?.string == "p" }.map { _ in } }
            if hasListener {
                let question = try #require(questions.value.first)
                try await connection.reply(
                    to: question.id, .error(JSONRPCError(code: ErrorCode.userRejected, message: "no")))
            }
            let reply = try await server.requests.wait(for: "reply") {
                $0.first { $0.json?["id"]?.string == "s" }
            }
            #expect(reply.json?["error"]?["code"]?.int == (hasListener ? -1 : -32601))
        }
    }

    @Test("what a server asks during the handshake or a list goes to the owner, who may answer at once")
    func duringHandshake() async throws {
        let questions = Observed<[JSONRPCRequest]>([])
        let ask: @Sendable (String, String) -> ScriptedHTTPServer.Handler = { id, result in
            { request, connection in
                try connection.beginEvents(fields: "Mcp-Session-Id: s\r\n")
                try connection.event(#"{"jsonrpc":"2.0","id":\#(id),"method":"roots/list"}"#)
                try connection.event(
                    #"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":\#(id)}}"#)
                try connection.event(#"{"jsonrpc":"2.0","id":\#(request.id),"result":\#(result)}"#)
                try connection.endChunks()
            }
        }
        try await with(
            [
                "initialize": ask("1", ScriptedMCP.initializeResult("2025-11-25")),
                "tools/list": ask(#""two""#, ScriptedMCP.list(["work"])),
            ], options: { $0.onRequest = { request in questions.update { $0.append(request) } } }
        ) { bench, connection, _ in
            let list = try await ListPager(.tools).fetch(from: connection, on: bench.loop, until: .soon)
            #expect(list.items.count == 1)
            #expect(questions.value.map(\.id) == [1, "two"])
            #expect(bench.notifications.value.map(\.method) == Array(repeating: "notifications/cancelled", count: 2))
        }
    }

    @Test(
        "a reply or notification that the server does not take is an error",
        arguments: [(404, "session", 1), (401, "auth", 0), (400, "status", 0), (500, "status", 0)])
    func refused(status: Int, label: String, ends: Int) async throws {
        let refuse: ScriptedHTTPServer.Handler = { request, connection in
            guard request.call != "GET", request.call != "POST" || request.json?["result"] != nil else {
                return try connection.answer(405, type: nil)
            }
            try connection.answer(status, type: nil)
        }
        try await with(["POST": refuse, "notifications/x": refuse], options: { _ in }) { bench, connection, _ in
            let reply = try await failure { try await connection.reply(to: "q", Self.roots) }
            #expect(reply.label == label, "\(reply)")
            let notification = try await failure { try await connection.notify(method: "notifications/x", params: nil) }
            #expect(notification.label == label, "\(notification)")
            #expect(bench.ends.value.count == ends, "an end is told once")
            await connection.close()
            let late = try await failure { try await connection.reply(to: "q", Self.roots) }
            #expect(late.label == "connect")
        }
    }

    @Test("a session is initialized once, and answers that nobody waits for are counted")
    func once() async throws {
        try await with(
            [
                "tools/call": { request, connection in
                    try connection.answer(
                        #"[{"jsonrpc":"2.0","id":77,"result":{}},{"jsonrpc":"2.0","id":\#(request.id),"result":"mine"}]"#
                    )
                }
            ], options: { _ in }
        ) { bench, connection, server in
            let answer = try await connection.ask("tools/call", on: bench)
            #expect(answer == #""mine""#)
            #expect(await connection.lateAnswers == 1)
            let error = try await failure { try await connection.ask("initialize", on: bench) }
            #expect(error.label == "protocol" && !error.mayHaveExecuted)
            #expect(server.requests(for: "initialize").count == 1)
        }
    }

    @Test("a server that floods a request's stream does not keep the loop from others")
    func flood() async throws {
        try await with(
            [
                "tools/call": { request, connection in
                    if request.json?["params"]?["arguments"]?["flood"] == nil {
                        return try connection.result(#""quick""#, of: request)
                    }
                    try connection.beginEvents()
                    let noise = String(repeating: ": noise\n\n", count: 4000)
                    while true { try connection.chunk(noise) }
                }
            ], options: { _ in }
        ) { bench, connection, _ in
            let flood = try await connection.beginCall(on: bench, arguments: #"{"flood":1}"#)
            let reading = Task(executorPreference: bench.loop) { try await flood.next(until: .distantFuture) }
            for _ in 0..<10 {
                #expect(try await connection.beginCall(on: bench).answer() == #""quick""#)
            }
            await flood.cancel(reason: "enough")
            #expect(try await failure { try await reading.value }.label == "cancelled")
        }
    }
}
