import MCPProtocol
import Testing

@testable import Gateway

@Suite("Tools of the catalogue")
struct CatalogToolTests {
    private func server(_ name: String) -> ServerConfiguration { Listed.server(name) }

    private func tools(_ names: String...) throws -> [ListPage.Item] { try Listed.tools(names) }

    private func exposed(_ catalog: Catalog) -> [String] { catalog.exposedTools }

    @Test("tools stand in the order of the configuration, whoever was listed first")
    func order() throws {
        let (a, b) = (server("a"), server("b"))
        let catalog = try Catalog(GatewayConfiguration(servers: [a, b]))
        _ = catalog.publish(tools: try tools("z", "y"), of: b, announced: false)
        _ = catalog.publish(tools: try tools("x"), of: a, announced: false)
        #expect(exposed(catalog) == ["a__x", "b__z", "b__y"])
        #expect(catalog.isSettled)
    }

    @Test("a single server's tools keep their names")
    func single() throws {
        let a = server("a")
        let catalog = try Catalog(GatewayConfiguration(servers: [a]))
        _ = catalog.publish(tools: try tools("x"), of: a, announced: false)
        #expect(exposed(catalog) == ["x"])
    }

    @Test("only the name of a definition changes; every other byte stays")
    func bytes() throws {
        let (a, b) = (server("a"), server("b"))
        let catalog = try Catalog(GatewayConfiguration(servers: [a, b]))
        _ = catalog.publish(tools: try tools("x"), of: a, announced: false)
        #expect(
            catalog.snapshot.tools[0].definition.text
                == #"{"name":"a__x","description":"d","inputSchema":{"type":"object"},"x":1.0}"#)
    }

    @Test("denied tools are left out, renamed ones have their new name and description")
    func filters() throws {
        let a = Listed.server(
            "a", deny: ["delete_*"], overrides: ["x": ToolOverride(name: "better", description: "clearer")])
        let catalog = try Catalog(GatewayConfiguration(servers: [a, server("b")]))
        _ = catalog.publish(tools: try tools("x", "delete_all"), of: a, announced: false)
        #expect(exposed(catalog) == ["a__better"])
        let tool = try #require(catalog.snapshot.tool(named: "a__better"))
        #expect(tool.originalName == "x")
        #expect(tool.description == "clearer")
    }

    @Test("a bare name finds its tool only while one server has it")
    func bareNames() throws {
        let (a, b) = (server("a"), server("b"))
        let catalog = try Catalog(GatewayConfiguration(servers: [a, b]))
        _ = catalog.publish(tools: try tools("only", "both"), of: a, announced: false)
        _ = catalog.publish(tools: try tools("both"), of: b, announced: false)
        #expect(catalog.snapshot.tool(named: "only")?.exposedName == "a__only")
        #expect(catalog.snapshot.tool(named: "both") == nil)
    }

    @Test("a long name is shortened with a hash, the same whatever else is configured")
    func longNames() throws {
        let long = String(repeating: "n", count: 80)
        let (a, b) = (server("a"), server("b"))
        let small = try Catalog(GatewayConfiguration(servers: [a, b]))
        let large = try Catalog(GatewayConfiguration(servers: [server("0"), a, b, server("c")]))
        for catalog in [small, large] {
            _ = catalog.publish(tools: try tools(long, long + "2"), of: a, announced: false)
        }
        #expect(exposed(small) == exposed(large))
        #expect(Set(exposed(small)).count == 2)
        #expect(exposed(small).allSatisfy { $0.count == 64 && $0.hasPrefix("a__nnn") })
    }

    @Test("two tools whose names meet stay apart, and the first keeps its name")
    func collisions() throws {
        let (first, second) = (server("a"), server("a__b"))
        let catalog = try Catalog(GatewayConfiguration(servers: [first, second]))
        _ = catalog.publish(tools: try tools("b__c"), of: first, announced: false)
        _ = catalog.publish(tools: try tools("c"), of: second, announced: false)
        #expect(exposed(catalog)[0] == "a__b__c")
        #expect(exposed(catalog)[1].hasPrefix("a__b__c_"))
    }

    @Test("a tool without a usable schema is left out and named")
    func badTools() throws {
        let a = server("a")
        let catalog = try Catalog(GatewayConfiguration(servers: [a]))
        let result = try RawJSON(validating: #"{"tools":[{"name":"x"},{"name":"y","inputSchema":{"type":"object"}}]}"#)
        let remarks = catalog.publish(tools: try ListPage(.tools, result: result).items, of: a, announced: false)
        #expect(exposed(catalog) == ["y"])
        #expect(remarks.count == 1 && remarks[0].contains("\"x\""))
    }

    @Test(
        "near names are offered for a wrong one",
        arguments: [("a__ech", "a__echo"), ("echo", "a__echo"), ("a_echo", "a__echo"), ("A__ECHO", "a__echo")])
    func similar(wrong: String, right: String) throws {
        let (a, b) = (server("a"), server("b"))
        let catalog = try Catalog(GatewayConfiguration(servers: [a, b]))
        _ = catalog.publish(tools: try tools("echo", "unrelated"), of: a, announced: false)
        #expect(catalog.snapshot.namesLike(wrong).first == right)
    }

    @Test("a tool listed twice counts once, the first one; an empty name is none")
    func twice() throws {
        let a = server("a")
        let catalog = try Catalog(GatewayConfiguration(servers: [a]))
        let items = try Listed.items(
            .tools,
            [
                #"{"name":"x","description":"first","inputSchema":{}}"#, #"{"name":"","inputSchema":{}}"#,
                #"{"name":"x","description":"second","inputSchema":{}}"#,
            ])
        let remarks = catalog.publish(tools: items, of: a, announced: false)
        #expect(exposed(catalog) == ["x"])
        #expect(catalog.snapshot.tools[0].description == "first")
        #expect(remarks.count == 2)
    }

    @Test("older clients do not see what their revision does not have")
    func revisions() throws {
        let a = server("a")
        let catalog = try Catalog(GatewayConfiguration(servers: [a]))
        let text = #"{"name":"x", "outputSchema":{"type":"object"},"inputSchema":{},"execution":{},"v":1.50}"#
        _ = catalog.publish(tools: try Listed.items(.tools, [text]), of: a, announced: false)
        let tool = catalog.snapshot.tools[0]
        #expect(tool.definition(for: .v2025_11_25).text == text)
        #expect(
            tool.definition(for: .v2025_06_18).text
                == #"{"name":"x", "outputSchema":{"type":"object"},"inputSchema":{},"v":1.50}"#)
        #expect(tool.definition(for: .v2024_11_05).text == #"{"name":"x","inputSchema":{},"v":1.50}"#)
        let page = try #require(catalog.snapshot.page(.tools, at: 0, for: .v2025_03_26))
        #expect(page.text == #"{"tools":[{"name":"x","inputSchema":{},"v":1.50}]}"#)
        #expect(catalog.snapshot.page(.tools, at: 0, for: .v2024_11_05) == page)
    }

    @Test("an output that is no object is described to older clients as the member of one")
    func outputSchema() throws {
        let a = server("a")
        let catalog = try Catalog(GatewayConfiguration(servers: [a]))
        let schema = ##"{"type":"array","items":{"$ref":"#/$defs/n"},"$defs":{"n":{"type":"number"}}}"##
        let texts = [
            #"{"name":"x","inputSchema":{"type":"object"},"outputSchema":\#(schema)}"#,
            #"{"name":"y","inputSchema":{"type":"object"},"outputSchema":{"type":"object"}}"#,
        ]
        _ = catalog.publish(tools: try Listed.items(.tools, texts), of: a, announced: false)
        #expect(catalog.snapshot.tools.map(\.structuredIsWrapped) == [true, false])
        let wrapped =
            ##"{"type":"object","properties":{"result":{"type":"array","items":{"$ref":"#/properties/result/$defs/n"},"##
            + ##""$defs":{"n":{"type":"number"}}}},"required":["result"]}"##
        for (revision, expected) in [
            (.v2026_07_28, schema), (.v2025_11_25, wrapped), (.v2025_06_18, wrapped), (.v2025_03_26, nil),
        ] as [(ProtocolRevision, String?)] {
            let page = try #require(catalog.snapshot.page(.tools, at: 0, for: revision))
            let tools = page.member("tools")?.elements ?? []
            #expect(
                tools.map { $0.member("outputSchema")?.text } == [
                    expected, revision >= .v2025_06_18 ? #"{"type":"object"}"# : nil,
                ])
        }
    }

    @Test("an unlisted tool may be the only unprefixed server's, unless the operator does not expose it")
    func unlisted() throws {
        let only = Listed.server("a", deny: ["delete_*"])
        let single = try Catalog(GatewayConfiguration(servers: [only]))
        #expect(single.unlistedToolOwner("hidden") == "a")
        #expect(single.unlistedToolOwner("delete_all") == nil)
        let prompts = try Listed.capabilities(#"{"prompts":{}}"#)
        _ = single.publish(ServerLists(capabilities: prompts), of: only, announced: [])
        #expect(single.unlistedToolOwner("hidden") == nil, "it says that it has no tools")
        #expect(single.unlistedPromptOwner("hidden") == "a")

        let (bare, other) = (Listed.server("a", prefix: ""), server("b"))
        #expect(try Catalog(GatewayConfiguration(servers: [bare, other])).unlistedToolOwner("x") == "a")
        #expect(try Catalog(GatewayConfiguration(servers: [other, server("c")])).unlistedToolOwner("x") == nil)
        let second = Listed.server("b", prefix: "")
        #expect(try Catalog(GatewayConfiguration(servers: [bare, second])).unlistedToolOwner("x") == nil)
    }
}
