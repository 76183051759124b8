import MCPProtocol
import Testing

@Suite("Writing JSON-RPC")
struct JSONRPCWritingTests {
    func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    @Test("messages are compact, and what is given as JSON is copied as it is")
    func messages() throws {
        let params = try RawJSON(validating: #"{ "n": 1.0 }"#)
        #expect(
            text(JSONRPC.request(id: 1, method: "tools/call", params: params))
                == #"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{ "n": 1.0 }}"#)
        #expect(text(JSONRPC.request(id: "a\"", method: "ping")) == #"{"jsonrpc":"2.0","id":"a\"","method":"ping"}"#)
        #expect(
            text(JSONRPC.request(id: .largeInteger("99999999999999999999"), method: "m", params: Array("[]".utf8)))
                == #"{"jsonrpc":"2.0","id":99999999999999999999,"method":"m","params":[]}"#)
        #expect(
            text(JSONRPC.notification(method: "n", params: Array("{}".utf8)))
                == #"{"jsonrpc":"2.0","method":"n","params":{}}"#)
        #expect(text(JSONRPC.notification(method: "n")) == #"{"jsonrpc":"2.0","method":"n"}"#)
        #expect(text(JSONRPC.response(id: -5, result: params)) == #"{"jsonrpc":"2.0","id":-5,"result":{ "n": 1.0 }}"#)
        #expect(
            text(JSONRPC.batch([JSONRPC.notification(method: "a"), JSONRPC.notification(method: "b")]))
                == #"[{"jsonrpc":"2.0","method":"a"},{"jsonrpc":"2.0","method":"b"}]"#)
    }

    @Test("an error without an id has a null id or none, as the revision wants")
    func errors() throws {
        let error = JSONRPCError(code: -32602, message: "no \"x\"\n", data: try RawJSON(validating: "[1]"))
        let object = #"{"code":-32602,"message":"no \"x\"\n","data":[1]}"#
        #expect(text(error.encode()) == object)
        #expect(text(JSONRPC.error(id: 3, error)) == #"{"jsonrpc":"2.0","id":3,"error":\#(object)}"#)
        #expect(text(JSONRPC.error(id: nil, error)) == #"{"jsonrpc":"2.0","id":null,"error":\#(object)}"#)
        #expect(
            text(JSONRPC.error(id: nil, error, omitsMissingID: true)) == #"{"jsonrpc":"2.0","error":\#(object)}"#)
        #expect(JSONRPCError(try RawJSON(validating: object)) == error)
    }

    @Test("what is written is read back the same")
    func roundTrip() throws {
        let ids: [RequestID] = [
            0, -1, "", "x\u{0}\u{1F}\"\\é😀", .integer(.max), .integer(.min),
            .largeInteger("1" + String(repeating: "0", count: 40)),
        ]
        for id in ids {
            let bytes = JSONRPC.request(id: id, method: "m\u{7}\"", params: Array("[1]".utf8))
            guard case .single(.request(let request)) = try JSONRPCPayload(parsing: bytes) else {
                return #expect(Bool(false), "a request")
            }
            #expect(request == JSONRPCRequest(id: id, method: "m\u{7}\"", params: try RawJSON(validating: "[1]")))
        }
    }
}
