import TestSupport
import Testing

@testable import MCPProtocol

@Suite("results that ask, and their answers")
struct InputRequiredTests {
    static let form = #"{"mode":"form","message":"m","requestedSchema":{"type":"object","properties":{} }}"#

    @Test("questions are read in their order, with the state as it is")
    func reading() throws {
        let text =
            #"{"inputRequests":{"b":{"method":"elicitation\/create","params":\#(Self.form)},"a":{"method":"roots/list"},"#
            + #""c":{"params":null,"method":"roots/list"}},"requestState":"\u0073\n","resultType":"input_required"}"#
        let asked = try #require(try InputRequired(result: RawJSON(validating: text)))
        #expect(asked.questions.map(\.key) == ["b", "a", "c"])
        #expect(asked.questions.map(\.method) == ["elicitation/create", "roots/list", "roots/list"])
        #expect(asked.questions.map { $0.params?.text } == [Self.form, nil, nil])
        #expect(asked.requestState == "s\n")
        let encoded = asked.encode(serverInfo: Array(ModernResultTests.info.utf8))
        #expect(try InputRequired(result: RawJSON(validating: encoded)) == asked)
        let validator = try MessageValidator(revision: "2026-07-28")
        let response = JSONRPC.response(id: 1, result: encoded)
        #expect(validator.problems(in: response, sender: .server, answering: "tools/call") == [])
    }

    @Test(
        "other results are none", arguments: [#"{"content":[]}"#, #"{"resultType":"complete"}"#, #"{"resultType":7}"#])
    func others(text: String) throws {
        #expect(try InputRequired(result: RawJSON(validating: text)) == nil)
    }

    @Test("without a word a result is complete")
    func resultType() throws {
        #expect(InputRequired.isResultType("complete", of: .emptyObject))
        #expect(!InputRequired.isResultType("complete", of: try RawJSON(validating: #"{"resultType":"task"}"#)))
    }

    @Test(
        "one that cannot be answered is named",
        arguments: [
            ("", "result has neither inputRequests nor requestState"),
            (#","inputRequests":{},"requestState":null"#, "result has neither inputRequests nor requestState"),
            (#","inputRequests":[]"#, "result.inputRequests must be an object"),
            (#","requestState":1"#, "result.requestState must be a string"),
            (#","inputRequests":{"a":{}}"#, #"result.inputRequests["a"].method must be a string"#),
            (#","inputRequests":{"a":7}"#, #"result.inputRequests["a"].method must be a string"#),
            (
                #","inputRequests":{"a":{"method":"roots/list","params":[]}}"#,
                #"result.inputRequests["a"].params must be an object"#
            ),
            (
                #","inputRequests":{"a":{"method":"x"},"\u0061":{"method":"x"}}"#,
                #"result.inputRequests["a"] appears more than once"#
            ),
        ])
    func refused(members: String, fact: String) throws {
        let result = try RawJSON(validating: #"{"resultType":"input_required"\#(members)}"#)
        #expect {
            try InputRequired(result: result)
        } throws: { error in
            "\(error)" == fact
        }
    }

    @Test("a state alone asks for another try")
    func stateOnly() throws {
        let asked = InputRequired(questions: [], requestState: "s")
        let text = String(decoding: asked.encode(), as: UTF8.self)
        #expect(text == #"{"resultType":"input_required","requestState":"s"}"#)
        #expect(try InputRequired(result: RawJSON(validating: text)) == asked)
    }

    @Test("answers are read by the keys of their questions")
    func answers() throws {
        let params = try RawJSON(
            validating: #"{"inputResponses":{"b":{"action":"cancel"},"a":7},"name":"t","requestState":""}"#)
        let answers = try InputAnswers(params: params)
        #expect(answers.responses.map(\.key) == ["b", "a"])
        #expect(answers.responses.map(\.value.text) == [#"{"action":"cancel"}"#, "7"])
        #expect(answers.requestState == "")
        #expect(answers.isRetry)
        for text in [#"{"name":"t"}"#, #"{"inputResponses":null,"requestState":null}"#, "[]"] {
            let none = try InputAnswers(params: RawJSON(validating: text))
            #expect(!none.isRetry && none.responses.isEmpty && none.requestState == nil)
        }
        #expect(try InputAnswers(params: RawJSON(validating: #"{"inputResponses":{}}"#)).isRetry)
        #expect(try !InputAnswers(params: nil).isRetry)
    }

    @Test(
        "answers two readers could take for others are refused",
        arguments: [
            (#"{"inputResponses":[]}"#, "params.inputResponses must be an object"),
            (#"{"requestState":1}"#, "params.requestState must be a string"),
            (#"{"requestState":"a","requestSt\u0061te":"b"}"#, "params.requestState appears more than once"),
            (#"{"inputResponses":{},"inputResponses":{}}"#, "params.inputResponses appears more than once"),
            (#"{"inputResponses":{"k":1,"k":2}}"#, #"params.inputResponses["k"] appears more than once"#),
        ])
    func badAnswers(text: String, fact: String) throws {
        let params = try RawJSON(validating: text)
        #expect {
            try InputAnswers(params: params)
        } throws: { error in
            "\(error)" == fact
        }
    }

    @Test("a request is asked again with this round's answers alone")
    func answering() throws {
        let params = try RawJSON(validating: #"{"name":"t", "arguments":{"n":1.0},"_meta":{}}"#)
        let first = params.answering(Array(#"{"a":1}"#.utf8), requestState: "s\"")
        #expect(
            first.text
                == #"{"name":"t", "arguments":{"n":1.0},"_meta":{},"inputResponses":{"a":1},"requestState":"s\""}"#)
        #expect(
            first.answering(Array("{}".utf8), requestState: nil).text == params.text.dropLast()
                + #","inputResponses":{}}"#)
        #expect(first.answering(nil, requestState: nil) == params)
    }
}
