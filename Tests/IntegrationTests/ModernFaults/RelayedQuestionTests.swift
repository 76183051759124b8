import TestSupport
import Testing

/// What a server of 2026-07-28 asks a client of 2026-07-28: the question passes, but for what is not the client's to see.
@Suite("Questions between two sides without sessions")
struct RelayedQuestionTests {
    private static func server(asking question: String) -> ScriptedHTTPServer.Handler {
        { request, connection in
            switch request.call {
            case "server/discover":
                try connection.result(
                    #"{"resultType":"complete","supportedVersions":["2026-07-28"],"capabilities":{"tools":{}},"#
                        + #""ttlMs":0,"cacheScope":"private"}"#, of: request)
            case "tools/list":
                try connection.result(
                    #"{"resultType":"complete","ttlMs":0,"cacheScope":"private","#
                        + #""tools":[{"name":"work","inputSchema":{"type":"object"}}]}"#, of: request)
            case "tools/call":
                try connection.result(
                    #"{"resultType":"input_required","inputRequests":{"a":\#(question)}}"#, of: request)
            default:
                try connection.answer(
                    404, #"{"jsonrpc":"2.0","id":\#(request.id),"error":{"code":-32601,"message":"Method not found"}}"#)
            }
        }
    }

    private static let messages = #""messages":[{"role":"user","content":{"type":"text","text":"?"}}],"maxTokens":9"#

    @Test("the context of \"this server\" would be that of all servers behind the gateway: none is asked for")
    func includeContext() async throws {
        let question =
            #"{"method":"sampling/createMessage","params":{\#(Self.messages),"includeContext":"allServers"}}"#
        try await ScriptedHTTPServer.with(Self.server(asking: question)) { server in
            let servers = UpstreamCase.configuration(["far": UpstreamCase.http(server)])
            try await GatewayFixture.with(servers) { gateway in
                try await StatelessClient.with(gateway, capabilities: ["sampling": ["context": [:]]]) { client in
                    let asked = try await client.call("work")
                    #expect(asked.keys == ["a"], "\(asked.http)")
                    let params = asked.result?["inputRequests"]?["a"]?["params"]
                    #expect(params?["includeContext"] == "none", "\(asked.http)")
                    #expect(params?["maxTokens"] == 9)
                }
            }
        }
    }
}
