import MCPProtocol
import Testing

@testable import Gateway

@Suite("Catalogue")
struct CatalogTests {
    private func server(_ name: String, deny: [String] = [], overrides: [String: ToolOverride] = [:])
        -> ServerConfiguration
    {
        ServerConfiguration(
            name: name,
            transport: .stdio(command: "x", arguments: [], environment: [], workingDirectory: nil),
            tools: ToolFilterConfiguration(deny: deny.map { NamePattern($0) }, overrides: overrides))
    }

    private func tools(_ names: String...) throws -> [ListPage.Item] {
        let list = names.map { #"{"name":"\#($0)","description":"d","inputSchema":{"type":"object"},"x":1.0}"# }
        let result = try RawJSON(validating: "{\"tools\":[\(list.joined(separator: ","))]}")
        return try ListPage(.tools, result: result).items
    }

    private func exposed(_ catalog: Catalog) -> [String] { catalog.snapshot.tools.map(\.exposedName) }

    @Test("tools stand in the order of the configuration, whoever was listed first")
    func order() throws {
        let (a, b) = (server("a"), server("b"))
        let catalog = Catalog(GatewayConfiguration(servers: [a, b]))
        _ = catalog.publish(tools: try tools("z", "y"), of: b, announced: false)
        _ = catalog.publish(tools: try tools("x"), of: a, announced: false)
        #expect(exposed(catalog) == ["a__x", "b__z", "b__y"])
        #expect(catalog.isSettled)
    }

    @Test("a single server's tools keep their names")
    func single() throws {
        let a = server("a")
        let catalog = Catalog(GatewayConfiguration(servers: [a]))
        _ = catalog.publish(tools: try tools("x"), of: a, announced: false)
        #expect(exposed(catalog) == ["x"])
    }

    @Test("only the name of a definition changes; every other byte stays")
    func bytes() throws {
        let (a, b) = (server("a"), server("b"))
        let catalog = Catalog(GatewayConfiguration(servers: [a, b]))
        _ = catalog.publish(tools: try tools("x"), of: a, announced: false)
        #expect(
            catalog.snapshot.tools[0].definition.text
                == #"{"name":"a__x","description":"d","inputSchema":{"type":"object"},"x":1.0}"#)
    }

    @Test("denied tools are left out, renamed ones have their new name and description")
    func filters() throws {
        let a = server(
            "a", deny: ["delete_*"], overrides: ["x": ToolOverride(name: "better", description: "clearer")])
        let catalog = Catalog(GatewayConfiguration(servers: [a, server("b")]))
        _ = catalog.publish(tools: try tools("x", "delete_all"), of: a, announced: false)
        #expect(exposed(catalog) == ["a__better"])
        let tool = try #require(catalog.snapshot.tool(named: "a__better"))
        #expect(tool.originalName == "x")
        #expect(tool.description == "clearer")
    }

    @Test("a bare name finds its tool only while one server has it")
    func bareNames() throws {
        let (a, b) = (server("a"), server("b"))
        let catalog = Catalog(GatewayConfiguration(servers: [a, b]))
        _ = catalog.publish(tools: try tools("only", "both"), of: a, announced: false)
        _ = catalog.publish(tools: try tools("both"), of: b, announced: false)
        #expect(catalog.snapshot.tool(named: "only")?.exposedName == "a__only")
        #expect(catalog.snapshot.tool(named: "both") == nil)
    }

    @Test("a long name is shortened with a hash, the same whatever else is configured")
    func longNames() throws {
        let long = String(repeating: "n", count: 80)
        let (a, b) = (server("a"), server("b"))
        let small = Catalog(GatewayConfiguration(servers: [a, b]))
        let large = Catalog(GatewayConfiguration(servers: [server("0"), a, b, server("c")]))
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
        let catalog = Catalog(GatewayConfiguration(servers: [first, second]))
        _ = catalog.publish(tools: try tools("b__c"), of: first, announced: false)
        _ = catalog.publish(tools: try tools("c"), of: second, announced: false)
        #expect(exposed(catalog)[0] == "a__b__c")
        #expect(exposed(catalog)[1].hasPrefix("a__b__c_"))
    }

    @Test("pages follow one another over one generation, even when the list changes meanwhile")
    func pages() throws {
        let (a, b) = (server("a"), server("b"))
        let catalog = Catalog(
            GatewayConfiguration(servers: [a, b], catalog: CatalogConfiguration(pageSize: 2)))
        _ = catalog.publish(tools: try tools("1", "2", "3"), of: a, announced: false)
        let first = try #require(catalog.snapshot.toolPage(at: 0))
        #expect(!first.isLast)
        let cursor = try #require(first.result.member("nextCursor")?.stringValue)
        _ = catalog.publish(tools: try tools("9"), of: b, announced: false)
        let position = try #require(ListCursor(cursor))
        let second = try #require(catalog.snapshot(generation: position.generation)?.toolPage(at: position.offset))
        #expect(second.isLast)
        #expect(second.result.member("tools")?.elements.map { $0.member("name")?.stringValue } == ["a__3"])
    }

    @Test("a generation is kept for a while and then forgotten")
    func generations() throws {
        let (a, b) = (server("a"), server("b"))
        let catalog = Catalog(GatewayConfiguration(servers: [a, b]))
        let old = catalog.snapshot.generation
        for round in 0..<Catalog.keptGenerations {
            _ = catalog.publish(tools: try tools("t\(round)"), of: a, announced: false)
        }
        #expect(catalog.snapshot(generation: old) != nil)
        _ = catalog.publish(tools: try tools("last"), of: a, announced: false)
        #expect(catalog.snapshot(generation: old) == nil)
    }

    @Test("observers hear of a change and of an announcement, and of nothing else")
    func observers() throws {
        let (a, b) = (server("a"), server("b"))
        let catalog = Catalog(GatewayConfiguration(servers: [a, b]))
        let heard = Counter()
        catalog.observe { heard.add() }
        _ = catalog.publish(tools: try tools("x"), of: a, announced: false)
        #expect(heard.count == 1)
        _ = catalog.publish(tools: try tools("x"), of: a, announced: false)
        #expect(heard.count == 1)
        _ = catalog.publish(tools: try tools("x"), of: a, announced: true)
        #expect(heard.count == 2)
        catalog.noteFailure(of: "b")
        #expect(heard.count == 2)
        #expect(catalog.isSettled)
        #expect(catalog.unlistedServers == ["b"])
    }

    @Test("a tool without a usable schema is left out and named")
    func badTools() throws {
        let a = server("a")
        let catalog = Catalog(GatewayConfiguration(servers: [a]))
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
        let catalog = Catalog(GatewayConfiguration(servers: [a, b]))
        _ = catalog.publish(tools: try tools("echo", "unrelated"), of: a, announced: false)
        #expect(catalog.snapshot.namesLike(wrong).first == right)
    }

    @Test(
        "a cursor that is not one of ours is none",
        arguments: ["", "g", "g1", "g1.", "g1.0", "g1.-2", "x1.2", "g1.2.3", "g99999999999999999999.1", "gé.1"])
    func cursors(text: String) {
        #expect(ListCursor(text) == nil)
    }
}

/// Counts, from any thread.
// Unchecked: the tests use it from one thread.
private final class Counter: @unchecked Sendable {
    private(set) var count = 0
    func add() { count += 1 }
}
