import MCPProtocol
import Testing

@Suite("Params of tools/call")
struct CallToolParamsTests {
    private func params(_ text: String) throws -> CallToolParams { try CallToolParams(RawJSON(validating: text)) }

    @Test(
        "only the name and the token change when a call is forwarded",
        arguments: [
            (#"{"name":"a__x"}"#, #"{"name":"x","_meta":{"progressToken":7}}"#),
            (
                #"{ "arguments" : {"n":1.0e+2,"s":"\u0061"} , "name" : "a__x" , "more":[1] }"#,
                #"{ "arguments" : {"n":1.0e+2,"s":"\u0061"} , "name" : "x" , "more":[1] ,"_meta":{"progressToken":7}}"#
            ),
            (
                #"{"name":"a__x","_meta":{"progressToken":"mine","k":1}}"#,
                #"{"name":"x","_meta":{"progressToken":7,"k":1}}"#
            ),
            (#"{"_meta":{},"name":"a__x"}"#, #"{"_meta":{"progressToken":7},"name":"x"}"#),
            (#"{"n\u0061me":"a__x"}"#, #"{"n\u0061me":"x","_meta":{"progressToken":7}}"#),
        ])
    func forwarding(given: String, sent: String) throws {
        let bytes = try params(given).forwarded(quotedName: JSONWriter.quote("x"), progressToken: 7)
        #expect(String(decoding: bytes, as: UTF8.self) == sent)
        #expect(throws: Never.self) { try RawJSON(validating: bytes) }
    }

    @Test("params that are a slice of a larger text are forwarded as that slice")
    func slice() throws {
        let message = try RawJSON(validating: #"{"id":1,"params":{"name":"a__x","arguments":{}},"x":2}"#)
        let bytes = try CallToolParams(message.member("params")).forwarded(
            quotedName: Array("\"x\"".utf8), progressToken: -1)
        #expect(String(decoding: bytes, as: UTF8.self) == #"{"name":"x","arguments":{},"_meta":{"progressToken":-1}}"#)
    }

    @Test(
        "what is wrong is named",
        arguments: [
            ("[]", "params must be an object"), ("{}", "params.name must be a string"),
            (#"{"name":1}"#, "params.name must be a string"),
            (#"{"name":"x","arguments":[]}"#, "params.arguments must be an object"),
            (#"{"name":"x","arguments":null}"#, "params.arguments must be an object"),
            (#"{"name":"x","_meta":1}"#, "params._meta must be an object"),
            (#"{"name":"x","name":"y"}"#, "params.name appears more than once"),
            (#"{"name":"x","arguments":{},"\u0061rguments":{}}"#, "params.arguments appears more than once"),
        ])
    func refused(given: String, fact: String) throws {
        let value = try RawJSON(validating: given)
        #expect {
            try CallToolParams(value)
        } throws: { error in
            "\(error)".hasPrefix(fact)
        }
    }

    @Test("a token is a string or a number, and is kept as written")
    func token() throws {
        #expect(try params(#"{"name":"x","_meta":{"progressToken":"p"}}"#).progressToken?.text == "\"p\"")
        #expect(try params(#"{"name":"x","_meta":{"progressToken":1}}"#).progressToken?.text == "1")
        #expect(try params(#"{"name":"x","_meta":{"progressToken":null}}"#).progressToken == nil)
        #expect(try params(#"{"name":"x"}"#).progressToken == nil)
    }
}
