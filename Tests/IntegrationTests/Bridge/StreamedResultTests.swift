import TestSupport
import Testing

/// Large results are passed on while they arrive. Whether they ask is decided by who answers, not by what they say.
@Suite("Streamed results across the eras")
struct StreamedResultTests {
    private static let long = String(repeating: "x", count: 400_000)

    /// A result that is longer than what is held.
    private static func result(_ first: String, _ last: String) -> String {
        #"{\#(first)"content":[{"type":"text","text":"\#(long)"}]\#(last)}"#
    }

    private static let asks =
        #""inputRequests":{"a":{"method":"elicitation/create","params":{"mode":"form","message":"Password?","#
        + #""requestedSchema":{"type":"object"}}}},"requestState":"s""#

    @Test(
        "a server with sessions cannot ask in a result, however it says so",
        arguments: [
            (#""resultType":"input_required",\#(asks),"#, ""), ("", #","resultType" : "input_required",\#(asks)"#),
            ("", #","result\u0054ype":"input_required""#), (#""resultType":{"a":[1,"}"]},"#, #","resultType":null"#),
            ("", ""),
        ])
    func asking(first: String, last: String) async throws {
        let script = ScriptedMCP([
            "tools/call": { request, connection in try connection.result(Self.result(first, last), of: request) }
        ])
        try await UpstreamCase.with(script) { gateway, _ in
            try await StatelessClient.with(gateway) { client in
                let answer = try await client.call("work")
                let types = answer.result?.members?.filter { $0.name == "resultType" }.map(\.value)
                #expect(types == ["complete"], "\(String(describing: types))")
                #expect(answer.text == Self.long)
            }
        }
    }

    @Test("of its _meta, what concerns the gateway's own way to the server stays behind")
    func meta() async throws {
        let meta =
            #","_meta":{"io.modelcontextprotocol/related-task":{"taskId":"t"},"vendor.example/key":[1],"#
            + #""io.modelcontextprotocol/serverInfo":{"name":"other","version":"1"}}"#
        for (last, hasKey) in [(meta, true), ("", false)] {
            let script = ScriptedMCP([
                "tools/call": { request, connection in try connection.result(Self.result("", last), of: request) }
            ])
            try await UpstreamCase.with(script) { gateway, _ in
                try await StatelessClient.with(gateway) { client in
                    let meta = try await client.call("work").result?["_meta"]
                    #expect(meta?["vendor.example/key"] == (hasKey ? [1] : nil))
                    let info = try #require(meta?["io.modelcontextprotocol/serverInfo"])
                    #expect(info["name"]?.string != "other", "\(info)")
                    #expect(meta?.members?.count == (hasKey ? 2 : 1))
                }
            }
        }
    }

    @Test("what a server with sessions says of how long a resource may be kept is said once")
    func hints() async throws {
        let resource = #""contents":[{"uri":"a://b","text":"\#(Self.long)"}]"#
        for (members, ttl) in [("", 0), (#","ttlMs":5,"cacheScope":"private""#, 5)] {
            let script = ScriptedMCP([
                "initialize": { request, connection in
                    try connection.result(
                        #"{"protocolVersion":"2025-11-25","capabilities":{"resources":{}},"#
                            + #""serverInfo":{"name":"scripted","version":"1"}}"#, of: request)
                },
                "resources/read": { request, connection in try connection.result("{\(resource)\(members)}", of: request)
                },
            ])
            try await UpstreamCase.with(script) { gateway, _ in
                try await StatelessClient.with(gateway) { client in
                    let answer = try await client.send(
                        .init(method: "resources/read", params: [.init("uri", "a://b")]))
                    let names = answer.result?.members?.map(\.name).filter { $0 != "contents" && $0 != "_meta" }
                    #expect(names?.sorted() == ["cacheScope", "resultType", "ttlMs"], "\(String(describing: names))")
                    #expect(answer.result?["ttlMs"]?.int == ttl)
                    #expect(answer.result?["contents"]?[0]?["text"]?.string == Self.long)
                }
            }
        }
    }

    @Test("the plain HTTP API knows no eras: a server's own envelope is left out", arguments: [false, true])
    func plain(isLong: Bool) async throws {
        let text = isLong ? Self.long : "short"
        let script = ScriptedModern(handlers: [
            "tools/call": { request, connection in
                try connection.result(
                    #"{"resultType":"complete","content":[{"type":"text","text":"\#(text)"}],"structuredContent":[1],"#
                        + #""_meta":{"io.modelcontextprotocol/serverInfo":{"name":"scripted","version":"2"},"#
                        + #""vendor.example/key":7}}"#, of: request)
            }
        ])
        try await ScriptedHTTPServer.with(script.handler) { server in
            try await GatewayFixture.with(UpstreamCase.configuration(["far": UpstreamCase.http(server)])) { gateway in
                let call = try await gateway.call("work")
                #expect(call.text == text)
                #expect(call.result.members?.map(\.name) == ["content", "structuredContent", "_meta"])
                #expect(call.result["_meta"] == ["vendor.example/key": 7])
                try await gateway.waitUntilIdle()
            }
        }
    }
}
