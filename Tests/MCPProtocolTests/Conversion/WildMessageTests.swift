import Testing

@testable import MCPProtocol

@Suite("Messages nobody should send")
struct WildMessageTests {
    static let corpus = [
        #"{"ref":{"type":"ref/resource","uri":"u:1"},"name":"p","uri":"u:1","taskId":"t","arguments":{"a":"1"},"_meta":{"progressToken":1}}"#,
        #"{"roots":{"listChanged":true},"sampling":{"tools":{}},"elicitation":{"form":{},"url":{}},"extensions":{"a/b":{}}}"#,
        #"{"tools":{},"resources":{"subscribe":true},"tasks":{"requests":{"tools":{"call":{}}}},"extensions":{"io.modelcontextprotocol/ui":{}}}"#,
        #"{"messages":[{"role":"user","content":[{"type":"tool_use"}]}],"tools":[],"includeContext":"thisServer","task":{}}"#,
        #"{"task":{"taskId":"t"},"tasks":[{"taskId":"t"}],"_meta":{"io.modelcontextprotocol/related-task":{"taskId":"t"}}}"#,
        #"{"code":-32042,"message":"m","data":{"elicitations":[{"message":"m","url":"u"}]}}"#,
        #"{"mode":"url","message":"m","url":"u","requestedSchema":{"properties":{}},"content":[{"type":"text"}]}"#,
    ]

    @Test("become JSON or a refusal", arguments: 0..<8)
    func mutated(seed: UInt64) throws {
        var mutator = Mutator(seed: seed, corpus: Self.corpus.map { Array($0.utf8) })
        let client = ClientCapabilities(
            try RawJSON(validating: #"{"roots":{},"sampling":{},"elicitation":{"form":{},"url":{}}}"#),
            revision: .v2025_11_25)
        func expectJSON(_ value: RawJSON?) throws {
            guard let value else { return }
            #expect(try RawJSON(validating: Array(value.bytes)) == value)
        }
        for _ in 0..<250 {
            guard let value = try? RawJSON(validating: mutator.next()) else { continue }
            for method in ["prompts/get", "resources/read", "completion/complete", "tasks/get"] {
                guard let params = try? RoutedParams(method: method, params: value) else { continue }
                for token in [nil, 7] as [Int64?] {
                    let forwarded = try RawJSON(validating: params.forwarded(target: "x\"", progressToken: token))
                    #expect(try RoutedParams(method: method, params: forwarded).target == "x\"")
                }
            }
            for revision in ProtocolRevision.allCases {
                let other = ClientCapabilities(value, revision: revision)
                try expectJSON(other.forUpstream)
                for server in ProtocolRevision.allCases {
                    try expectJSON(other.encode(for: server, runningTasks: server.isModern))
                }
                try expectJSON(
                    ServerCapabilities.union(.everything, ServerCapabilities(value, revision: revision)).encode(
                        for: revision))
                for method in [QuestionForClient.roots, QuestionForClient.sampling, QuestionForClient.elicitation] {
                    let question = QuestionForClient(method: method, params: value)
                    if case .deliver(let params, _) = question.judged(for: client, revision: revision) {
                        try expectJSON(params?.naming(server: "\""))
                    }
                    try expectJSON(value.answer(to: method, for: revision))
                    _ = QuestionForClient.isValidAnswer(method: method, result: value)
                }
                try expectJSON(value.listItem(.tools, for: revision))
                try expectJSON(value.progressParams(for: revision).completionParams(for: revision))
                try expectJSON(value.samplingResult(for: revision))
            }
            for place in [TaskReference.createResult, .task, .list] {
                try expectJSON(value.mappingTaskIDs(in: place) { "\"\($0)" })
            }
            try expectJSON(value.relatedTask("\"").relatedTask(nil).addingTask(ttl: .min))
            if let error = JSONRPCError(value) { try expectJSON(URLElicitationRequired(error)?.toolResult) }
        }
    }
}
