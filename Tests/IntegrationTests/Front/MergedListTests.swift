import Glibc
import TestSupport
import Testing

/// Two servers made with published SDKs, which have the same resource and a prompt of the same name.
private func twins() throws -> JSONTree {
    func entry(_ peers: Peers, _ script: String) throws -> JSONTree {
        [
            "command": .string(try Peers.python(peers)),
            "args": .array([.string(try Repository.script(script)), "--transport", "stdio"]),
            // Slow to start where many start at once.
            "timeouts": ["connect": "60s"],
        ]
    }
    return [
        "mcpServers": ["fast": try entry(.sdk2, "fastmcp_server.py"), "plain": try entry(.sdk1, "sdk_server.py")]
    ]
}

@Suite("the merged lists of resources and prompts", .serialized)
struct MergedListTests {
    @Test("clients and operators see what published servers have, under names that are unique")
    func published() async throws {
        try await GatewayFixture.with(try twins(), waitsUntilReady: false) { gateway in
            try await gateway.waitUntilReady(within: .seconds(90))
            try await SessionClient.with(gateway) { client in
                let resources = try #require(try await client.request("resources/list").result?["resources"]?.elements)
                #expect(resources.compactMap { $0["uri"]?.string } == ["note://one", "plain+note://one"])
                #expect(resources.compactMap { $0["mimeType"]?.string } == ["text/plain", "text/plain"])
                let templates = try await client.request("resources/templates/list").result?["resourceTemplates"]
                #expect(templates == [])
                let prompts = try #require(try await client.request("prompts/list").result?["prompts"]?.elements)
                #expect(prompts.compactMap { $0["name"]?.string } == ["fast__greet", "plain__greet"])
                #expect(prompts[0]["arguments"]?[0]?["name"] == "name")
                for method in ["resources/list", "resources/templates/list", "prompts/list"] {
                    for cursor in ["", "x", "g1.3"] as [JSONTree] {
                        #expect(try await client.request(method, ["cursor": cursor]).errorCode == -32602)
                    }
                }
            }

            let shown = try await gateway.json("/v1/resources")
            #expect(shown["resourceTemplates"] == [])
            let rows = try #require(shown["resources"]?.elements)
            #expect(rows.compactMap { $0["uri"]?.string } == ["note://one", "plain+note://one"])
            #expect(rows.compactMap { $0["originalUri"]?.string } == ["note://one", "note://one"])
            #expect(rows[1]["server"] == "plain")
            #expect(rows[1]["name"] == "one")
            #expect(rows[1]["freshness"] == "live")
            #expect(try await gateway.json("/v1/resources?server=fast")["resources"]?.elements?.count == 1)
            #expect(try await gateway.json("/v1/resources?q=PLAIN%2B")["resources"]?.elements?.count == 1)
            let prompt = try #require(try await gateway.json("/v1/prompts?server=plain")["prompts"]?[0])
            #expect(prompt["name"] == "plain__greet")
            #expect(prompt["originalName"] == "greet")
            #expect(prompt["arguments"]?[0]?["required"] == true)
            for path in ["/v1/resources", "/v1/prompts"] {
                try await gateway.request("GET", path + "?server=nobody").problem(status: 404)
                let refused = try await gateway.request("POST", path, body: "{}")
                #expect(refused.status == 405)
                #expect(refused[header: "Allow"] == "GET, HEAD")
            }
            let server = try await gateway.json("/v1/servers/fast")
            #expect(server["resources"]?.int == 1)
            #expect(server["resourceTemplates"]?.int == 0)
            #expect(server["prompts"]?.int == 1)
            #expect(server["capabilities"]?["prompts"] != nil)

            let table = try await Command.run(["resources"], at: gateway)
            #expect(
                table.output == """
                    RESOURCE          SERVER  STATE  NAME  TYPE        DESCRIPTION
                    note://one        fast    live   one   text/plain
                    plain+note://one  plain   live   one   text/plain

                    """, "\(table.errors)")
            let prompts = try await Command.run(["prompts", "--server", "plain"], at: gateway)
            #expect(
                prompts.output == """
                    PROMPT        SERVER  STATE  ARGUMENTS  DESCRIPTION
                    plain__greet  plain   live   name

                    """, "\(prompts.errors)")
            let json = try await Command.run(["prompts", "--json", "fast"], at: gateway)
            #expect(try JSONTree(parsing: json.output)["prompts"]?.elements?.count == 1)
            let none = try await Command.run(["resources", "nothing like it"], at: gateway)
            #expect(none.exit == .code(0))
            #expect(none.errors == "no resources match \"nothing like it\"\n")
        }
    }
}

/// What a server with every list answers.
private struct ListServer {
    static func initialize(_ request: ScriptedRequest, _ connection: ScriptedConnection) throws {
        try connection.result(
            #"{"protocolVersion":"2025-11-25","serverInfo":{"name":"scripted","version":"1"},"#
                + #""capabilities":{"tools":{},"resources":{"listChanged":true},"prompts":{"listChanged":true}}}"#,
            of: request)
    }

    static func result(_ text: @autoclosure @escaping @Sendable () -> String) -> ScriptedHTTPServer.Handler {
        { request, connection in try connection.result(text(), of: request) }
    }

    static func error(_ code: Int) -> ScriptedHTTPServer.Handler {
        { request, connection in
            try connection.answer(
                #"{"jsonrpc":"2.0","id":\#(request.id),"error":{"code":\#(code),"message":"no list today"}}"#)
        }
    }

    static let resources = result(#"{"resources":[{"uri":"note://one","name":"one"}]}"#)
    static let templates = result(#"{"resourceTemplates":[{"uriTemplate":"note://{name}","name":"any"}]}"#)
    static let prompts = result(#"{"prompts":[{"name":"greet"}]}"#)
}

@Suite("lists of servers that have trouble with them")
struct ListFaultTests {
    private func keys(_ gateway: GatewayFixture, _ path: String, _ list: String, _ key: String) async throws -> [String]
    {
        try await gateway.json(path)[list]?.elements?.compactMap { $0[key]?.string } ?? []
    }

    @Test("a list that is refused costs itself only; one that the server does not know is empty, without a word")
    func refused() async throws {
        let script = ScriptedMCP([
            "initialize": ListServer.initialize, "resources/list": ListServer.resources,
            "resources/templates/list": ListServer.error(-32601), "prompts/list": ListServer.error(-32603),
        ])
        try await UpstreamCase.with(script) { gateway, server in
            #expect(try await gateway.toolNames() == ["work"])
            #expect(try await keys(gateway, "/v1/resources", "resources", "uri") == ["note://one"])
            #expect(try await keys(gateway, "/v1/resources", "resourceTemplates", "uriTemplate") == [])
            #expect(try await keys(gateway, "/v1/prompts", "prompts", "name") == [])
            #expect(try await gateway.json("/v1/servers/far")["state"] == "ready")
            let remark = try await gateway.process.errorLine("remark") { $0.contains("prompts/list was refused") }
            #expect(remark.contains("no list today") && remark.contains("far"))
            #expect(!gateway.process.standardError.text.contains("templates"))
            #expect(server.requests(for: "prompts/list").count == 1)
        }
    }

    @Test("lists whose capability a server lacks are not asked for")
    func withoutCapability() async throws {
        try await UpstreamCase.with(ScriptedMCP()) { gateway, server in
            let names = try await gateway.toolNames()
            #expect(names == ["work"])
            for method in ["resources/list", "resources/templates/list", "prompts/list"] {
                #expect(server.requests(for: method).isEmpty)
            }
        }
    }

    @Test("a list that hangs does not hold up the tools")
    func hung() async throws {
        let script = ScriptedMCP([
            "initialize": ListServer.initialize, "resources/list": ListServer.resources,
            "resources/templates/list": ListServer.templates,
            "prompts/list": { _, connection in connection.waitForClose() },
        ])
        try await ScriptedHTTPServer.with(script.handler) { server in
            let entry = UpstreamCase.http(server, [.init("timeouts", ["list": "1h"])])
            try await GatewayFixture.with(UpstreamCase.configuration(["far": entry]), waitsUntilReady: false) {
                gateway in
                try await gateway.waitForServer("far")
                #expect(try await gateway.call("work").text == "done")
                #expect(
                    try await keys(gateway, "/v1/resources", "resourceTemplates", "uriTemplate") == ["note://{name}"])
                #expect(try await gateway.request("GET", "/readyz").status == 503, "its prompts are awaited")
            }
        }
    }

    @Test("only the lists a server announces are fetched again")
    func announced() async throws {
        let names = Observed(["greet"])
        let isOpen = Observed(false)
        let script = ScriptedMCP([
            "initialize": ListServer.initialize, "resources/list": ListServer.resources,
            "resources/templates/list": ListServer.templates,
            "prompts/list": { request, connection in
                let items = names.value.map { #"{"name":"\#($0)"}"# }.joined(separator: ",")
                try connection.result(#"{"prompts":[\#(items)]}"#, of: request)
            },
            "GET": { _, connection in
                try connection.beginEvents()
                isOpen.update { $0 = true }
                for _ in 0..<2000 where names.value.count < 2 { _ = usleep(5_000) }
                try connection.event(#"{"jsonrpc":"2.0","method":"notifications/prompts/list_changed"}"#)
                connection.waitForClose()
            },
        ])
        try await UpstreamCase.with(script) { gateway, server in
            #expect(try await keys(gateway, "/v1/prompts", "prompts", "name") == ["greet"])
            try await isOpen.wait(for: "stream to the gateway") { $0 ? () : nil }
            names.update { $0.append("part") }
            try await gateway.wait(for: "new prompt") {
                try await keys(gateway, "/v1/prompts", "prompts", "name") == ["greet", "part"] ? () : nil
            }
            #expect(server.requests(for: "prompts/list").count == 2)
            for method in ["tools/list", "resources/list", "resources/templates/list"] {
                #expect(server.requests(for: method).count == 1)
            }
        }
    }
}
