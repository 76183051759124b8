import TestSupport
import Testing

/// Both eras at one place, and all that servers do when they are probed.
@Suite("The reference server's eras")
struct ModernEraTests {
    private static let probe: JSONTree = .request(
        "server/discover",
        [
            "_meta": [
                "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                "io.modelcontextprotocol/clientCapabilities": [:],
            ]
        ], id: 1)

    private static let hello: JSONTree = .request(
        "initialize",
        [
            "protocolVersion": "2025-11-25", "capabilities": [:], "clientInfo": ["name": "p", "version": "1.0"],
        ], id: 2)

    @Test("one pipe takes a probe, a handshake, and requests of either era")
    func onePipe() async throws {
        try await RunningProcess.with(.built("reference-server")) { process in
            func ask(_ request: JSONTree) async throws -> JSONTree {
                try process.writeLine(request.description)
                return try JSONTree(parsing: try await process.line("answer") { _ in true })
            }
            let discovered = try await ask(Self.probe)
            #expect(
                discovered["result"]?["supportedVersions"]
                    == ["2026-07-28", "2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"])
            #expect(try await ask(Self.hello)["result"]?["protocolVersion"] == "2025-11-25")
            #expect(try await ask(.request("ping", [:], id: 3))["result"] == [:])
            let meta = Self.probe["params"]?["_meta"] ?? .null
            let modern = try await ask(.request("tools/call", ["name": "client_facts", "_meta": meta], id: 4))
            #expect(modern["result"]?["content"]?[0]?["text"]?.string?.contains("2026-07-28") == true)
            let legacy = try await ask(.request("tools/call", ["name": "client_facts"], id: 5))
            #expect(legacy["result"]?["content"]?[0]?["text"]?.string?.contains("2025-11-25") == true)
        }
    }

    @Test(
        "a probe is answered in every odd way there is",
        arguments: [
            ("legacy-versions", 200, nil), ("foreign-versions", 200, nil), ("unsupported", 400, -32022),
            ("unsupported-legacy", 400, -32022), ("unsupported-foreign", 400, -32022), ("header-mismatch", 400, -32020),
            ("missing-capability", 400, -32021), ("error=-32601", 200, -32601),
            ("anonymous-error=-32000@400", 400, -32000), ("status=204", 204, nil), ("status=404", 404, nil),
            ("garbage", 200, nil),
        ] as [(String, Int, Int?)])
    func oddities(fault: String, status: Int, code: Int?) async throws {
        for era in ["legacy", "both"] {
            try await ReferenceServer.withHTTP(["--era", era, "--probe", fault, "--probe-times", "1"]) { url, _ in
                let client = try await RawHTTPClient(port: ReferenceServer.port(of: url))
                defer { client.close() }
                let headers = ModernHeaders.fields(for: Self.probe, mirrored: [])
                let answer = try await client.request("POST", "/mcp", headers: headers, body: Self.probe.bytes)
                #expect(answer.status == status, "\(answer)")
                if let code {
                    #expect(try answer.json()["error"]?["code"]?.int == code)
                    #expect((try answer.json()["id"] == .null) == fault.hasPrefix("anonymous"))
                }
                let second = try await client.request("POST", "/mcp", headers: headers, body: Self.probe.bytes)
                #expect((second.status == 200) == (era == "both"), "\(second)")
            }
        }
    }

    @Test("a probe may be met with silence or the end of the process")
    func silenceAndEnd() async throws {
        try await RunningProcess.with(.built("reference-server", ["--probe", "hang"])) { process in
            try process.writeLine(Self.probe.description)
            try process.writeLine(Self.hello.description)
            let first = try await process.line("answer") { _ in true }
            #expect(try JSONTree(parsing: first)["id"] == 2)
        }
        try await RunningProcess.with(.built("reference-server", ["--probe", "exit"])) { process in
            try process.writeLine(Self.probe.description)
            #expect(try await process.exit() == .code(1))
        }
    }

    @Test("after a number of requests the server is one of the other era")
    func changeOfEra() async throws {
        try await ReferenceServer.withHTTP(["--era", "modern", "--change-era-after", "2"]) { url, _ in
            let client = try await RawHTTPClient(port: ReferenceServer.port(of: url))
            defer { client.close() }
            let headers = ModernHeaders.fields(for: Self.probe, mirrored: [])
            for _ in 0..<2 {
                let answer = try await client.request("POST", "/mcp", headers: headers, body: Self.probe.bytes)
                #expect(answer.status == 200)
            }
            let late = try await client.request("POST", "/mcp", headers: headers, body: Self.probe.bytes)
            #expect(late.status == 400 && late[header: "Content-Type"] == "application/problem+json")
            let fields = headers.filter { !$0.0.lowercased().hasPrefix("mcp-") }
            let session = try await client.request("POST", "/mcp", headers: fields, body: Self.hello.bytes)
            #expect(session.status == 200 && session[header: "Mcp-Session-Id"] != nil)
        }
    }

    @Test("what crosses the wire is recorded in either era", arguments: ModernTransport.allCases)
    func record(transport: ModernTransport) async throws {
        let directory = try TemporaryDirectory()
        try await transport.withReferenceServer(["--record", directory.path("record")]) { client in
            _ = try await client.call("test_input_required_result_multi_round")
            _ = try await client.call("test_tool_with_progress", meta: ["progressToken": "p"])
            _ = try await client.call("no_such_tool")
        }
        let log = MessageLog()
        let lines = try directory.read("record").split(separator: "\n").map { try JSONTree(parsing: Array($0.utf8)) }
        for line in lines {
            #expect(line["revision"] == "2026-07-28")
            try await log.record(
                (line["message"] ?? .null).bytes, on: line["session"]?.string ?? "", revision: "2026-07-28",
                sender: line["from"] == "client" ? .client : .server)
        }
        #expect(await log.problems() == [])
        #expect(lines.count == 13)
    }
}
