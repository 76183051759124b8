import MCPProtocol
import TestSupport
import Testing

@Suite("The error that wants URLs visited")
struct URLElicitationRequiredTests {
    @Test("becomes the result of a tool that names them")
    func result() throws {
        let data =
            #"{"elicitations":[{"mode":"url","message":"Sign in","url":"https://a\/b","elicitationId":"1"},{"url":"c:d"},{"message":"x"},7]}"#
        let error = JSONRPCError(code: -32042, message: "first this", data: try RawJSON(validating: data))
        let required = try #require(URLElicitationRequired(error))
        #expect(required.elicitations.map(\.url) == ["https://a/b", "c:d"])
        #expect(required.elicitations.map(\.message) == ["Sign in", ""])
        let text = #"first this\nSign in: https://a/b\nc:d"#
        #expect(required.toolResult.text == #"{"content":[{"type":"text","text":"\#(text)"}],"isError":true}"#)
        for revision in ProtocolRevision.legacy {
            let response = JSONRPC.response(id: 1, result: required.toolResult)
            let validator = try MessageValidator(revision: revision.rawValue)
            #expect(validator.problems(in: response, sender: .server, answering: "tools/call") == [])
        }
    }

    @Test("is no other error, and may have no URLs")
    func others() throws {
        #expect(URLElicitationRequired(JSONRPCError(code: -32602, message: "")) == nil)
        let bare = try #require(URLElicitationRequired(JSONRPCError(code: -32042, message: "m")))
        #expect(bare.elicitations.isEmpty)
    }
}
