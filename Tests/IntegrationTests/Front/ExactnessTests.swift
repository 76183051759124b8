import TestSupport
import Testing

@Suite(
    "what passes through is not changed", .serialized,
    .gateway {
        ["mcpServers": ["a": try ReferenceServer.stdio(["--tools", "1"]), "b": try ReferenceServer.stdio()]]
    })
struct ExactnessTests {
    /// Objects that a proxy which reads and writes JSON again would change.
    static let arguments = [
        #"{"n":12345678901234567890123456789}"#,
        #"{"n":1.0,"m":1e400,"z":-0,"y":-0.0,"x":1E+2,"w":0.1000}"#,
        #"{"unknown":{"nested":[1,2,{"deep":null}]},"other":[]}"#,
        #"{"b":1,"a":2,"":3}"#,
        #"{"a":1,"a":2}"#,
        #"{"s":"\u00e9\/\ud83d\ude80\u0000\b\f\n\r\t\"\\"}"#,
        #"{"s":"é漢🚀\u2028","\u0061":"key"}"#,
        #"{ "spaced" : [ 1 , 2 ] }"#,
        #"{"name":"tool_0000","arguments":{"_meta":{"progressToken":1}},"_meta":{}}"#,
        "{}",
    ]

    @Test("arguments reach the server byte for byte, over /mcp and /v1", arguments: arguments)
    func argumentsPass(arguments: String) async throws {
        let gateway = try GatewayFixture.shared()
        let expected = "tool_0000 \(arguments)"
        try await SessionClient.with(gateway) { client in
            for params in [
                #"{"name":"a__tool_0000","arguments":\#(arguments)}"#,
                #"{"arguments":\#(arguments),"name":"a__tool_0000"}"#,
                #"{ "extra" : [1] , "_meta":{"progressToken":"t","x/y":1}, "arguments" : \#(arguments) ,"name":"a__tool\u005f0000" }"#,
            ] {
                let http = try await gateway.post(
                    #"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":\#(params)}"#, in: client)
                let text = try http.json()["result"]?["content"]?[0]?["text"]?.string
                #expect(text.map { Array($0.utf8) } == Array(expected.utf8), "\(http)")
            }
        }
        let plain = try await gateway.request("POST", "/v1/tools/a__tool_0000", body: arguments)
        let text = try plain.json()["content"]?[0]?["text"]?.string
        #expect(text.map { Array($0.utf8) } == Array(expected.utf8), "\(plain)")
    }

    @Test("line ends between tokens do not end a message, whatever the server's framing")
    func lineEnds() async throws {
        let gateway = try GatewayFixture.shared()
        try await SessionClient.with(gateway) { client in
            let http = try await gateway.post(
                "{\r\n\"jsonrpc\":\"2.0\",\n\"id\":1,\n\"method\":\"tools/call\",\n\"params\":\n{\"name\":\n\"a__tool_0000\",\r\n\"arguments\":{\n\"a\"\r\n:\n1\n}\n}\n}\n",
                in: client)
            let text = try #require(try http.json()["result"]?["content"]?[0]?["text"]?.string, "\(http)")
            #expect(text.filter { !$0.isWhitespace } == #"tool_0000{"a":1}"#)
        }
    }

    @Test(
        "results reach the client byte for byte",
        arguments: [
            #""\u00e9\/\ud83d\ude80\b\f\n\r\t\"\\""#, #""é漢🚀\u2028""#, #""""#, #""\u0000""#, #""data: x\n\nevent: y""#,
        ])
    func resultsPass(quoted: String) async throws {
        let gateway = try GatewayFixture.shared()
        let body =
            #"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"b__echo","arguments":{"message":\#(quoted)}}}"#
        let result = #"{"content":[{"type":"text","text":\#(quoted)}]}"#
        try await SessionClient.with(gateway) { client in
            let json = try await gateway.post(body, in: client)
            #expect(json.text == #"{"jsonrpc":"2.0","id":1,"result":\#(result)}"#)
            let events = try await gateway.post(body, in: client, changing: ["Accept": "text/event-stream"])
            #expect(events.events().map(\.data) == [#"{"jsonrpc":"2.0","id":1,"result":\#(result)}"#])
        }
        let plain = try await gateway.request("POST", "/v1/tools/b__echo", body: #"{"message":\#(quoted)}"#)
        #expect(plain.text == result)
    }

    @Test("numbers and members of structured results keep their spelling and order")
    func structured() async throws {
        try await SessionClient.with(try .shared()) { client in
            let answer = try await client.call("b__structured", ["city": "Köln"])
            let content = try #require(answer.result?["structuredContent"])
            #expect(content["celsius"] == .number("21.50"))
            #expect(content.members?.map(\.name) == ["city", "celsius", "conditions"])
        }
    }

    @Test(
        "an id comes back as it was sent",
        arguments: [
            "0", "-1", "9223372036854775807", "9223372036854775808", "123456789012345678901234567890", "-0", #""""#,
            #""a\u0000b""#, #""1""#, #""漢\ud83d\ude80""#, "\"\(String(repeating: "long ", count: 20_000))\"",
            String(repeating: "9", count: 5_000),
        ])
    func ids(id: String) async throws {
        let gateway = try GatewayFixture.shared()
        try await SessionClient.with(gateway) { client in
            for (method, params) in [
                ("ping", "{}"), ("tools/call", #"{"name":"b__echo","arguments":{"message":"x"}}"#), ("nothing", "{}"),
            ] {
                let http = try await gateway.post(
                    #"{"jsonrpc":"2.0","id":\#(id),"method":"\#(method)","params":\#(params)}"#, in: client)
                #expect(http.status == 200)
                #expect(try http.json()["id"] == JSONTree(parsing: id), "\(http)")
            }
        }
    }

    private func expectLargeResult(_ bytes: Int, of tool: String, _ client: SessionClient) async throws {
        let params: JSONTree = ["name": .string(tool), "arguments": ["bytes": .number(String(bytes))]]
        for accept in ["application/json", "text/event-stream"] {
            // Not through the checking client: its reader is written for clarity.
            let body = SessionClient.request("tools/call", params, id: 1).description
            let http = try await client.gateway.post(body, in: client, changing: ["Accept": accept])
            #expect(http.status == 200)
            let isStream = accept == "text/event-stream"
            let head = Array(
                ((isStream ? "event: message\ndata: " : "")
                    + #"{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":""#).utf8)
            let tail = Array((#""}]}}"# + (isStream ? "\n\n" : "")).utf8)
            #expect(http.body.count == head.count + bytes + tail.count)
            #expect(http.body.starts(with: head), "\(String(decoding: http.body.prefix(300), as: UTF8.self))")
            #expect(http.body.suffix(tail.count) == tail[...])
        }
    }

    @Test("a result of many megabytes arrives whole", arguments: [100_000, 1_000_000, 6_000_000])
    func largeResults(bytes: Int) async throws {
        try await SessionClient.with(try .shared()) { client in
            try await expectLargeResult(bytes, of: "b__large", client)
        }
    }

    @Test("a result over HTTP may be larger than one message, up to limits.maxResultBytes; beyond it says so")
    func largeResultsOverHTTP() async throws {
        try await ReferenceServer.withHTTP { url, _ in
            let configuration: JSONTree = [
                "mcpServers": ["only": ["url": .string(url)]],
                "limits": ["maxMessageBytes": "1MiB", "maxResultBytes": "4MiB"],
            ]
            try await GatewayFixture.with(configuration) { gateway in
                try await SessionClient.with(gateway) { client in
                    try await expectLargeResult(200_000, of: "large", client)
                    try await expectLargeResult(4_000_000, of: "large", client)
                    // The head is on its way already: all that can be done is not to end the answer properly.
                    let body = SessionClient.request(
                        "tools/call", ["name": "large", "arguments": ["bytes": 6_000_000]], id: 1)
                    await #expect(throws: ConnectionFailure.self) {
                        try await gateway.post(body.description, in: client)
                    }
                    #expect(try await client.call("echo", ["message": "x"]).text == "x")
                }
            }
        }
    }

    @Test(
        "content of every kind is right for the client's revision", arguments: HandshakeTests.revisions,
        ["text", "image", "audio", "embedded_resource", "resource_link", "mixed", "structured"])
    func content(revision: String, tool: String) async throws {
        try await SessionClient.with(try .shared(), revision: revision) { client in
            let answer = try await client.call("b__\(tool)", tool == "structured" ? ["city": "Köln"] : [:])
            #expect(answer.result?["content"]?.elements?.isEmpty == false, "\(answer.http)")
        }
    }
}
