import TestSupport
import Testing

@testable import MCPProtocol

@Suite("Forms of 2025-11-25 for clients of 2025-06-18")
struct SimplifiedFormTests {
    private func asked(_ schema: String) throws -> (schema: RawJSON, answer: AnswerConversion) {
        let params = #"{"message":"m","requestedSchema":\#(schema)}"#
        let judgement = try QuestionJudgementTests.judge("elicitation/create", params, .v2025_06_18)
        guard case .deliver(let params?, let answer) = judgement, let schema = params.member("requestedSchema") else {
            Issue.record("\(judgement)")
            return (.emptyObject, .unchanged)
        }
        let request = JSONRPC.request(id: 1, method: "elicitation/create", params: params)
        #expect(try MessageValidator(revision: "2025-06-18").problems(in: request, sender: .server) == [])
        return (schema, answer)
    }

    private func form(_ properties: String, required: String? = nil) -> String {
        #"{ "type":"object", "properties":{\#(properties)}\#(required.map { #","required":\#($0)"# } ?? "") }"#
    }

    static let colours =
        #""c":{"type":"array","title":"Colours","description":"\u0044","items":{"anyOf":[{"const":"r","title":"Red"},{"const":"\u0067","title":"Green"}]},"default":["g"]}"#
    static let asked =
        #""c::r":{"type":"boolean","title":"Colours: Red","description":"\u0044"},"c::g":{"type":"boolean","title":"Colours: Green","description":"\u0044","default":true}"#

    @Test("a choice among titled options becomes enum and enumNames")
    func titled() throws {
        let other = #""n":{"type":"integer","default":1e0}"#
        let field =
            #""f":{"type":"string","title":"F","oneOf":[{"const":"a","title":"A"},{"const":"\u0062"}],"default":"a"}"#
        let (schema, answer) = try asked(form("\(other),\(field)", required: #"["f"]"#))
        let expected =
            #""f":{"type":"string","title":"F","default":"a","enum":["a","\u0062"],"enumNames":["A","\u0062"]}"#
        #expect(schema.text == form("\(other),\(expected)", required: #"["f"]"#))
        #expect(answer == .unchanged)
    }

    @Test("several choices become yes-or-no questions, and their answers one array again")
    func multiple() throws {
        let others = (#""a":{"type":"boolean"}"#, #""z":{ "type":"string" }"#)
        let (schema, answer) = try asked(form("\(others.0),\(Self.colours), \(others.1)", required: #"["z" , "c"]"#))
        #expect(schema.text == form("\(others.0),\(Self.asked), \(others.1)", required: #"["z"]"#))
        #expect(
            try converted(answer, #"{"c::g":true,"z":"\u0061","a":false,"c::r":true}"#)
                == #"{"action":"accept","content":{"z":"\u0061","a":false,"c":["r","\u0067"]}}"#)
        #expect(
            try converted(answer, #"{"z":"z","c::r":false}"#) == #"{"action":"accept","content":{"z":"z","c":[]}}"#)
        // Required, so it is there.
        #expect(try converted(answer, "{}") == #"{"action":"accept","content":{"c":[]}}"#)
    }

    private func converted(_ answer: AnswerConversion, _ content: String) throws -> String {
        let result = try RawJSON(validating: #"{"action":"accept","content":\#(content)}"#)
        guard case .result(let converted) = answer.convert(.result(result)) else { return "error" }
        let response = JSONRPC.response(id: 1, result: converted)
        let validator = try MessageValidator(revision: "2025-11-25")
        #expect(validator.problems(in: response, sender: .client, answering: "elicitation/create") == [])
        return converted.text
    }

    @Test("options without titles show their values; what is not required may stay unanswered")
    func untitled() throws {
        let (schema, answer) = try asked(
            form(#""c":{"type":"array","items":{"type":"string","enum":["r","g","r"]},"minItems":1}"#))
        #expect(
            schema.text
                == form(#""c::r":{"type":"boolean","title":"c: r"},"c::g":{"type":"boolean","title":"c: g"}"#))
        #expect(try converted(answer, "{}") == #"{"action":"accept","content":{}}"#)
        #expect(try converted(answer, #"{"c::r":false}"#) == #"{"action":"accept","content":{}}"#)
        #expect(try converted(answer, #"{"c::g":true}"#) == #"{"action":"accept","content":{"c":["g"]}}"#)
    }

    @Test("too few or too many choices can be complained about, and are a cancel otherwise")
    func bounds() throws {
        let (_, answer) = try asked(
            form(
                #""c":{"type":"array","items":{"enum":["1","2","3","4"],"type":"string"},"minItems":2,"maxItems":3}"#,
                required: #"["c"]"#))
        func complaint(_ content: String) throws -> String? {
            answer.complaint(about: .result(try RawJSON(validating: #"{"action":"accept","content":\#(content)}"#)))
        }
        #expect(try complaint(#"{"c::1":true}"#) == "c: at least 2 must be chosen")
        #expect(try complaint(#"{"c::1":true,"c::2":true}"#) == nil)
        let all = #"{"c::1":true,"c::2":true,"c::3":true,"c::4":true}"#
        #expect(try complaint(all) == "c: at most 3 may be chosen")
        #expect(try converted(answer, all) == #"{"action":"cancel"}"#)
        #expect(try complaint("{}") == "c: at least 2 must be chosen")
    }

    @Test("no other property's name is taken")
    func names() throws {
        let (schema, answer) = try asked(
            form(#""c::r":{"type":"string"},"c":{"type":"array","items":{"type":"string","enum":["r"]}}"#))
        #expect(schema.member("properties")?.members.map(\.name) == ["c::r", "c::r:"])
        #expect(
            try converted(answer, #"{"c::r":"x","c::r:":true}"#)
                == #"{"action":"accept","content":{"c::r":"x","c":["r"]}}"#)
    }

    @Test("answers that are no acceptance go back as they came")
    func refusals() throws {
        let (_, answer) = try asked(form(Self.colours))
        for result in [
            #"{ "action":"decline" }"#, #"{"action":"cancel","content":{"c::r":true}}"#, #"{"action":"accept"}"#,
        ] {
            let outcome = JSONRPCResponse.Outcome.result(try RawJSON(validating: result))
            #expect(answer.convert(outcome) == outcome)
        }
        let error = JSONRPCResponse.Outcome.error(JSONRPCError(code: -1, message: "no"))
        #expect(answer.convert(error) == error)
    }

    @Test(
        "a form that no revision has is refused, and why is named",
        arguments: [
            (#""c":{"type":"array"}"#, #"c.items must have "enum" or "anyOf""#),
            (#""c":{"type":"array","items":{"type":"string"}}"#, #"c.items must have "enum" or "anyOf""#),
            (#""c":{"type":"array","items":{"enum":[]}}"#, "c.items has no options"),
            (#""c":{"type":"array","items":{"enum":["a",1]}}"#, "c.items.enum[1] must be a string"),
            (#""c":{"type":"array","items":{"anyOf":[{}]}}"#, "c.items.anyOf[0].const must be a string"),
            (#""c":{"type":"string","oneOf":["a"]}"#, "c.oneOf[0].const must be a string"),
        ])
    func malformed(properties: String, fact: String) throws {
        try expectRefusal(properties, "params.requestedSchema.properties.\(fact)")
    }

    private func expectRefusal(_ properties: String, _ fact: String) throws {
        let params = #"{"message":"m","requestedSchema":\#(form(properties))}"#
        let judgement = try QuestionJudgementTests.judge("elicitation/create", params, .v2025_06_18)
        #expect(judgement == .refuse(.error(JSONRPCError(code: -32602, message: "elicitation/create: \(fact)"))))
    }

    @Test("the number of questions is bounded, and a property stands there once")
    func bounded() throws {
        let options = (0...SimplifiedForm.maxOptions).map { "\"\($0)\"" }.joined(separator: ",")
        try expectRefusal(
            #""c":{"type":"array","items":{"enum":[\#(options)]}}"#,
            "params.requestedSchema.properties.c makes more than 256 options in one form")
        try expectRefusal(
            #""c":{"type":"string"},"c":{"type":"string"}"#,
            "params.requestedSchema.properties has a property more than once")
    }

    @Test("newer clients get the form as it is")
    func newer() throws {
        let params = #"{"message":"m","requestedSchema":\#(form(Self.colours))}"#
        let judgement = try QuestionJudgementTests.judge("elicitation/create", params, .v2025_11_25)
        #expect(judgement == .deliver(params: try RawJSON(validating: params), answer: .unchanged))
    }

    @Test("whatever a form is made of, it is delivered as JSON or refused", arguments: 0..<8)
    func mutated(seed: UInt64) throws {
        let corpus = [
            form(Self.colours, required: #"["c"]"#),
            form(
                #""f":{"type":"string","oneOf":[{"const":"a","title":"A"}]},"d":{"type":"array","items":{"enum":["x"]}}"#
            ),
        ]
        var mutator = Mutator(
            seed: seed, corpus: corpus.map { Array(#"{"message":"m","requestedSchema":\#($0)}"#.utf8) })
        for _ in 0..<400 {
            guard let params = try? RawJSON(validating: mutator.next()) else { continue }
            let client = ClientCapabilities(try RawJSON(validating: #"{"elicitation":{}}"#), revision: .v2025_06_18)
            let question = QuestionForClient(method: "elicitation/create", params: params)
            guard case .deliver(let delivered?, let answer) = question.judged(for: client, revision: .v2025_06_18)
            else {
                continue
            }
            _ = try RawJSON(validating: Array(delivered.bytes))
            // The form's own text serves as a wild answer.
            let content = delivered["requestedSchema", "properties"] ?? .emptyObject
            let result = try RawJSON(validating: #"{"action":"accept","content":\#(content.text)}"#)
            if case .result(let converted) = answer.convert(.result(result)) {
                _ = try RawJSON(validating: Array(converted.bytes))
            }
        }
    }
}
