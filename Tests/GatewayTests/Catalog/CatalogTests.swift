import Configuration
import MCPProtocol
import TestSupport
import Testing

@testable import Gateway

@Suite("Catalogue")
struct CatalogTests {
    @Test("observers hear which lists changed or were announced, and of nothing else")
    func observers() throws {
        let (a, b) = (Listed.server("a"), Listed.server("b"))
        let catalog = try Catalog(GatewayConfiguration(servers: [a, b]))
        let heard = Heard(catalog)
        var lists = ServerLists(tools: try Listed.tools("x"), prompts: try Listed.prompts("p"))
        _ = catalog.publish(lists, of: a, announced: [])
        #expect(heard.take() == [[.tools, .prompts]])
        _ = catalog.publish(lists, of: a, announced: [])
        #expect(heard.take() == [])
        _ = catalog.publish(lists, of: a, announced: [.prompts])
        #expect(heard.take() == [[.prompts]])
        lists.resourceTemplates = try Listed.templates("t://{x}")
        _ = catalog.publish(lists, of: a, announced: [])
        #expect(heard.take() == [[.resources]], "templates have no notification of their own")
        _ = catalog.publish(lists, of: a, announced: [.resourceTemplates])
        #expect(heard.take() == [[.resources]])
        lists.instructions = "new"
        _ = catalog.publish(lists, of: a, announced: [])
        #expect(heard.take() == [])
        #expect(catalog.snapshot.instructions.map(\.text) == ["new"])
        catalog.noteFailure(of: "b")
        #expect(heard.take() == [])
        #expect(catalog.isSettled)
        #expect(catalog.unlistedServers == ["b"])
        _ = catalog.publish(lists, of: Listed.server("unknown"), announced: [.tools])
        #expect(heard.take() == [])
    }

    @Test("nobody waits for a server whose lists are all there; for one that is still fetching some, a while longer")
    func complete() throws {
        let a = Listed.server("a")
        let catalog = try Catalog(GatewayConfiguration(servers: [a]))
        let lists = ServerLists(tools: try Listed.tools("x"))
        _ = catalog.publish(lists, of: a, announced: [], isComplete: false)
        #expect(catalog.exposedTools == ["x"])
        #expect(!catalog.isSettled)
        #expect(catalog.unlistedServers == ["a"])
        _ = catalog.publish(lists, of: a, announced: [])
        #expect(catalog.isSettled)
        #expect(catalog.unlistedServers == [])
    }

    @Test("what was published before makes no new generation")
    func unchanged() throws {
        let a = Listed.server("a", deny: ["denied"])
        let catalog = try Catalog(GatewayConfiguration(servers: [a]))
        func lists(_ names: String..., description: String = "d") throws -> ServerLists {
            ServerLists(
                tools: try Listed.items(
                    .tools,
                    names.map { #"{"name":"\#($0)","description":"\#(description)","inputSchema":{}}"# }),
                resources: try Listed.resources("r://1"), resourceTemplates: try Listed.templates("r://{x}"),
                prompts: try Listed.prompts("p"))
        }
        _ = catalog.publish(try lists("x"), of: a, announced: [])
        let before = catalog.snapshot
        // Parsed anew: the bytes are the same, the buffers are not.
        _ = catalog.publish(try lists("x"), of: a, announced: [])
        _ = catalog.publish(try lists("x"), of: a, announced: Set(ListKind.allCases))
        catalog.noteFailure(of: "a")
        #expect(catalog.snapshot === before)
        _ = catalog.publish(try lists("x", description: "e"), of: a, announced: [])
        #expect(catalog.snapshot.generation == before.generation + 1)
    }

    @Test("a remark is made once, and again when the list has changed")
    func remarks() throws {
        let (a, b) = (Listed.server("a"), Listed.server("b"))
        let catalog = try Catalog(GatewayConfiguration(servers: [a, b]))
        let twice = try Listed.resources("https://h/1")
        #expect(try catalog.publish(resources: twice, of: a).isEmpty)
        let first = try catalog.publish(resources: twice, of: b)
        #expect(first.count == 1)
        #expect(first.first?.contains("https://h/1") == true && first.first?.contains("\"b\"") == true)
        #expect(try catalog.publish(resources: twice, of: b).isEmpty)
        #expect(try catalog.publish(resources: twice, tools: try Listed.tools("x"), of: a).isEmpty)
    }

    @Test("the same lists give the same bytes, in whatever order the servers came")
    func deterministic() throws {
        let servers = ["a", "b", "c", "d"].map { Listed.server($0) }
        let app = #"{"name":"show","inputSchema":{},"_meta":{"ui":{"resourceUri":"ui://app/view"}}}"#
        func lists(_ server: ServerConfiguration) throws -> ServerLists {
            ServerLists(
                tools: try Listed.tools("x", "y", server.name + "__b__c") + Listed.items(.tools, [app]),
                resources: try Listed.resources("file:///1", "file:///\(server.name)", "https://h/1"),
                resourceTemplates: try Listed.templates("file:///{path}"), prompts: try Listed.prompts("x", "p"),
                capabilities: try Listed.capabilities(Listed.everything), instructions: server.name)
        }
        func pages(_ order: [ServerConfiguration]) throws -> [String] {
            let catalog = try Catalog(GatewayConfiguration(servers: servers))
            for server in order { _ = catalog.publish(try lists(server), of: server, announced: []) }
            return try ListKind.allCases.flatMap { kind in
                try ProtocolRevision.allCases.map { revision in
                    try #require(catalog.snapshot.page(kind, at: 0, for: revision)).text
                }
            }
        }
        let expected = try pages(servers)
        var generator = SeededGenerator(seed: 3)
        for _ in 0..<20 { #expect(try pages(servers.shuffled(using: &generator) + servers) == expected) }
    }

    @Test("whatever servers list, keys are unique, lead back to where they came from, and do not depend on history")
    func random() throws {
        var generator = SeededGenerator(seed: 17)
        let servers = ["a", "b", "a__b"].map { Listed.server($0) }
        let names = ["x", "b__x", "", "x.y", String(repeating: "long", count: 20)]
        let uris = ["f:///1", "b+f:///1", "ui://v", "ui://b/v", "https://h/1", "plain", "b+b+f:///1", ""]
        func some(_ texts: [String]) -> [String] { texts.shuffled(using: &generator).dropLast(2) + texts.prefix(1) }
        func lists() throws -> ServerLists {
            let interface = uris.randomElement(using: &generator) ?? ""
            let tools = some(names).map {
                #"{"name":"\#($0)","inputSchema":{},"_meta":{"ui":{"resourceUri":"\#(interface)"}}}"#
            }
            return ServerLists(
                tools: try Listed.items(.tools, tools),
                resources: try Listed.items(.resources, some(uris).map { #"{"uri":"\#($0)","name":"n"}"# }),
                resourceTemplates: try Listed.items(
                    .resourceTemplates, some(uris).map { #"{"uriTemplate":"\#($0)/{p}","name":"n"}"# }),
                prompts: try Listed.items(.prompts, some(names).map { #"{"name":"\#($0)"}"# }))
        }
        for _ in 0..<60 {
            let catalog = try Catalog(GatewayConfiguration(servers: servers))
            var latest: [String: ServerLists] = [:]
            for _ in 0..<6 {
                let server = servers[Int.random(in: 0..<3, using: &generator)]
                latest[server.name] = try lists()
                _ = catalog.publish(latest[server.name] ?? ServerLists(), of: server, announced: [])
            }
            let snapshot = catalog.snapshot
            #expect(Set(snapshot.tools.map(\.exposedName)).count == snapshot.tools.count)
            #expect(Set(snapshot.prompts.map(\.exposedName)).count == snapshot.prompts.count)
            let resources = snapshot.resources + snapshot.resourceTemplates
            #expect(Set(resources.map(\.exposedURI)).count == resources.count)
            for resource in resources {
                let route = ResourceRoute(server: resource.server, originalURI: resource.originalURI, basis: .listed)
                #expect(snapshot.route(uri: resource.exposedURI) == [route])
                #expect(catalog.exposedURI(resource.originalURI, of: resource.server) == resource.exposedURI)
            }
            for tool in snapshot.tools {
                #expect(snapshot.tool(named: tool.exposedName) == tool)
                #expect(tool.definition.member("name")?.stringValue == tool.exposedName)
            }

            let fresh = try Catalog(GatewayConfiguration(servers: servers))
            for server in servers {
                guard let lists = latest[server.name] else { continue }
                _ = fresh.publish(lists, of: server, announced: [])
            }
            for kind in ListKind.allCases {
                #expect(
                    fresh.snapshot.page(kind, at: 0, for: .latestLegacy)
                        == snapshot.page(kind, at: 0, for: .latestLegacy))
            }
        }
    }

    @Test("ten thousand tools: an announcement without a change makes nothing new, one change is one generation")
    func many() throws {
        let (a, b) = (Listed.server("a"), Listed.server("b"))
        let catalog = try Catalog(GatewayConfiguration(servers: [a, b]))
        let names = (0..<10_000).map { "tool_\($0)" }
        _ = catalog.publish(tools: try Listed.tools(names), of: a, announced: false)
        _ = catalog.publish(tools: try Listed.tools(names), of: b, announced: false)
        #expect(catalog.snapshot.tools.count == 20_000)
        let before = catalog.snapshot
        let same = try Listed.tools(names)
        for _ in 0..<50 { _ = catalog.publish(tools: same, of: a, announced: true) }
        #expect(catalog.snapshot === before)
        _ = catalog.publish(tools: same + (try Listed.tools("one_more")), of: a, announced: false)
        #expect(catalog.snapshot.generation == before.generation + 1)
        #expect(catalog.snapshot.tool(named: "a__tool_9999")?.originalName == "tool_9999")
        #expect(catalog.snapshot.tool(named: "one_more")?.server == "a")
    }

    @Test("a server's capabilities are found by their path; null and false are none")
    func capabilities() throws {
        let (a, b, c) = (Listed.server("a"), Listed.server("b"), Listed.server("c"))
        let catalog = try Catalog(GatewayConfiguration(servers: [a, b, c]))
        let texts = [
            "b": #"{"resources":{"subscribe":true},"prompts":null}"#,
            "a": #"{"resources":{"subscribe":false},"tools":{}}"#,
        ]
        for server in [b, a] {
            _ = catalog.publish(
                ServerLists(
                    capabilities: try Listed.capabilities(try #require(texts[server.name])),
                    instructions: "use \(server.name)"),
                of: server, announced: [])
        }
        let snapshot = catalog.snapshot
        #expect(snapshot.servers(withCapability: "resources") == ["a", "b"])
        #expect(snapshot.servers(withCapability: "resources", "subscribe") == ["b"])
        #expect(snapshot.servers(withCapability: "prompts") == [])
        #expect(snapshot.capabilitiesByServer.map(\.server) == ["a", "b"])
        #expect(snapshot.instructions.map(\.text) == ["use a", "use b"])
        #expect(snapshot.server(named: "a")?.counts[.tools] == 0)
        #expect(snapshot.server(named: "c") == nil)
    }

    @Test("prompts are named as tools are, in a space of their own")
    func prompts() throws {
        let (a, b) = (Listed.server("a"), Listed.server("a__b"))
        let catalog = try Catalog(GatewayConfiguration(servers: [a, b]))
        let long = String(repeating: "n", count: 80)
        _ = catalog.publish(
            ServerLists(tools: try Listed.tools("b__c"), prompts: try Listed.prompts("b__c", long, "")), of: a,
            announced: [])
        _ = catalog.publish(ServerLists(prompts: try Listed.prompts("c", "bare")), of: b, announced: [])
        let snapshot = catalog.snapshot
        let names = snapshot.prompts.map(\.exposedName)
        #expect(names.count == 4)
        #expect(names[0] == "a__b__c" && names[0] == snapshot.tools[0].exposedName)
        #expect(names[1].count == 64 && names[1].hasPrefix("a__nnn"))
        #expect(names[2].hasPrefix("a__b__c_"))
        #expect(snapshot.prompt(named: names[2])?.originalName == "c")
        #expect(snapshot.prompt(named: "bare")?.exposedName == "a__b__bare")
        #expect(snapshot.prompts[3].definition.text == #"{"name":"a__b__bare","arguments":[]}"#)
        #expect(snapshot.prompt(named: "b__d") == nil)
        #expect(snapshot.promptNamesLike("a__b__bar").first == "a__b__bare")
        #expect(snapshot.namesLike("bare").isEmpty)
    }
}
