import MCPProtocol
import Testing

@Suite("A JSON-RPC payload")
struct JSONRPCPayloadTests {
    static func message(_ text: String) throws(JSONRPCParseError) -> JSONRPCMessage? {
        guard case .single(let message) = try JSONRPCPayload(parsing: Array(text.utf8)) else { return nil }
        // The same message comes of JSON that was validated before.
        if let raw = try? RawJSON(validating: text) { #expect(try JSONRPCMessage(raw) == message) }
        return message
    }

    @Test("a request is read, its params bit for bit")
    func request() throws {
        let params =
            #"{ "name":"x","arguments":{"n":123456789012345678901234567890,"e":1E+2,"s":"\u00e9\/"} , "new":[] }"#
        let text = #" {"method":"tools\/call","unknown":1,"params": "# + params + #" ,"id":"a","jsonrpc":"2.0"} "#
        guard case .request(let request) = try Self.message(text) else { return #expect(Bool(false), "a request") }
        #expect(request.id == "a")
        #expect(request.method == "tools/call")
        #expect(request.params?.text == params)
    }

    @Test("kinds of messages")
    func kinds() throws {
        #expect(
            try Self.message(#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#)
                == .notification(JSONRPCNotification(method: "notifications/initialized")))
        #expect(
            try Self.message(#"{"jsonrpc":"2.0","method":"m","params":null,"id":1}"#)
                == .request(JSONRPCRequest(id: 1, method: "m")))
        #expect(
            try Self.message(#"{"jsonrpc":"2.0","id":1,"result":{}}"#)
                == .response(JSONRPCResponse(id: 1, outcome: .result(.emptyObject))))
        #expect(
            try Self.message(#"{"jsonrpc":"2.0","id":1,"result":{},"error":null}"#)
                == .response(JSONRPCResponse(id: 1, outcome: .result(.emptyObject))))
        #expect(
            try Self.message(#"{"jsonrpc":"2.0","id":1,"result":null}"#)
                == .response(JSONRPCResponse(id: 1, outcome: .result(RawJSON(validating: "null")))))
        let failure = JSONRPCError(code: -32601, message: "no", data: try RawJSON(validating: "[1]"))
        for id in ["\"id\":null,", "", "\"result\":null,\"id\":null,"] {
            #expect(
                try Self.message(#"{"jsonrpc":"2.0",\#(id)"error":{"code":-32601,"message":"no","data":[1]}}"#)
                    == .response(JSONRPCResponse(id: nil, outcome: .error(failure))))
        }
        #expect(
            try Self.message(#"{"jsonrpc":"2.0","id":5,"error":{"code":1.0}}"#)
                == .response(JSONRPCResponse(id: 5, outcome: .error(JSONRPCError(code: 1, message: "")))))
    }

    @Test(
        "what is not a message is refused, naming the fact and the id",
        arguments: [
            ("1", "a message must be a JSON object", nil), ("\"x\"", "a message must be a JSON object", nil),
            ("{}", #"member "jsonrpc" is missing"#, nil), (" { } ", #"member "jsonrpc" is missing"#, nil),
            (#"{"id":1,"method":"m"}"#, #"member "jsonrpc" is missing"#, 1),
            (#"{"jsonrpc":"1.0","id":1,"method":"m"}"#, #"member "jsonrpc" must be "2.0""#, 1),
            (#"{"jsonrpc":2.0,"id":1,"method":"m"}"#, #"member "jsonrpc" must be "2.0""#, 1),
            (#"{"jsonrpc":"2.0","id":1}"#, "a message needs a method, a result or an error", 1),
            (#"{"jsonrpc":"2.0","id":1,"method":7}"#, #"member "method" must be a string"#, 1),
            (
                #"{"jsonrpc":"2.0","id":1,"method":"m","params":"x"}"#,
                #"member "params" must be an object or an array"#, 1
            ),
            (#"{"jsonrpc":"2.0","id":null,"method":"m"}"#, #"member "id" must be a string or an integer"#, nil),
            (#"{"jsonrpc":"2.0","id":1.5,"method":"m"}"#, #"member "id" must be a string or an integer"#, nil),
            (
                #"{"jsonrpc":"2.0","id":1,"method":"m","result":{}}"#,
                "a message has either a method or an outcome, not both", 1
            ),
            (
                #"{"jsonrpc":"2.0","id":1,"result":{},"error":{"code":1}}"#,
                "a response has either a result or an error, not both", 1
            ),
            (#"{"jsonrpc":"2.0","result":{}}"#, #"member "id" of a result must be a string or an integer"#, nil),
            (#"{"jsonrpc":"2.0","id":[],"error":{"code":1}}"#, #"member "id" must be a string or an integer"#, nil),
            (#"{"jsonrpc":"2.0","id":1,"error":"x"}"#, #"member "error" must be an object with an integer "code""#, 1),
            (
                #"{"jsonrpc":"2.0","id":1,"error":{"code":"x"}}"#,
                #"member "error" must be an object with an integer "code""#, 1
            ),
            (#"{"jsonrpc":"2.0","id":1,"error":null}"#, #"member "error" must be an object with an integer "code""#, 1),
            (#"{"jsonrpc":"2.0","id":1,"id":2,"method":"m"}"#, #"member "id" appears more than once"#, nil),
            (
                #"{"jsonrpc":"2.0","id":1,"method":"m","meth\u006fd":"n"}"#, #"member "method" appears more than once"#,
                1
            ),
            (
                #"{"jsonrpc":"2.0","id":1,"method":"m","params":{},"params":{}}"#,
                #"member "params" appears more than once"#, 1
            ),
        ] as [(String, String, RequestID?)])
    func refusals(text: String, fact: String, id: RequestID?) {
        let error = #expect(throws: JSONRPCParseError.self) { try Self.message(text) }
        #expect(error == JSONRPCParseError(code: -32600, message: fact, id: id))
    }

    @Test("what is not JSON is a parse error, what is too much an invalid request")
    func notJSON() {
        func error(_ text: String, _ limits: JSONLimits = .default) -> JSONRPCParseError? {
            #expect(throws: JSONRPCParseError.self) { try JSONRPCPayload(parsing: Array(text.utf8), limits: limits) }
        }
        #expect(error(#"{"jsonrpc":"2.0",}"#)?.message == "invalid JSON: unexpected byte 0x7D at offset 17")
        #expect(error(#"{"jsonrpc":"2.0",}"#)?.code == -32700)
        #expect(error("")?.code == -32700)
        #expect(error("[{]")?.code == -32700)
        #expect(error("{} x")?.code == -32700)
        #expect(
            error("{\"a\":[[]]}", JSONLimits(maxDepth: 2))?.message == "message nested deeper than 2 levels at offset 6"
        )
        #expect(error("{\"a\":[[]]}", JSONLimits(maxBytes: 5))?.message == "message longer than 5 bytes")
        #expect(error("{\"a\":[[]]}", JSONLimits(maxBytes: 5))?.code == -32600)
        #expect(error("{}", JSONLimits(maxDepth: 0))?.code == -32600)
    }

    @Test("the one-pass reader gives the verdict of the validator", arguments: 0..<4)
    func onePass(seed: UInt64) {
        var mutator = Mutator(seed: seed &+ 900, corpus: MessageSamples.all + GrammarCases.all)
        for _ in 0..<1500 {
            let text = mutator.next()
            var verdict: JSONRPCParseError?
            do { _ = try JSONRPCPayload(parsing: text) } catch { verdict = error }
            do {
                _ = try RawJSON(validating: text)
                #expect(verdict?.code != -32700)
            } catch {
                let prefix = error.kind == .tooDeep(limit: 128) ? "message " : "invalid JSON: "
                #expect(verdict?.message == prefix + error.description, "\(String(decoding: text, as: UTF8.self))")
            }
        }
    }

    @Test("a batch gives each message its own verdict")
    func batch() throws {
        let text = #" [{"jsonrpc":"2.0","id":1,"method":"ping"}, 7 ,{"jsonrpc":"2.0","method":"n"},{"id":"x"}] "#
        guard case .batch(let entries) = try JSONRPCPayload(parsing: Array(text.utf8)) else {
            return #expect(Bool(false), "a batch")
        }
        #expect(
            entries == [
                .success(.request(JSONRPCRequest(id: 1, method: "ping"))),
                .failure(JSONRPCParseError(code: -32600, message: "a message must be a JSON object")),
                .success(.notification(JSONRPCNotification(method: "n"))),
                .failure(JSONRPCParseError(code: -32600, message: #"member "jsonrpc" is missing"#, id: "x")),
            ])
        let empty = #expect(throws: JSONRPCParseError.self) { try JSONRPCPayload(parsing: Array("[]".utf8)) }
        #expect(empty?.message == "a batch must not be empty")
        let long = #expect(throws: JSONRPCParseError.self) {
            try JSONRPCPayload(parsing: Array("[1,2,3]".utf8)[...], maxBatchCount: 2)
        }
        #expect(long?.message == "a batch may have at most 2 messages")
        _ = try JSONRPCPayload(parsing: Array("[1,2]".utf8)[...], maxBatchCount: 2)
    }
}
