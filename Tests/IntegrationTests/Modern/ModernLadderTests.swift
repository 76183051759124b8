import TestSupport
import Testing

/// Which of several faults is answered, with which status and code (MCP 2026-07-28, Transports, "Error Responses").
@Suite("The reference server's checks of requests of 2026-07-28")
struct ModernLadderTests {
    /// A request, and what is changed in it.
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        /// `nil` where the specification does not say.
        let status: Int?
        let code: Int?
        var method = "tools/call"
        var params: JSONTree = ["name": "echo", "arguments": ["message": "m"]]
        /// `nil` removes the member.
        var meta: [(String, JSONTree?)] = []
        /// In place of those of a right request; `nil` removes the field.
        var fields: [(String, String?)] = []

        init(
            _ name: String, _ status: Int?, _ code: Int?, method: String = "tools/call", params: JSONTree? = nil,
            meta: [(String, JSONTree?)] = [], fields: [(String, String?)] = []
        ) {
            testDescription = name
            self.status = status
            self.code = code
            self.method = method
            if let params { self.params = params }
            self.meta = meta
            self.fields = fields
        }
    }

    private static let version = "io.modelcontextprotocol/protocolVersion"
    private static let capabilities = "io.modelcontextprotocol/clientCapabilities"
    private static let mirroring: JSONTree = [
        "name": "test_header_mirroring", "arguments": ["region": "süd", "count": 42],
    ]

    static let cases = [
        Case("a right request", 200, nil),
        Case("without clientInfo", 200, nil, meta: [("io.modelcontextprotocol/clientInfo", nil)]),
        Case("a header's name in another case", 200, nil, fields: [("Mcp-Name", nil), ("MCP-NAME", "echo")]),
        Case("white space around a header's value", 200, nil, fields: [("Mcp-Name", "  echo\t")]),
        Case("a name that is encoded without need", 200, nil, fields: [("Mcp-Name", "=?base64?ZWNobw==?=")]),
        Case("no capabilities", 400, -32602, meta: [(capabilities, nil)]),
        Case("no version under a modern header", 400, -32602, meta: [(version, nil)]),
        Case("capabilities that are a list", 400, -32602, meta: [(capabilities, [])]),
        Case("an unknown log level", nil, -32602, meta: [("io.modelcontextprotocol/logLevel", "loud")]),
        Case("no version header", 400, -32020, fields: [("MCP-Protocol-Version", nil)]),
        Case("another version in the header", 400, -32020, fields: [("MCP-Protocol-Version", "2025-11-25")]),
        Case(
            "an unknown version in the body only", 400, -32020, meta: [(version, "2031-01-01")],
            fields: [("MCP-Protocol-Version", "2026-07-28")]),
        Case(
            "an unknown version", 400, -32022, meta: [(version, "2031-01-01")],
            fields: [("MCP-Protocol-Version", "2031-01-01")]),
        Case(
            "an unknown version and a wrong method", 400, -32020, meta: [(version, "2031-01-01")],
            fields: [("MCP-Protocol-Version", "2031-01-01"), ("Mcp-Method", "tools/list")]),
        Case("no method header", 400, -32020, fields: [("Mcp-Method", nil)]),
        Case("a method header in another case", 400, -32020, fields: [("Mcp-Method", "Tools/Call")]),
        Case("a method header twice", 400, -32020, fields: [("mcp-method", "tools/call")]),
        Case("no name header", 400, -32020, fields: [("Mcp-Name", nil)]),
        Case("another name in the header", 400, -32020, fields: [("Mcp-Name", "text")]),
        Case("bad Base64 in the name header", 400, -32020, fields: [("Mcp-Name", "=?base64?ZWNobw?=")]),
        Case(
            "a resource's URI in the header", 200, nil, method: "resources/read", params: ["uri": "test://static-text"]),
        Case("an unknown method", 404, -32601, method: "no/such", params: [:]),
        Case("initialize", 404, -32601, method: "initialize", params: [:]),
        Case("ping", 404, -32601, method: "ping", params: [:]),
        Case("logging/setLevel", 404, -32601, method: "logging/setLevel", params: ["level": "info"]),
        Case("resources/subscribe", 404, -32601, method: "resources/subscribe", params: ["uri": "x"]),
        Case("tasks/result", 404, -32601, method: "tasks/result", params: ["taskId": "x"]),
        Case("an argument's header", 200, nil, params: mirroring),
        Case("an argument without its header", 400, -32020, params: mirroring, fields: [("Mcp-Param-Region", nil)]),
        Case(
            "an argument other than its header", 400, -32020, params: mirroring,
            fields: [("Mcp-Param-Region", "nord")]),
        Case("an integer spelled differently", 200, nil, params: mirroring, fields: [("Mcp-Param-Count", "42.0")]),
        Case(
            "a header without its argument", 400, -32020, params: mirroring, fields: [("Mcp-Param-Tenant-Id", "t")]),
        Case(
            "a mark without its end is a text", 400, -32020, params: mirroring,
            fields: [("Mcp-Param-Region", "=?base64?c8O8ZA==")]),
        Case("an unknown tool", 200, -32602, params: ["name": "no_such"]),
        Case("an unknown resource", 200, -32602, method: "resources/read", params: ["uri": "test://nowhere"]),
        Case("an unknown cursor", 200, -32602, method: "tools/list", params: ["cursor": "x"]),
        Case(
            "a state that nobody gave", 200, -32602,
            params: ["name": "test_input_required_result_request_state", "requestState": "x"]),
        Case(
            "an answer that is none", 200, -32602,
            params: [
                "name": "test_input_required_result_elicitation", "inputResponses": ["user_name": ["action": "maybe"]],
            ]),
    ]

    @Test("each fault has its status and code, and the id comes back", arguments: cases)
    func ladder(_ fault: Case) async throws {
        try await ReferenceServer.withHTTP(["--era", "both"]) { url, _ in
            try await Self.expect(fault, port: ReferenceServer.port(of: url))
        }
    }

    /// Sends the request of a case, and expects its answer.
    static func expect(_ fault: Case, port: Int) async throws {
        let client = try await RawHTTPClient(port: port)
        defer { client.close() }
        let request = Self.request(fault)
        let answer = try await client.request(
            "POST", "/mcp", headers: Self.fields(fault, of: request), body: request.bytes)
        #expect(fault.status == nil || answer.status == fault.status, "\(fault.testDescription): \(answer)")
        let message = try answer.json()
        #expect(message["id"] == "r-1")
        #expect(message["error"]?["code"]?.int == fault.code, "\(fault.testDescription): \(message)")
        #expect((message["result"] != nil) == (fault.code == nil))
        let problems = try MessageValidator(revision: "2026-07-28").problems(
            in: message, sender: .server, answering: fault.code == nil ? fault.method : nil)
        #expect(problems == [], "\(fault.testDescription)")
    }

    @Test("what is no request, GET and DELETE are refused by a server of this revision only")
    func otherThanRequests() async throws {
        try await ReferenceServer.withHTTP(["--era", "modern"]) { url, _ in
            let client = try await RawHTTPClient(port: ReferenceServer.port(of: url))
            defer { client.close() }
            let headers = ModernHeaders.fields(for: [:], mirrored: [])
            for (body, code) in [
                ("{", -32700), ("[]", -32600), (#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#, -32600),
                (#"{"jsonrpc":"2.0","id":1,"result":{}}"#, -32600), ("7", -32600),
                (#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#, -32602),
            ] {
                let answer = try await client.request("POST", "/mcp", headers: headers, body: Array(body.utf8))
                #expect(answer.status == 400, "\(body): \(answer)")
                #expect(try answer.json()["error"]?["code"]?.int == code, "\(body): \(answer)")
            }
            let hello = #"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25"}}"#
            let refusal = try await client.request("POST", "/mcp", headers: headers, body: Array(hello.utf8))
            #expect(try refusal.json()["error"]?["data"]?["supported"] == ["2026-07-28"])
            for method in ["GET", "DELETE"] {
                let answer = try await client.request(method, "/mcp", headers: [("Accept", "text/event-stream")])
                #expect(answer.status == 405 && answer[header: "Allow"] == "POST")
            }
            #expect(try await client.request("GET", "/sse").status == 404)
        }
    }

    @Test("a state that was changed, or belongs to another call, is refused")
    func states() async throws {
        try await ModernTransport.http.withReferenceServer { client in
            let params: JSONTree = ["name": "test_input_required_result_tampered_state", "arguments": [:]]
            let asked = try await client.exchange("tools/call", params, id: client.makeID()).response?["result"]
            let retry = client.retried(params, answering: try #require(asked))
            let state = try #require(retry["requestState"]?.string)
            for (name, member) in [
                ("tampered_state", state.dropLast() + (state.last == "A" ? "B" : "A")),
                ("request_state", Substring(state)),
            ] {
                let other: JSONTree = [
                    "name": .string("test_input_required_result_\(name)"), "arguments": [:],
                    "inputResponses": retry["inputResponses"] ?? [:], "requestState": .string(String(member)),
                ]
                let answer = try await client.exchange("tools/call", other, id: client.makeID()).response
                #expect(answer?["error"]?["code"] == -32602, "\(answer ?? .null)")
            }
            let right = try await client.exchange("tools/call", retry, id: client.makeID()).response
            #expect(right?["result"]?["content"]?[0]?["text"] == "state-ok")
        }
    }

    private static func request(_ fault: Case) -> JSONTree {
        var meta: [JSONTree.Member] = [
            .init(version, "2026-07-28"), .init(capabilities, ["elicitation": [:]]),
            .init("io.modelcontextprotocol/clientInfo", ["name": "ladder", "version": "1.0"]),
        ]
        for (name, value) in fault.meta {
            meta.removeAll { $0.name == name }
            if let value { meta.append(.init(name, value)) }
        }
        return .request(
            fault.method, .object((fault.params.members ?? []) + [.init("_meta", .object(meta))]), id: "r-1")
    }

    private static func fields(_ fault: Case, of request: JSONTree) -> [(String, String)] {
        let mirrored = [
            MirroredHeader(name: "Region", path: ["region"]), MirroredHeader(name: "Count", path: ["count"]),
        ]
        var fields = ModernHeaders.fields(for: request, mirrored: mirrored)
        if !fields.contains(where: { $0.0 == "MCP-Protocol-Version" }) {
            fields.append(("MCP-Protocol-Version", "2026-07-28"))
        }
        for (name, value) in fault.fields {
            fields.removeAll { $0.0 == name }
            if let value { fields.append((name, value)) }
        }
        return fields
    }
}
