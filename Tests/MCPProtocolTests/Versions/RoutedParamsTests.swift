import MCPProtocol
import Testing

@Suite("Params that name their target")
struct RoutedParamsTests {
    private func params(_ method: String, _ text: String) throws -> RoutedParams {
        try RoutedParams(method: method, params: RawJSON(validating: text))
    }

    @Test(
        "the target is found where the method has it",
        arguments: [
            ("prompts/get", #"{"arguments":{"a":"1"},"name":"p"}"#, .prompt, "p"),
            ("resources/read", #"{"uri":"file:\/\/\/a"}"#, .resource, "file:///a"),
            ("resources/subscribe", #"{"uri":"u:1"}"#, .resource, "u:1"),
            ("resources/unsubscribe", #"{"\u0075ri":"u:1"}"#, .resource, "u:1"),
            ("completion/complete", #"{"ref":{"type":"ref/prompt","name":"p"},"argument":{}}"#, .prompt, "p"),
            ("completion/complete", #"{"ref":{"uri":"u:{x}","type":"ref\/resource"}}"#, .resource, "u:{x}"),
            ("tasks/get", #"{"taskId":"t"}"#, .task, "t"), ("tasks/result", #"{"taskId":""}"#, .task, ""),
            ("tasks/cancel", #"{"taskId":"t","x":{"taskId":1}}"#, .task, "t"),
        ] as [(String, String, RoutedParams.TargetKind, String)])
    func target(method: String, given: String, kind: RoutedParams.TargetKind, target: String) throws {
        let params = try params(method, given)
        #expect(params.targetKind == kind)
        #expect(params.target == target)
        #expect(params.forwarded(target: target, progressToken: nil) == Array(given.utf8))
    }

    @Test(
        "only the target and the token change when a request is forwarded",
        arguments: [
            ("prompts/get", #"{"name":"p"}"#, 7, #"{"name":"X","_meta":{"progressToken":7}}"#),
            ("prompts/get", #"{"name":"p"}"#, nil, #"{"name":"X"}"#),
            (
                "prompts/get",
                #"{ "_meta" : {"progressToken":"mine","k":1.0} , "arguments":{"a":"\u0061"},"name":"p" }"#,
                7, #"{ "_meta" : {"progressToken":7,"k":1.0} , "arguments":{"a":"\u0061"},"name":"X" }"#
            ),
            (
                "resources/read", #"{"uri":"u:1","_meta":{"progressToken":1,"k":1e1}}"#, nil,
                #"{"uri":"X","_meta":{"k":1e1}}"#
            ),
            ("resources/read", #"{"_meta":{"k":1},"uri":"u:1"}"#, nil, #"{"_meta":{"k":1},"uri":"X"}"#),
            (
                "completion/complete",
                #"{"argument":{"name":"uri","value":"u:1"},"ref":{ "uri":"u:1","type":"ref/resource" }}"#,
                -1,
                #"{"argument":{"name":"uri","value":"u:1"},"ref":{ "uri":"X","type":"ref/resource" },"_meta":{"progressToken":-1}}"#
            ),
        ] as [(String, String, Int64?, String)])
    func forwarding(method: String, given: String, token: Int64?, sent: String) throws {
        let message = try RawJSON(validating: #"{"id":1,"params":\#(given),"x":2}"#)
        let params = try RoutedParams(method: method, params: message.member("params"))
        let bytes = params.forwarded(target: "X", progressToken: token)
        #expect(String(decoding: bytes, as: UTF8.self) == sent)
        #expect(throws: Never.self) { try RawJSON(validating: bytes) }
    }

    @Test(
        "what is wrong is named",
        arguments: [
            ("prompts/get", "[]", "params must be an object with \"name\""),
            ("prompts/get", "{}", "params.name must be a string"),
            ("prompts/get", #"{"name":1}"#, "params.name must be a string"),
            ("prompts/get", #"{"name":"a","n\u0061me":"b"}"#, "params.name appears more than once"),
            ("prompts/get", #"{"name":"a","arguments":[]}"#, "params.arguments must be an object"),
            ("prompts/get", #"{"name":"a","arguments":{"n":"1","m":2}}"#, "params.arguments.m must be a string"),
            ("prompts/get", #"{"name":"a","arguments":{},"arguments":{}}"#, "params.arguments appears more than once"),
            ("resources/read", #"{"uri":null}"#, "params.uri must be a string"),
            ("resources/read", #"{"uri":"a","_meta":7}"#, "params._meta must be an object"),
            ("resources/read", #"{"uri":"a","_meta":{},"_meta":{}}"#, "params._meta appears more than once"),
            ("completion/complete", #"{"ref":"p"}"#, "params.ref must be an object"),
            (
                "completion/complete", #"{"ref":{"name":"p"}}"#,
                "params.ref.type must be \"ref/prompt\" or \"ref/resource\""
            ),
            ("completion/complete", #"{"ref":{"type":"ref/prompt","uri":"p"}}"#, "params.ref.name must be a string"),
            (
                "completion/complete", #"{"ref":{"type":"ref/prompt","name":"p","name":"q"}}"#,
                "params.ref.name appears more than once"
            ),
            ("tasks/get", #"{"taskId":1}"#, "params.taskId must be a string"),
            ("tasks/list", "{}", "method \"tasks/list\" names no target"),
        ])
    func refused(method: String, given: String, fact: String) throws {
        let value = try RawJSON(validating: given)
        #expect {
            try RoutedParams(method: method, params: value)
        } throws: { error in
            "\(error)" == fact
        }
    }

    @Test("a token is a string or a number, and is kept as written")
    func token() throws {
        #expect(try params("tasks/get", #"{"taskId":"x","_meta":{"progressToken":1e0}}"#).progressToken?.text == "1e0")
        #expect(try params("tasks/get", #"{"taskId":"x","_meta":{"progressToken":null}}"#).progressToken == nil)
        #expect(try params("tasks/get", #"{"taskId":"x"}"#).progressToken == nil)
    }

    @Test("a call that wants a task says so")
    func task() throws {
        func task(_ text: String) throws -> String? { try CallToolParams(RawJSON(validating: text)).task?.text }
        #expect(try task(#"{"name":"x","task":{"ttl":1}}"#) == #"{"ttl":1}"#)
        #expect(try task(#"{"name":"x"}"#) == nil)
        #expect(throws: MessageError(path: "params.task", fact: "must be an object")) {
            try task(#"{"name":"x","task":true}"#)
        }
        #expect(throws: MessageError(path: "params.task", fact: "appears more than once")) {
            try task(#"{"name":"x","task":{},"task":{}}"#)
        }
    }
}
