import TestSupport
import Testing

/// Every way a request of 2026-07-28 can be refused before anything is done: MCP 2026-07-28, Transports, "Errors".
@Suite("Requests that are refused before anything is done")
struct LadderTests {
    /// A request in parts, each of which a case may spoil.
    private struct Draft {
        var httpMethod = "POST"
        var id: JSONTree = "a-1"
        var method = "tools/call"
        var params: [JSONTree.Member] = [.init("name", "echo"), .init("arguments", ["message": "refused"])]
        var meta: [JSONTree.Member]? = [
            .init("io.modelcontextprotocol/protocolVersion", "2026-07-28"),
            .init("io.modelcontextprotocol/clientCapabilities", [:]),
        ]
        var headers: [(String, String)] = [
            ("Content-Type", "application/json"), ("Accept", SessionClient.bothAnswers),
            ("MCP-Protocol-Version", "2026-07-28"), ("Mcp-Method", "tools/call"), ("Mcp-Name", "echo"),
        ]
        /// Instead of all of the above.
        var body: String?

        var text: String {
            if let body { return body }
            let meta = meta.map { [JSONTree.Member("_meta", .object($0))] } ?? []
            return SessionClient.request(method, .object(params + meta), id: id).description
        }

        mutating func setHeader(_ name: String, _ value: String?) {
            headers.removeAll { $0.0 == name }
            if let value { headers.append((name, value)) }
        }

        mutating func setMeta(_ name: String, _ value: JSONTree?) {
            meta?.removeAll { $0.name == "io.modelcontextprotocol/" + name }
            if let value { meta?.append(.init("io.modelcontextprotocol/" + name, value)) }
        }

        mutating func setVersion(_ version: String) {
            setMeta("protocolVersion", .string(version))
            setHeader("MCP-Protocol-Version", version)
        }

        mutating func setMethod(_ method: String) {
            self.method = method
            setHeader("Mcp-Method", method)
            setHeader("Mcp-Name", nil)
            params = []
        }

        mutating func setText(_ text: String) {
            params = [.init("name", "echo"), .init("arguments", ["message": .string(text)])]
        }
    }

    private struct Case: Sendable {
        let name: String
        let status: Int
        let code: Int?
        var hasID = true
        let spoil: @Sendable (inout Draft) -> Void

        init(
            _ name: String, _ status: Int, _ code: Int?, hasID: Bool = true,
            _ spoil: @escaping @Sendable (inout Draft) -> Void
        ) {
            self.name = name
            self.status = status
            self.code = code
            self.hasID = hasID
            self.spoil = spoil
        }
    }

    private func run(_ cases: [Case], in gateway: GatewayFixture) async throws {
        let validator = try MessageValidator(revision: "2026-07-28")
        for one in cases {
            var draft = Draft()
            one.spoil(&draft)
            let http = try await gateway.request(
                draft.httpMethod, "/mcp", headers: draft.headers,
                body: draft.httpMethod == "POST" ? draft.text : nil)
            #expect(http.status == one.status, "\(one.name): \(http)")
            #expect(http[header: "Mcp-Session-Id"] == nil, "\(one.name)")
            guard let code = one.code else { continue }
            let message = try http.json()
            #expect(message["error"]?["code"]?.int == code, "\(one.name): \(http)")
            #expect(message["error"]?["message"]?.string?.isEmpty == false, "\(one.name)")
            if one.hasID { #expect(message["id"] == draft.id, "\(one.name): \(http)") }
            let problems = validator.problems(in: http.body, sender: .server, answering: draft.method)
            #expect(one.hasID ? problems == [] : true, "\(one.name): \(problems)")
        }
    }

    private static let parseError = -32700
    private static let invalidRequest = -32600
    private static let methodNotFound = -32601
    private static let invalidParams = -32602
    private static let headerMismatch = -32020
    private static let unsupportedVersion = -32022

    private static let envelope: [Case] = [
        Case("not JSON", 400, parseError, hasID: false) { $0.body = #"{"jsonrpc":"2.0","id":"a-1","method":"# },
        Case("nothing", 400, parseError, hasID: false) { $0.body = "" },
        Case("no message", 400, invalidRequest, hasID: false) { $0.body = #"{"jsonrpc":"2.0"}"# },
        Case("no method", 400, invalidRequest, hasID: false) { $0.body = #"{"jsonrpc":"2.0","id":"a-1","params":{}}"# },
        Case("an id that is none", 400, invalidRequest, hasID: false) { $0.id = [1] },
        Case("a null id", 400, invalidRequest, hasID: false) { $0.id = nil },
        Case("a batch", 400, invalidRequest, hasID: false) { $0.body = "[\($0.text)]" },
        Case("a batch in which only the last describes itself", 400, invalidRequest, hasID: false) {
            $0.body = #"[{"jsonrpc":"2.0","id":9,"method":"ping"},\#($0.text)]"#
        },
        Case("text that is not JSON", 415, nil) { $0.setHeader("Content-Type", "text/plain") },
        Case("an answer nobody could give", 406, nil) { $0.setHeader("Accept", "text/html") },
        Case("a foreign origin, before all else", 403, nil) {
            $0.headers.append(("Origin", "https://evil.example"))
            $0.body = "{"
        },
        Case("GET", 405, nil) { $0.httpMethod = "GET" },
        Case("DELETE", 405, nil) { $0.httpMethod = "DELETE" },
    ]

    private static let description: [Case] = [
        Case("no _meta under a new header", 400, invalidParams) { $0.meta = nil },
        Case("an empty _meta under a new header", 400, invalidParams) { $0.meta = [] },
        Case("no version under a new header", 400, invalidParams) { $0.setMeta("protocolVersion", nil) },
        Case("no capabilities", 400, invalidParams) { $0.setMeta("clientCapabilities", nil) },
        Case("capabilities that are no object", 400, invalidParams) { $0.setMeta("clientCapabilities", []) },
        Case("a version that is null", 400, invalidParams) { $0.setMeta("protocolVersion", .null) },
        Case("a version that is a number", 400, invalidParams) { $0.setMeta("protocolVersion", 2026) },
        Case("clientInfo that is no object", 400, invalidParams) { $0.setMeta("clientInfo", "me") },
        Case("a discovery that does not describe itself", 400, invalidParams) {
            $0.setMethod("server/discover")
            $0.setHeader("MCP-Protocol-Version", nil)
            $0.meta = nil
        },
        Case("a subscription that does not describe itself, under an old header", 400, invalidParams) {
            $0.setMethod("subscriptions/listen")
            $0.setHeader("MCP-Protocol-Version", "2025-11-25")
            $0.meta = nil
        },
        Case("a shape that is wrong counts before headers that are", 400, invalidParams) {
            $0.setMeta("clientCapabilities", nil)
            $0.setHeader("Mcp-Method", nil)
        },
        Case("a level that is none", 200, invalidParams) { $0.setMeta("logLevel", "loud") },
    ]

    private static let headers: [Case] = [
        Case("no version in the headers", 400, headerMismatch) { $0.setHeader("MCP-Protocol-Version", nil) },
        Case("another version in the headers", 400, headerMismatch) {
            $0.setHeader("MCP-Protocol-Version", "2025-11-25")
        },
        Case("the version twice", 400, headerMismatch) { $0.headers.append(("MCP-Protocol-Version", "2026-07-28")) },
        Case("two versions that differ count before one that is unknown", 400, headerMismatch) {
            $0.setMeta("protocolVersion", "2031-01-01")
        },
        Case("no method in the headers", 400, headerMismatch) { $0.setHeader("Mcp-Method", nil) },
        Case("another method in the headers", 400, headerMismatch) { $0.setHeader("Mcp-Method", "tools/list") },
        Case("the method in another case", 400, headerMismatch) { $0.setHeader("Mcp-Method", "Tools/Call") },
        Case("the method twice", 400, headerMismatch) { $0.headers.append(("mcp-method", "tools/call")) },
        Case("no name in the headers", 400, headerMismatch) { $0.setHeader("Mcp-Name", nil) },
        Case("another name in the headers", 400, headerMismatch) { $0.setHeader("Mcp-Name", "delay") },
        Case("the name twice", 400, headerMismatch) { $0.headers.append(("Mcp-Name", "echo")) },
        Case("the name in Base64 that is not canonical", 400, headerMismatch) {
            $0.setHeader("Mcp-Name", "=?base64?ZWNobx==?=")
        },
        Case("headers that differ count before a version that is unknown", 400, headerMismatch) {
            $0.setVersion("2031-01-01")
            $0.setHeader("Mcp-Name", "delay")
        },
        Case("headers that differ count before a method that is unknown", 400, headerMismatch) {
            $0.setMethod("no/such")
            $0.setHeader("Mcp-Method", "tools/call")
        },
    ]

    private static let methods: [Case] =
        [
            Case("an unknown version", 400, unsupportedVersion) { $0.setVersion("2031-01-01") },
            Case("a version that is no date", 400, unsupportedVersion) { $0.setVersion("DRAFT-2026-v1") },
            Case("a version with a handshake", 400, unsupportedVersion) { $0.setVersion("2025-11-25") },
            Case("an unknown version counts before an unknown method", 400, unsupportedVersion) {
                $0.setMethod("no/such")
                $0.setVersion("2031-01-01")
            },
            Case("a tool without a name", 200, invalidParams) {
                $0.params = []
                $0.setHeader("Mcp-Name", nil)
            },
            Case("a cursor that is none", 200, invalidParams) {
                $0.setMethod("tools/list")
                $0.params = [.init("cursor", "refused")]
            },
            // These reach the server, which may have tools that it does not list, and judges them.
            Case("an unknown tool", 200, invalidParams) {
                $0.params = [.init("name", "no_such_tool")]
                $0.setHeader("Mcp-Name", "no_such_tool")
            },
            Case("arguments that are no object", 200, invalidParams) {
                $0.params = [.init("name", "echo"), .init("arguments", "none")]
            },
            Case("answers that are no object", 200, invalidParams) { $0.params.append(.init("inputResponses", [])) },
            Case("a state that is no text", 200, invalidParams) { $0.params.append(.init("requestState", 7)) },
            Case("a forged state", 200, invalidParams) { $0.params.append(.init("requestState", "gw1.e30.AAAA")) },
        ]
        + [
            "no/such", "initialize", "ping", "logging/setLevel", "resources/subscribe", "resources/unsubscribe",
            "notifications/initialized", "tasks/list", "elicitation/create", "",
        ].map { method in Case("the method \(method)", 404, methodNotFound) { $0.setMethod(method) } }

    private static let served: [Case] = [
        Case("as it should be", 200, nil) { $0.setText("served") },
        Case("headers in another case, with white space", 200, nil) {
            $0.setText("served")
            $0.setHeader("Mcp-Name", nil)
            $0.headers.append(("MCP-NAME", " echo \t"))
        },
        Case("a name in Base64", 200, nil) {
            $0.setText("served")
            $0.setHeader("Mcp-Name", "=?base64?ZWNobw==?=")
        },
        Case("a session that means nothing here", 200, nil) {
            $0.setText("served")
            $0.headers += [("Mcp-Session-Id", "nonsense"), ("Last-Event-ID", "1")]
        },
        Case("one kind of answer is enough", 200, nil) {
            $0.setText("served")
            $0.setHeader("Accept", "application/json")
        },
        Case("the other kind, too", 200, nil) {
            $0.setText("served")
            $0.setHeader("Accept", "text/event-stream")
        },
    ]

    @Test(
        "each fault has its status and its code, the id comes back, the first fault counts, and no server hears of it")
    func ladder() async throws {
        let record = try ServerRecord()
        try await FaultCase.with(.stdio, record.options) { gateway in
            try await run(Self.envelope, in: gateway)
            try await run(Self.description, in: gateway)
            try await run(Self.headers, in: gateway)
            try await run(Self.methods, in: gateway)
            try await run(Self.served, in: gateway)
        }
        let calls = try record.messages(from: "client").filter { $0["method"] == "tools/call" }
        let texts = calls.compactMap { $0["params"]?["arguments"]?["message"]?.string }
        #expect(texts == Self.served.map { _ in "served" })
        #expect(try !record.messages(from: "client").contains { $0.description.contains("refused") })
    }

    @Test("an unsupported version is named, with those that are supported: all, or to an old one the new ones")
    func versions() async throws {
        try await FaultCase.with(.stdio) { gateway in
            let client = StatelessClient(gateway, capabilities: [:])
            let discovered = try await client.send(.init(method: "server/discover"))
            let known = try #require(discovered.result?["supportedVersions"])
            for (version, supported) in [
                ("2031-01-01", known), ("", known), ("2025-06-18", ["2026-07-28"]), ("2024-11-05", ["2026-07-28"]),
            ] {
                var draft = Draft()
                draft.setVersion(version)
                let http = try await gateway.request("POST", "/mcp", headers: draft.headers, body: draft.text)
                let error = try http.rpcError(status: 400, code: Self.unsupportedVersion, id: draft.id)
                #expect(error["data"]?["requested"]?.string == version)
                #expect(error["data"]?["supported"] == supported)
            }
            await client.expectNoProblems()
        }
    }

    // MARK: Arguments in headers

    private static let marked =
        #"{"tools":[{"name":"work","inputSchema":{"type":"object","properties":{"region":"#
        + #"{"type":"string","x-mcp-header":"Region"},"count":{"type":"integer","x-mcp-header":"Count"}}}},"#
        + #"{"name":"spoiled","inputSchema":{"type":"object","properties":{"list":{"type":"array","x-mcp-header":"L"}}}}]}"#

    @Test("arguments that a tool wants in headers must be the same there, or the call is not made")
    func parameters() async throws {
        let script = ScriptedMCP(
            tools: ["work"],
            ["tools/list": { request, connection in try connection.result(Self.marked, of: request) }])
        try await UpstreamCase.with(script) { gateway, server in
            func send(_ arguments: JSONTree, _ headers: [(String, String)]) async throws -> HTTPAnswer {
                var draft = Draft()
                draft.params = [.init("name", "work"), .init("arguments", arguments)]
                draft.setHeader("Mcp-Name", "work")
                return try await gateway.request(
                    "POST", "/mcp", headers: draft.headers + headers, body: draft.text)
            }
            let refused: [(JSONTree, [(String, String)])] = [
                (["region": "eu"], []), (["region": "eu"], [("Mcp-Param-Region", "us")]),
                ([:], [("Mcp-Param-Region", "eu")]),
                (["region": "eu"], [("Mcp-Param-Region", "eu"), ("mcp-param-region", "eu")]),
                (["count": 4], [("Mcp-Param-Count", "5")]),
                (["region": "ä"], [("Mcp-Param-Region", "=?base64?w6R=?=")]),
            ]
            for (arguments, headers) in refused {
                let http = try await send(arguments, headers)
                _ = try http.rpcError(status: 400, code: Self.headerMismatch, id: "a-1")
            }
            #expect(server.requests(for: "tools/call").isEmpty)
            let served: [(JSONTree, [(String, String)])] = [
                ([:], []), (["region": "eu"], [("MCP-PARAM-REGION", "eu")]), (["region": .null], []),
                (["count": .number("4.0")], [("Mcp-Param-Count", "4")]),
                (["region": "ä"], [("Mcp-Param-Region", "=?base64?w6Q=?=")]),
                (["region": "eu"], [("Mcp-Param-Region", "eu"), ("Mcp-Param-Else", "x")]),
            ]
            for (arguments, headers) in served {
                let http = try await send(arguments, headers)
                #expect(try http.json()["result"]?["resultType"] == "complete", "\(http)")
            }
            #expect(server.requests(for: "tools/call").count == served.count)
        }
    }
}
