import TestSupport
import Testing

/// Servers whose lists are wrong: the good part is served, and what was wrong is said.
@Suite("servers whose lists are wrong")
struct ServerListFaultTests {
    struct Fault: Sendable, CustomTestStringConvertible {
        let options: [String]
        let transport: ServerTransport
        var testDescription: String { "\(options.joined(separator: " ")) over \(transport)" }
    }

    private static let faults = [
        ["--endless-pages", "--page-size", "10"], ["--repeat-cursor", "--page-size", "10"], ["--duplicate-tools"],
        ["--invalid-tools"], ["--refuse", "resources/list"], ["--refuse", "resources/templates/list"],
        ["--refuse", "prompts/list"], ["--endless-pages"],
    ].flatMap { options in ServerTransport.allCases.map { Fault(options: options, transport: $0) } }

    @Test("the good part is listed, each item once, and can be called", arguments: faults)
    func goodPart(fault: Fault) async throws {
        // Where the list ends early, the tool that tells of running calls is not in it.
        let isWhole = fault.options[0] != "--repeat-cursor"
        try await FaultCase.with(fault.transport, fault.options, keepsServer: isWhole) { gateway in
            let row = try await gateway.waitForServer("far")
            let names = try await gateway.toolNames()
            #expect(Set(names).count == names.count)
            if isWhole { #expect(names.contains("echo") && names.contains("statistics")) }
            // What the server has, and what of it can be shown.
            let unusable = fault.options == ["--invalid-tools"] ? 3 : 0
            #expect(row["tools"]?.int == names.count + unusable)
            try await SessionClient.with(gateway) { client in
                // Validated against the schema, each page.
                var cursor: JSONTree?
                var count = 0
                repeat {
                    let page = try await client.request("tools/list", cursor.map { ["cursor": $0] })
                    count += page.result?["tools"]?.elements?.count ?? 0
                    cursor = page.result?["nextCursor"]
                } while cursor != nil
                #expect(count == names.count)
                for method in ["resources/list", "resources/templates/list", "prompts/list"] {
                    let answer = try await client.request(method)
                    let member =
                        method == "resources/templates/list" ? "resourceTemplates" : String(method.prefix { $0 != "/" })
                    let isRefused = fault.options.contains(method)
                    #expect(answer.result?[member]?.elements?.isEmpty == isRefused, "\(method): \(answer.http)")
                }
                #expect(try await client.call("echo", ["message": "x"]).text == "x")
            }
        }
    }

    @Test("a refused list of tools makes the server unavailable, with the reason", arguments: ServerTransport.allCases)
    func refusedTools(transport: ServerTransport) async throws {
        func check(_ entry: JSONTree) async throws {
            try await GatewayFixture.with(UpstreamCase.configuration(["far": entry])) { gateway in
                let row = try await gateway.waitForServer("far", state: "failed")
                #expect(row["lastError"]?["message"]?.string?.contains("tools/list was refused") == true, "\(row)")
                let call = try await gateway.request("POST", "/v1/tools/echo", body: "{}")
                #expect(call.status == 404)
            }
        }
        let options = ["--refuse", "tools/list"]
        switch transport {
        case .stdio: try await check(try ReferenceServer.stdio(options))
        case .http:
            try await ReferenceServer.withHTTP(options) { url, _ in try await check(["url": .string(url)]) }
        }
    }

    @Test("ten thousand tools are listed page by page, up to the limit, and the last can be called")
    func tenThousand() async throws {
        try await FaultCase.with(.stdio, ["--tools", "10000", "--page-size", "500"]) { gateway in
            let row = try await gateway.waitForServer("far")
            #expect(row["tools"]?.int == 10_000)
            try await SessionClient.with(gateway) { client in
                var names = Set<String>()
                var cursor: JSONTree?
                var pages = 0
                repeat {
                    // Not recorded: the schema of ten thousand tools is looked at elsewhere.
                    let params = cursor.map { JSONTree.object([.init("cursor", $0)]) }
                    let body = SessionClient.request("tools/list", params, id: client.makeID())
                    let page = try await gateway.post(body.description, in: client).json()["result"]
                    for tool in page?["tools"]?.elements ?? [] {
                        #expect(names.insert(try #require(tool["name"]?.string)).inserted)
                    }
                    cursor = page?["nextCursor"]
                    pages += 1
                } while cursor != nil
                #expect(names.count == 10_000 && pages == 10)
                #expect(names.contains("echo"))
                #expect(try await client.call("tool_9000").isToolError == false)
            }
        }
    }

    @Test("tools against the schema are left out, and each is named with what is wrong")
    func invalidTools() async throws {
        let tools = [
            #"{"name":"good","inputSchema":{"type":"object"}}"#, #"{"inputSchema":{"type":"object"}}"#,
            #"{"name":17,"inputSchema":{"type":"object"}}"#, #"{"name":"","inputSchema":{"type":"object"}}"#,
            #"{"name":"no schema"}"#, #"{"name":"text","inputSchema":"object"}"#,
            #"{"name":"list","inputSchema":{"type":["object"]}}"#,
            #"{"name":"number","inputSchema":{"type":"number"}}"#, "null", "[]", #""tool""#,
            #"{"name":"also_good","inputSchema":{"type":"object"},"unknown":{"kept":[1.50]}}"#,
        ]
        let script = ScriptedMCP([
            "tools/list": { request, connection in
                try connection.result(#"{"tools":[\#(tools.joined(separator: ","))]}"#, of: request)
            }
        ])
        try await UpstreamCase.with(script) { gateway, _ in
            let names = try await gateway.toolNames()
            #expect(names == ["good", "also_good"])
            try await SessionClient.with(gateway) { client in
                let listed = try await client.request("tools/list").result?["tools"]?.elements ?? []
                #expect(listed.compactMap { $0["name"]?.string } == names)
            }
        }
    }

    @Test(
        "an answer to a list that is none makes the server unavailable, and says what it was",
        arguments: [
            #"{}"#, #"{"tools":{}}"#, #"{"tools":null}"#, #"[]"#, #""tools""#, #"{"tools":[],"nextCursor":5}"#,
        ])
    func noList(result: String) async throws {
        let script = ScriptedMCP([
            "tools/list": { request, connection in try connection.result(result, of: request) }
        ])
        try await ScriptedHTTPServer.with(script.handler) { server in
            try await GatewayFixture.with(UpstreamCase.configuration(["far": UpstreamCase.http(server)])) { gateway in
                let row = try await gateway.waitForServer("far", state: "failed")
                let message = row["lastError"]?["message"]?.string ?? ""
                #expect(message.contains("the answer to tools/list is invalid"), "\(message)")
            }
        }
    }
}
