import MCPProtocol
import TestSupport
import Testing

@Suite("Questions of servers, judged for a client")
struct QuestionJudgementTests {
    static let everything = #"{"roots":{},"sampling":{"tools":{}},"elicitation":{"form":{},"url":{}}}"#

    static func judge(
        _ method: String, _ params: String?, _ revision: ProtocolRevision, client: String = everything
    ) throws -> QuestionJudgement {
        QuestionJudgement.judge(
            JSONRPCRequest(id: 1, method: method, params: try params.map { try RawJSON(validating: $0) }),
            for: ClientCapabilities(try RawJSON(validating: client), revision: revision), revision: revision)
    }

    static func delivered(_ judgement: QuestionJudgement) throws -> RawJSON? {
        guard case .deliver(let params, let answer) = judgement else {
            Issue.record("refused: \(judgement)")
            return nil
        }
        #expect(answer == .unchanged)
        return params
    }

    static let form =
        #""message":"m","requestedSchema":{"type":"object","properties":{"n":{"type":"number","default":1.0}}}"#
    static let url = #""message":"m","mode":"url","url":"https:\/\/e.x","elicitationId":"e""#
    static let messages = #""messages":[{"role":"user","content":{"type":"text","text":"\u0061"}}],"maxTokens":1e1"#
    static let tool = #"{"name":"t","inputSchema":{"type":"object"}}"#

    @Test(
        "what a client understands reaches it byte for byte",
        arguments: [
            ("roots/list", nil, .v2024_11_05), ("roots/list", #"{"_meta":{"k":1.0}}"#, .v2024_11_05),
            ("sampling/createMessage", "{ \(messages), \"includeContext\":\"none\",\"x\":[ ] }", .v2024_11_05),
            (
                "sampling/createMessage", #"{\#(messages),"tools":[\#(tool)],"toolChoice":{"mode":"auto"}}"#,
                .v2025_11_25
            ),
            (
                "sampling/createMessage",
                #"{"maxTokens":1,"messages":[{"role":"assistant","content":[{"type":"tool_use","id":"1","name":"t","input":{}}]}]}"#,
                .v2025_11_25
            ),
            (
                "sampling/createMessage",
                #"{"maxTokens":1,"messages":[{"role":"user","content":{"type":"audio","data":"AA==","mimeType":"audio/wav"}}]}"#,
                .v2025_03_26
            ),
            ("elicitation/create", "{ \(form) }", .v2025_06_18),
            ("elicitation/create", #"{"mode":"form",\#(form),"_meta":{"a/b":[ 1 ]}}"#, .v2025_11_25),
            ("elicitation/create", "{ \(url) }", .v2025_11_25),
        ] as [(String, String?, ProtocolRevision)])
    func untouched(method: String, params: String?, revision: ProtocolRevision) throws {
        let delivered = try Self.delivered(Self.judge(method, params, revision))
        #expect(delivered?.text == params)
        try Self.expectValid(method, delivered, revision)
    }

    @Test(
        "what belongs to the server's own connection, or is beyond the client, stays behind",
        arguments: [
            (
                "roots/list",
                #"{"_meta":{"progressToken":1,"io.modelcontextprotocol/related-task":{"taskId":"t"},"k":1.0}}"#,
                .v2025_06_18, #"{"_meta":{"k":1.0}}"#
            ),
            (
                "roots/list", #"{"_meta":{"progressToken":1,"io.modelcontextprotocol/related-task":{"taskId":"t"}}}"#,
                .v2025_11_25, #"{"_meta":{"io.modelcontextprotocol/related-task":{"taskId":"t"}}}"#
            ),
            (
                "sampling/createMessage", #"{\#(messages),"includeContext":"allServers","task":{"ttl":1}}"#,
                .v2025_11_25,
                #"{\#(messages),"includeContext":"none"}"#
            ),
            (
                "sampling/createMessage", #"{"includeContext":"this\u0053erver",\#(messages)}"#, .v2024_11_05,
                #"{"includeContext":"none",\#(messages)}"#
            ),
            ("elicitation/create", #"{"mode":"form",\#(form),"task":{}}"#, .v2025_06_18, "{\(form)}"),
            (
                "elicitation/create", #"{\#(url),"task":{},"_meta":{"progressToken":"p"}}"#, .v2025_11_25,
                #"{\#(url),"_meta":{}}"#
            ),
        ] as [(String, String, ProtocolRevision, String)])
    func stripped(method: String, params: String, revision: ProtocolRevision, expected: String) throws {
        let delivered = try Self.delivered(Self.judge(method, params, revision))
        #expect(delivered?.text == expected)
        try Self.expectValid(method, delivered, revision)
    }

    private static func expectValid(_ method: String, _ params: RawJSON?, _ revision: ProtocolRevision) throws {
        let request = JSONRPC.request(id: 1, method: method, params: params)
        let validator = try MessageValidator(revision: revision.rawValue)
        #expect(validator.problems(in: request, sender: .server) == [])
    }

    struct Refusal: Sendable {
        let method: String
        let params: String?
        var revision = ProtocolRevision.v2025_11_25
        var client = QuestionJudgementTests.everything
        let code: Int
        let fact: String
    }

    static let lacksTools = #"needs the capability "sampling.tools", which the client did not declare"#

    static let refusals = [
        Refusal(method: "x/y", params: "{}", code: -32601, fact: "x/y is no question for a client"),
        Refusal(method: "tasks/get", params: "{}", code: -32601, fact: "tasks/get is no question for a client"),
        Refusal(
            method: "roots/list", params: nil, client: "{}", code: -32601,
            fact: #"roots/list: the client did not declare the capability "roots""#),
        Refusal(method: "roots/list", params: "[]", code: -32602, fact: "roots/list: params must be an object"),
        Refusal(
            method: "sampling/createMessage", params: "{}", client: "{}", code: -32601,
            fact: #"sampling/createMessage: the client did not declare the capability "sampling""#),
        Refusal(
            method: "sampling/createMessage", params: nil, code: -32602,
            fact: "sampling/createMessage: params must be an object"),
        Refusal(
            method: "sampling/createMessage", params: #"{"messages":{}}"#, code: -32602,
            fact: "sampling/createMessage: params.messages must be an array"),
        Refusal(
            method: "sampling/createMessage", params: #"{\#(messages),"tools":[]}"#, revision: .v2025_06_18,
            code: -32602,
            fact: "sampling/createMessage: params.tools \(lacksTools)"),
        Refusal(
            method: "sampling/createMessage", params: #"{\#(messages),"toolChoice":{}}"#, client: #"{"sampling":{}}"#,
            code: -32602, fact: "sampling/createMessage: params.toolChoice \(lacksTools)"),
        Refusal(
            method: "sampling/createMessage", params: #"{\#(messages),"tools":[],"tools":null}"#,
            client: #"{"sampling":{}}"#,
            code: -32602, fact: "sampling/createMessage: params.tools appears more than once"),
        Refusal(
            method: "sampling/createMessage", params: #"{"messages":[{},{"content":[]}]}"#, client: #"{"sampling":{}}"#,
            code: -32602, fact: "sampling/createMessage: params.messages[1].content is an array, which \(lacksTools)"),
        Refusal(
            method: "sampling/createMessage", params: #"{"messages":[{"content":{"type":"tool_use"}}]}"#,
            revision: .v2025_06_18, code: -32602,
            fact: "sampling/createMessage: params.messages[0].content \(lacksTools)"),
        Refusal(
            method: "sampling/createMessage", params: #"{"messages":[{"content":{"type":"audio"}}]}"#,
            revision: .v2024_11_05, code: -32602,
            fact: "sampling/createMessage: params.messages[0].content is audio, which MCP 2024-11-05 does not have"),
        Refusal(
            method: "elicitation/create", params: "[]", code: -32602,
            fact: "elicitation/create: params must be an object"),
        Refusal(
            method: "elicitation/create", params: "{\(url)}", revision: .v2025_06_18, code: -32602,
            fact: #"elicitation/create: params.mode "url" is not supported by the client"#),
        Refusal(
            method: "elicitation/create", params: "{\(url)}", client: "{}", code: -32602,
            fact: #"elicitation/create: params.mode "url" is not supported by the client"#),
        Refusal(
            method: "elicitation/create", params: #"{"mode":"x"}"#, code: -32602,
            fact: #"elicitation/create: params.mode must be "form" or "url""#),
        Refusal(
            method: "elicitation/create", params: #"{"mode":"url","message":"m"}"#, code: -32602,
            fact: "elicitation/create: params.url must be a string"),
        Refusal(
            method: "elicitation/create", params: #"{"requestedSchema":{}}"#, code: -32602,
            fact: "elicitation/create: params.message must be a string"),
        Refusal(
            method: "elicitation/create", params: #"{"message":"","requestedSchema":true}"#, code: -32602,
            fact: "elicitation/create: params.requestedSchema must be an object"),
        Refusal(
            method: "elicitation/create", params: #"{\#(form),"mode":"form","mode":"url"}"#, code: -32602,
            fact: "elicitation/create: params.mode appears more than once"),
    ]

    @Test("what a client cannot be asked is refused, and why is named", arguments: refusals)
    func refused(_ refusal: Refusal) throws {
        let judgement = try Self.judge(refusal.method, refusal.params, refusal.revision, client: refusal.client)
        #expect(judgement == .refuse(.error(JSONRPCError(code: refusal.code, message: refusal.fact))))
    }

    @Test("a form is declined for a client that cannot show one", arguments: ProtocolRevision.legacy)
    func declined(revision: ProtocolRevision) throws {
        let judgement = try Self.judge("elicitation/create", "{\(Self.form)}", revision, client: #"{"sampling":{}}"#)
        guard case .refuse(.result(let result)) = judgement else {
            Issue.record("\(judgement)")
            return
        }
        #expect(result.text == #"{"action":"decline"}"#)
    }

    @Test("a ping is answered")
    func ping() throws {
        #expect(try Self.judge("ping", nil, .v2024_11_05, client: "{}") == .refuse(.result(.emptyObject)))
    }

    @Test("the server's name goes before the message, whose own bytes stay")
    func naming() throws {
        func named(_ params: String, _ server: String) throws -> String {
            try RawJSON(validating: params).naming(server: server).text
        }
        #expect(
            try named(#"{ "message": "\u0061\n", "x":1.0 }"#, #"a"b"#) == #"{ "message": "[a\"b] \u0061\n", "x":1.0 }"#)
        #expect(try named(#"{"message":""}"#, "s") == #"{"message":"[s] "}"#)
        #expect(try named(#"{"message":1}"#, "s") == #"{"message":1}"#)
        #expect(try named("[]", "s") == "[]")
    }

    @Test(
        "answers without the shape of their method are found",
        arguments: [
            ("elicitation/create", #"{"action":"accept","content":{}}"#, nil),
            ("elicitation/create", #"{"action":"decline"}"#, nil), ("elicitation/create", #"{"action":"cancel"}"#, nil),
            ("elicitation/create", #"{"action":"yes"}"#, #"result.action must be "accept", "decline" or "cancel""#),
            ("elicitation/create", #"{"action":"accept","content":[]}"#, "result.content must be an object"),
            ("elicitation/create", "[]", "result must be an object"),
            ("sampling/createMessage", #"{"role":"assistant","content":{},"model":""}"#, nil),
            ("sampling/createMessage", #"{"role":"user","content":[],"model":"m"}"#, nil),
            (
                "sampling/createMessage", #"{"role":"system","content":{}}"#,
                #"result.role must be "assistant" or "user""#
            ),
            (
                "sampling/createMessage", #"{"role":"user","content":"x"}"#,
                "result.content must be an object or an array"
            ),
            ("sampling/createMessage", #"{"role":"user","content":{}}"#, "result.model must be a string"),
            ("roots/list", #"{"roots":[]}"#, nil), ("roots/list", "{}", "result.roots must be an array"),
            ("other", "{}", nil),
        ] as [(String, String, String?)])
    func answers(method: String, result: String, fault: String?) throws {
        #expect(try QuestionForClient.isValidAnswer(method: method, result: RawJSON(validating: result)) == fault)
    }

    @Test(
        "in results of 2026-07-28 questions have nothing that belongs to a request",
        arguments: [
            ("roots/list", nil, nil), ("roots/list", "{}", nil),
            ("roots/list", #"{"_meta":{"progressToken":1,"k":1}}"#, nil),
            ("elicitation/create", #"{ \#(form) }"#, #"{ \#(form) }"#),
            (
                "elicitation/create", #"{"mode":"form",\#(form),"_meta":{"k":1},"task":{}}"#,
                #"{"mode":"form",\#(form)}"#
            ),
            ("elicitation/create", "{\(url)}", #"{"message":"m","mode":"url","url":"https:\/\/e.x"}"#),
            (
                "sampling/createMessage", #"{"task":{"ttl":1},\#(messages),"includeContext":"allServers","_meta":{}}"#,
                #"{\#(messages),"includeContext":"none"}"#
            ),
            (
                "sampling/createMessage", #"{\#(messages),"tools":[\#(tool)],"toolChoice":{"mode":"auto"}}"#,
                #"{\#(messages),"tools":[\#(tool)],"toolChoice":{"mode":"auto"}}"#
            ),
        ] as [(String, String?, String?)])
    func modern(method: String, params: String?, expected: String?) throws {
        let delivered = try Self.delivered(Self.judge(method, params, .v2026_07_28))
        #expect(delivered?.text == expected)
        let asked = InputRequired(
            questions: [InputRequired.Question(key: "q", method: method, params: delivered)], requestState: "s")
        let response = JSONRPC.response(id: 1, result: asked.encode())
        let validator = try MessageValidator(revision: "2026-07-28")
        #expect(validator.problems(in: response, sender: .server, answering: "tools/call") == [])
    }

    @Test("a client of 2026-07-28 is not asked what it did not declare")
    func modernRefusals() throws {
        let revision = ProtocolRevision.v2026_07_28
        let declined = try Self.judge("elicitation/create", "{\(Self.form)}", revision, client: "{}")
        #expect(declined == .refuse(.result(try RawJSON(validating: #"{"action":"decline"}"#))))
        for (method, params) in [
            ("roots/list", nil), ("sampling/createMessage", "{\(Self.messages)}"),
            ("elicitation/create", "{\(Self.url)}"),
        ] as [(String, String?)] {
            guard case .refuse(.error) = try Self.judge(method, params, revision, client: "{}") else {
                Issue.record("\(method) is not refused")
                continue
            }
        }
    }

    static let related = #""io.modelcontextprotocol/related-task":{"taskId":"t"}"#

    @Test(
        "an answer is one the server's revision has",
        arguments: [
            (
                "elicitation/create", #"{"action":"accept","content":{"n":1.0},"resultType":"complete"}"#, .v2025_06_18,
                #"{"action":"accept","content":{"n":1.0}}"#
            ),
            (
                "elicitation/create", #"{"_meta":{\#(related),"k":1},"action":"cancel","content":null}"#, .v2026_07_28,
                #"{"action":"cancel"}"#
            ),
            (
                "elicitation/create", #"{"_meta":{\#(related),"k":1},"action":"cancel"}"#, .v2025_11_25,
                #"{"_meta":{\#(related),"k":1},"action":"cancel"}"#
            ),
            (
                "elicitation/create", #"{"_meta":{\#(related),"k":1},"action":"cancel"}"#, .v2025_06_18,
                #"{"_meta":{"k":1},"action":"cancel"}"#
            ),
            (
                "sampling/createMessage",
                #"{"role":"user","content":[{"type":"text","text":"\u0061"}],"model":"m","resultType":"complete"}"#,
                .v2025_06_18, #"{"role":"user","content":{"type":"text","text":"\u0061"},"model":"m"}"#
            ),
            (
                "sampling/createMessage",
                #"{"role":"user","content":[{"type":"text","text":"\u0061"}],"model":"m","_meta":{\#(related)}}"#,
                .v2026_07_28, #"{"role":"user","content":[{"type":"text","text":"\u0061"}],"model":"m"}"#
            ),
            ("roots/list", #"{"roots":[ ],"_meta":{"k":1}}"#, .v2026_07_28, #"{"roots":[ ],"_meta":{"k":1}}"#),
        ] as [(String, String, ProtocolRevision, String)])
    func answer(method: String, given: String, revision: ProtocolRevision, expected: String) throws {
        let answer = try RawJSON(validating: given).answer(to: method, for: revision)
        #expect(answer.text == expected)
        #expect(QuestionForClient.isValidAnswer(method: method, result: answer) == nil)
        let name = ["elicitation/create": "ElicitResult", "roots/list": "ListRootsResult"][method]
        let schema = try SchemaDocument.named(revision.rawValue)
        let problems = schema.problems(
            in: try JSONTree(parsing: Array(answer.bytes)), as: name ?? "CreateMessageResult")
        #expect(problems == [])
    }
}
