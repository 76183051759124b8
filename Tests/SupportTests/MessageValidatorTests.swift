import TestSupport
import Testing

struct MessageValidatorTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let revisions: [String]
        let sender: MessageValidator.Sender
        let answering: String?
        let message: String
        var testDescription: String { "\(revisions) \(message)" }

        init(_ revisions: [String], _ sender: MessageValidator.Sender, _ message: String, answering: String? = nil) {
            self.revisions = revisions
            self.sender = sender
            self.answering = answering
            self.message = message
        }
    }

    static let all = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"]
    static let legacy = Array(all.dropLast())
    static let modern = ["2026-07-28"]
    static let meta =
        #""_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}"#

    static let right: [Case] = [
        Case(
            legacy, .client,
            #"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","#
                + #""capabilities":{"roots":{"listChanged":true}},"clientInfo":{"name":"a","version":"1"}}}"#),
        Case(
            legacy, .server,
            #"{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":"2025-06-18","#
                + #""capabilities":{"tools":{}},"serverInfo":{"name":"a","version":"1"}}}"#, answering: "initialize"),
        Case(legacy, .client, #"{"jsonrpc":"2.0","method":"notifications/initialized"}"#),
        Case(legacy, .client, #"{"jsonrpc":"2.0","id":"a","method":"tools/list","params":{"cursor":"x"}}"#),
        Case(legacy, .client, #"{"jsonrpc":"2.0","id":2,"method":"ping"}"#),
        Case(legacy, .server, #"{"jsonrpc":"2.0","id":2,"method":"ping"}"#),
        Case(legacy, .server, #"{"jsonrpc":"2.0","id":2,"result":{}}"#, answering: "ping"),
        Case(
            legacy, .client, #"{"jsonrpc":"2.0","id":2,"result":{"roots":[{"uri":"file:///a"}]}}"#,
            answering: "roots/list"),
        Case(
            legacy, .server, #"{"jsonrpc":"2.0","id":2,"result":{"content":[{"type":"text","text":"a"}]}}"#,
            answering: "tools/call"),
        Case(
            legacy, .server,
            #"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":1,"progress":0.5}}"#),
        Case(all, .server, #"{"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"no"}}"#),
        Case(
            ["2024-11-05", "2025-03-26", "2025-06-18"], .server,
            #"{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"no"}}"#),
        Case(["2025-11-25", "2026-07-28"], .server, #"{"jsonrpc":"2.0","error":{"code":-32700,"message":"no"}}"#),
        Case(all, .server, #"{"jsonrpc":"2.0","id":2,"result":{"resultType":"complete"}}"#),
        Case(
            ["2025-03-26"], .client,
            #"[{"jsonrpc":"2.0","id":1,"method":"ping"},{"jsonrpc":"2.0","method":"notifications/initialized"}]"#),
        Case(
            ["2025-06-18"], .server,
            #"{"jsonrpc":"2.0","id":1,"method":"elicitation/create","params":{"message":"a","#
                + #""requestedSchema":{"type":"object","properties":{"a":{"type":"boolean"}}}}}"#),
        Case(
            ["2025-11-25"], .server,
            #"{"jsonrpc":"2.0","id":2,"result":{"task":{"taskId":"a","status":"working","ttl":null,"#
                + #""createdAt":"2025-11-25T10:30:00Z","lastUpdatedAt":"2025-11-25T10:30:00Z"}}}"#,
            answering: "tools/call"),
        Case(
            ["2025-11-25"], .server,
            #"{"jsonrpc":"2.0","id":1,"error":{"code":-32042,"message":"a","data":{"elicitations":[{"mode":"url","#
                + #""message":"a","url":"https://a","elicitationId":"1"}]}}}"#),
        Case(modern, .client, #"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a",\#(meta)}}"#),
        Case(
            modern, .server,
            #"{"jsonrpc":"2.0","id":1,"result":{"resultType":"complete","content":[{"type":"text","text":"a"}]}}"#,
            answering: "tools/call"),
        Case(
            modern, .server, #"{"jsonrpc":"2.0","id":1,"result":{"resultType":"input_required","requestState":"a"}}"#,
            answering: "tools/call"),
        Case(
            modern, .server,
            #"{"jsonrpc":"2.0","id":1,"result":{"resultType":"task","taskId":"a","status":"working","ttlMs":null,"#
                + #""createdAt":"2026-07-28T10:30:00Z","lastUpdatedAt":"2026-07-28T10:30:00Z"}}"#,
            answering: "tools/call"),
        Case(modern, .client, #"{"jsonrpc":"2.0","id":1,"method":"tasks/get","params":{"taskId":"a"}}"#),
        Case(
            modern, .server,
            #"{"jsonrpc":"2.0","id":1,"error":{"code":-32022,"message":"a","#
                + #""data":{"requested":"1","supported":["2026-07-28"]}}}"#),
    ]

    @Test("a right message passes in each revision that has it", arguments: right)
    func passes(example: Case) throws {
        for revision in example.revisions {
            let validator = try MessageValidator(revision: revision)
            #expect(
                validator.problems(
                    in: Array(example.message.utf8), sender: example.sender, answering: example.answering) == [])
        }
    }

    static let wrong: [(Case, String)] = [
        (Case(all, .server, #"{"jsonrpc":"2.0","id":1"#), "not JSON"),
        (Case(all, .server, #"{"jsonrpc":"2.0","id":1,"id":1,"result":{}}"#), "twice"),
        (Case(all, .server, "7"), "should be a JSON-RPC message"),
        (Case(all, .server, #"{"jsonrpc":"2.0","id":1}"#), "not exactly one of"),
        (
            Case(all, .server, #"{"jsonrpc":"2.0","id":1,"result":{},"error":{"code":1,"message":"a"}}"#),
            "not exactly one of"
        ),
        (Case(all, .server, #"{"id":1,"error":{"code":1,"message":"a"}}"#), "$.jsonrpc: is missing"),
        (Case(all, .server, #"{"jsonrpc":"1.0","id":1,"error":{"code":1,"message":"a"}}"#), "$.jsonrpc: is"),
        (Case(all, .server, #"{"jsonrpc":"2.0","id":1.5,"error":{"code":1,"message":"a"}}"#), "$.id: is number"),
        (
            Case(all, .server, #"{"jsonrpc":"2.0","id":1,"error":{"code":"a","message":"a"}}"#),
            "$.error.code: is string"
        ),
        (Case(all, .server, #"{"jsonrpc":"2.0","id":1,"error":{"code":1}}"#), "$.error.message: is missing"),
        (Case(all, .server, #"{"jsonrpc":"2.0","id":null,"error":{"code":1,"message":"a"}}"#), "$.id: is null"),
        (
            Case(
                ["2025-11-25", "2026-07-28"], .server,
                #"{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"a"}}"#), "$.id: is null"
        ),
        (Case(all, .server, #"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#), "is no request of a server"),
        (
            Case(all, .client, #"{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}"#),
            "is no notification of a client"
        ),
        (Case(all, .client, #"{"jsonrpc":"2.0","id":1,"method":"no/such"}"#), "is no request of a client"),
        (Case(modern, .client, #"{"jsonrpc":"2.0","id":1,"method":"ping"}"#), "is no request of a client"),
        (Case(modern, .server, #"{"jsonrpc":"2.0","id":1,"method":"roots/list"}"#), "is no request of a server"),
        (
            Case(all, .client, #"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{}}"#),
            "$.params.name: is missing"
        ),
        (Case(all, .client, #"{"jsonrpc":"2.0","id":1,"method":"tools/call"}"#), "$.params: is missing"),
        (
            Case(legacy, .server, #"{"jsonrpc":"2.0","id":1,"result":{"content":{}}}"#, answering: "tools/call"),
            "$.result.content: is object, should be array"
        ),
        (
            Case(
                legacy, .server, #"{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"a","inputSchema":{}}]}}"#,
                answering: "tools/list"), "$.result.tools[0].inputSchema.type: is missing"
        ),
        (
            Case(
                legacy, .client, #"{"jsonrpc":"2.0","id":1,"result":{"roots":[{"uri":"a b"}]}}"#,
                answering: "roots/list"), "$.result.roots[0].uri: is not of format uri"
        ),
        (
            Case(
                ["2024-11-05"], .server,
                #"{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"audio","data":"","mimeType":"a/b"}]}}"#,
                answering: "tools/call"), "$.result.content[0]: is none of"
        ),
        (Case(["2025-03-26"], .client, "[]"), "empty batch"),
        (Case(["2025-06-18"], .client, #"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#), "batch, which 2025-06-18"),
        (
            Case(
                ["2025-03-26"], .client,
                #"[{"jsonrpc":"2.0","id":1,"method":"ping"},{"jsonrpc":"2.0","id":1,"result":{}}]"#),
            "mixes"
        ),
        (Case(["2025-03-26"], .client, #"[{"jsonrpc":"2.0","id":1,"method":"no"}]"#), "$[0].method"),
        (
            Case(modern, .server, #"{"jsonrpc":"2.0","id":1,"result":{"content":[]}}"#, answering: "tools/call"),
            "$.result.resultType: is missing"
        ),
        (
            Case(
                modern, .server, #"{"jsonrpc":"2.0","id":1,"result":{"resultType":"complete"}}"#,
                answering: "tools/call"),
            "$.result.content: is missing"
        ),
        (
            Case(
                modern, .server, #"{"jsonrpc":"2.0","id":1,"result":{"resultType":"input_required"}}"#,
                answering: "tools/call"), "neither inputRequests nor requestState"
        ),
        (
            Case(
                modern, .server,
                #"{"jsonrpc":"2.0","id":1,"result":{"resultType":"input_required","requestState":"a"}}"#,
                answering: "tools/list"), "may not answer this method"
        ),
        (
            Case(
                modern, .server, #"{"jsonrpc":"2.0","id":1,"result":{"resultType":"new"}}"#, answering: "tools/list"),
            "\"new\" is not known"
        ),
        (
            Case(modern, .client, #"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{}}"#),
            "$.params._meta: is missing"
        ),
        (
            Case(modern, .server, #"{"jsonrpc":"2.0","id":1,"error":{"code":-32022,"message":"a"}}"#),
            "$.error.data: is missing"
        ),
        (
            Case(modern, .client, #"{"jsonrpc":"2.0","id":1,"method":"tasks/get","params":{}}"#),
            "$.params.taskId: is missing"
        ),
    ]

    @Test("a wrong message is named with its place and reason", arguments: wrong)
    func fails(example: Case, problem: String) throws {
        for revision in example.revisions {
            let problems = try MessageValidator(revision: revision).problems(
                in: Array(example.message.utf8), sender: example.sender, answering: example.answering)
            #expect(problems.contains { $0.contains(problem) }, "\(revision): \(problems)")
        }
    }

    @Test("methods that a test declares are checked by their envelope alone")
    func customMethods() throws {
        let validator = try MessageValidator(revision: "2025-06-18", customMethods: ["x/y"])
        let request = #"{"jsonrpc":"2.0","id":1,"method":"x/y","params":{"a":1}}"#
        #expect(validator.problems(in: Array(request.utf8), sender: .client) == [])
        #expect(
            validator.problems(in: Array(#"{"id":1,"method":"x/y"}"#.utf8), sender: .client) == [
                "$.jsonrpc: is missing"
            ])
    }

    @Test("a log checks each response against the method it answers")
    func log() async throws {
        let log = MessageLog()
        func record(_ text: String, _ sender: MessageValidator.Sender) async throws {
            try await log.record(Array(text.utf8), on: "a", revision: "2025-03-26", sender: sender)
        }
        try await record(
            #"[{"jsonrpc":"2.0","id":1,"method":"tools/list"},{"jsonrpc":"2.0","id":2,"method":"ping"}]"#, .client)
        try await record(#"{"jsonrpc":"2.0","id":2,"result":{}}"#, .server)
        #expect(await log.problems() == [])
        try await record(#"[{"jsonrpc":"2.0","id":1,"result":{}}]"#, .server)
        try await record(#"{"jsonrpc":"2.0","id":9,"result":{}}"#, .server)
        try await record(#"{"jsonrpc":"2.0","id":2,"method":"ping"}"#, .client)
        try await record("{", .client)
        #expect(
            await log.entries.map(\.problems) == [
                [], [], [], ["$.result.tools: is missing"],
                ["$.id: 9 answers no request of the client on this connection"],
                ["$.id: 2 was used before on this connection"],
                ["$: not JSON at byte 1: a member's name should be here"],
            ])
        #expect(await log.entries.map(\.method) == ["tools/list", "ping", "ping", "tools/list", nil, "ping", nil])
        #expect(await log.problems().count == 4)
    }
}
