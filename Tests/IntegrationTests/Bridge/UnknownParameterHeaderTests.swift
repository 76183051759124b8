import TestSupport
import Testing

/// MCP 2026-07-28, Transports, "Custom Headers": intermediaries pass on what they do not recognize.
@Suite("Mcp-Param headers that a tool does not declare")
struct UnknownParameterHeaderTests {
    private static let tools =
        #"[{"name":"work","inputSchema":{"type":"object","properties":{"region":{"type":"string","#
        + #""x-mcp-header":"Region"}}}},{"name":"plain","inputSchema":{"type":"object"}}]"#

    private func with(
        body: (StatelessClient, ScriptedHTTPServer) async throws -> Void
    ) async throws {
        try await ScriptedHTTPServer.with(ScriptedModern(tools: Self.tools).handler) { server in
            let configuration = UpstreamCase.configuration(["far": UpstreamCase.http(server)])
            try await GatewayFixture.with(configuration) { gateway in
                try await StatelessClient.with(gateway) { client in try await body(client, server) }
                try await gateway.waitUntilIdle()
            }
        }
    }

    private func fields(of request: ScriptedRequest) -> [String] {
        request.fields.filter { $0.name.lowercased().hasPrefix("mcp-param-") }.map { "\($0.name): \($0.value)" }
    }

    /// Those of the call that the server got last.
    private func lastFields(_ server: ScriptedHTTPServer) throws -> [String] {
        fields(of: try #require(server.requests(for: "tools/call").last))
    }

    @Test("they reach the tool's server as they are, beside those that its schema asks for")
    func passedOn() async throws {
        try await with { client, server in
            var request = StatelessClient.Request.call("work", ["region": "eu"])
            request.fields = [
                ("Mcp-Param-Region", "eu"), ("Mcp-Param-Zone", "a b,c"), ("mcp-param-CITY", "=?base64?w7w=?="),
                ("Mcp-Param-Empty", ""), ("X-Other", "no"),
            ]
            #expect(try await client.send(request).text == "done")
            let sent = try #require(server.requests(for: "tools/call").last)
            #expect(
                fields(of: sent).sorted() == [
                    "Mcp-Param-Empty: ", "Mcp-Param-Region: eu", "Mcp-Param-Zone: a b,c",
                    "mcp-param-CITY: =?base64?w7w=?=",
                ])
            #expect(sent[field: "X-Other"] == nil)

            request = .call("plain")
            request.fields = [("Mcp-Param-Region", "us")]
            #expect(try await client.send(request).text == "done")
            #expect(try lastFields(server) == ["Mcp-Param-Region: us"])
            // They were of that one request.
            #expect(try await client.call("plain").text == "done")
            #expect(try lastFields(server) == [])
        }
    }

    @Test("one that is there twice is refused", arguments: ["work", "plain"])
    func repeated(tool: String) async throws {
        try await with { client, server in
            var request = StatelessClient.Request.call(tool)
            request.fields = [("Mcp-Param-Zone", "a"), ("mcp-param-zone", "a")]
            let refused = try await client.send(request)
            #expect(refused.http.status == 400)
            #expect(refused.errorCode == -32020, "\(refused.http)")
            #expect(refused.errorText.lowercased().contains("mcp-param-zone"), "\(refused.errorText)")
            #expect(server.requests(for: "tools/call").isEmpty)
        }
    }

    @Test("one that is no such header by the rules goes no further", arguments: ["ü", "a\tb", "=?base64?w7w?="])
    func invalid(value: String) async throws {
        try await with { (client, server) async throws in
            var request = StatelessClient.Request.call("plain")
            request.fields = [("Mcp-Param-Zone", value), ("Mcp-Param-", "x"), ("Mcp-Param-City", "ok")]
            #expect(try await client.send(request).text == "done")
            #expect(try lastFields(server) == ["Mcp-Param-City: ok"])
        }
    }

    @Test("servers with sessions get none of them")
    func legacy() async throws {
        try await UpstreamCase.with(ScriptedMCP()) { gateway, server in
            try await StatelessClient.with(gateway) { (client) async throws in
                var request = StatelessClient.Request.call("work")
                request.fields = [("Mcp-Param-Zone", "a")]
                #expect(try await client.send(request).text == "done")
                #expect(server.requests.value.allSatisfy { fields(of: $0).isEmpty })
            }
        }
    }
}
