import MCPProtocol
import Testing

@testable import Gateway

@Suite("Answers that are remembered for the same questions")
struct RecalledAnswersTests {
    private static func request(_ params: String, method: String = "elicitation/create") throws -> JSONRPCRequest {
        JSONRPCRequest(id: 1, method: method, params: try RawJSON(validating: Array(params.utf8)))
    }

    private static let form = #"{"message":"who?","requestedSchema":{"type":"object","properties":{}}}"#
    private static let accepted = #"{"action":"accept","content":{}}"#

    @Test(
        "what is of one time only, and how it is written, does not tell questions apart",
        arguments: [
            #"{"requestedSchema": {"properties":{}, "type":"object"}, "message":"who?"}"#,
            #"{"message":"wh\u006f?","requestedSchema":{"type":"object","properties":{}},"_meta":{"progressToken":7}}"#,
            #"{"message":"who?","requestedSchema":{"type":"object","properties":{}},"elicitationId":"e","task":{}}"#,
        ])
    func same(params: String) throws {
        let digest = try #require(RecalledAnswers.digest(of: Self.request(Self.form)))
        #expect(try RecalledAnswers.digest(of: Self.request(params)) == digest)
    }

    @Test(
        "anything else does",
        arguments: [
            #"{"message":"Who?","requestedSchema":{"type":"object","properties":{}}}"#,
            #"{"message":"who?","requestedSchema":{"type":"object","properties":{"a":{}}}}"#,
            #"{"message":"who?","requestedSchema":{"type":"object","properties":{}},"mode":"form"}"#, "{}",
        ])
    func different(params: String) throws {
        let digest = try RecalledAnswers.digest(of: Self.request(Self.form))
        #expect(try RecalledAnswers.digest(of: Self.request(params)) != digest)
        #expect(try RecalledAnswers.digest(of: Self.request(Self.form, method: "sampling/createMessage")) != digest)
    }

    @Test("each answer is good once, for its own question, if it is an answer to it")
    func once() throws {
        let (right, wrong) = (
            try RawJSON(validating: Array(Self.accepted.utf8)), try RawJSON(validating: Array("[]".utf8))
        )
        var answers = RecalledAnswers(
            to: ["q1": "a", "q2": "a", "q3": "b", "q4": "c"],
            [("q1", right), ("q2", right), ("q3", wrong), ("q5", right)], fromElsewhere: true)
        let method = "elicitation/create"
        #expect(answers.take("a", answering: method) == right)
        #expect(answers.take("a", answering: method) == right)
        #expect(answers.take("a", answering: method) == nil)
        #expect(answers.take("b", answering: method) == nil)
        #expect(answers.take("c", answering: method) == nil)
        #expect(answers.take("d", answering: method) == nil)
    }
}
