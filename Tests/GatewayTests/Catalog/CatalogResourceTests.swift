import MCPProtocol
import Testing

@testable import Gateway

@Suite("Resources of the catalogue")
struct CatalogResourceTests {
    private let a = Listed.server("a")
    private let b = Listed.server("b")

    private func makeCatalog() throws -> Catalog { try Catalog(GatewayConfiguration(servers: [a, b])) }

    @Test("URIs are kept while one server has them; every byte of an entry stays")
    func kept() throws {
        let catalog = try makeCatalog()
        let entry = #"{"uri":"file:///x","name":"n", "size":1.0,"_meta":{"k":"\u0041"}}"#
        try catalog.publish(resources: try Listed.items(.resources, [entry]), of: b)
        #expect(catalog.snapshot.page(.resources, at: 0, for: .latestLegacy)?.text == #"{"resources":[\#(entry)]}"#)
    }

    @Test("of two servers with one URI the first in the configuration keeps it, whoever came first")
    func collisions() throws {
        let catalog = try makeCatalog()
        let heard = Heard(catalog)
        try catalog.publish(
            resources: try Listed.resources("file:///x", "file:///b"), templates: try Listed.templates("db://{t}"),
            of: b)
        #expect(catalog.exposedResources == ["file:///x", "file:///b"])
        _ = heard.take()
        try catalog.publish(
            resources: try Listed.resources("file:///x"), templates: try Listed.templates("db://{t}"), of: a)
        #expect(catalog.exposedResources == ["file:///x", "b+file:///x", "file:///b"])
        #expect(catalog.exposedTemplates == ["db://{t}", "b+db://{t}"])
        #expect(catalog.snapshot.resources.map(\.server) == ["a", "b", "b"])
        #expect(catalog.snapshot.resources[1].definition.text == #"{"uri":"b+file:///x","name":"n"}"#)
        #expect(
            catalog.snapshot.resourceTemplates[1].definition.text == #"{"uriTemplate":"b+db://{t}","name":"n"}"#)
        #expect(heard.take() == [[.resources]])
        try catalog.publish(of: a)
        #expect(catalog.exposedResources == ["file:///x", "file:///b"])
    }

    @Test("a user interface keeps its scheme")
    func interfaces() throws {
        let catalog = try makeCatalog()
        for server in [a, b] { try catalog.publish(resources: try Listed.resources("ui://app/view"), of: server) }
        #expect(catalog.exposedResources == ["ui://app/view", "ui://b/app/view"])
    }

    @Test(
        "of a URI that clients may fetch themselves the later one is left out, and told", arguments: ["http", "https"])
    func web(scheme: String) throws {
        let catalog = try makeCatalog()
        let uri = scheme + "://h/1"
        #expect(try catalog.publish(resources: try Listed.resources(uri), of: a) == [])
        let remarks = try catalog.publish(resources: try Listed.resources(uri, "x:1"), of: b)
        #expect(catalog.exposedResources == [uri, "x:1"])
        #expect(remarks.count == 1 && remarks[0].contains(uri))
        #expect(catalog.snapshot.route(uri: uri).map(\.server) == ["a"])
    }

    @Test("a URI that stands twice in a server's list counts once; an empty one is none; one without scheme collides")
    func flawed() throws {
        let catalog = try makeCatalog()
        let remarks = try catalog.publish(resources: try Listed.resources("x:1", "", "x:1", "plain"), of: a)
        #expect(catalog.exposedResources == ["x:1", "plain"])
        #expect(remarks.count == 2)
        #expect(try catalog.publish(resources: try Listed.resources("plain"), of: b).count == 1)
        #expect(catalog.exposedResources == ["x:1", "plain"])
    }

    @Test("a rewritten URI that is taken as well is left out")
    func taken() throws {
        let catalog = try makeCatalog()
        try catalog.publish(resources: try Listed.resources("x:1", "b+x:1"), of: a)
        let remarks = try catalog.publish(resources: try Listed.resources("x:1", "x:2"), of: b)
        #expect(catalog.exposedResources == ["x:1", "b+x:1", "x:2"])
        #expect(remarks.count == 1)
    }

    @Test("the interface of a tool is called what its resource is called, in both spellings")
    func toolInterfaces() throws {
        let catalog = try makeCatalog()
        let tool = #"""
            {"name":"show","inputSchema":{},"_meta":{"k":1.0,"ui":{"v":[],"resourceUri":"ui://app/view"},"ui/resourceUri":"ui://app/view"}}
            """#
        let heard = Heard(catalog)
        try catalog.publish(tools: try Listed.items(.tools, [tool]), of: b)
        #expect(catalog.snapshot.tools[0].definition.text.contains(#""resourceUri":"ui://app/view""#))
        #expect(heard.take() == [[.tools]])
        // The other server's resource comes first in the configuration.
        try catalog.publish(resources: try Listed.resources("ui://app/view"), of: a)
        #expect(heard.take() == [[.tools, .resources]])
        #expect(
            catalog.snapshot.tools[0].definition.text == #"""
                {"name":"b__show","inputSchema":{},"_meta":{"k":1.0,"ui":{"v":[],"resourceUri":"ui://b/app/view"},"ui/resourceUri":"ui://b/app/view"}}
                """#)
        #expect(catalog.snapshot.route(uri: "ui://b/app/view").map(\.server) == ["b"])
        #expect(catalog.snapshot.route(uri: "ui://b/app/view").map(\.originalURI) == ["ui://app/view"])
    }

    @Test("an interface that nobody lists belongs to the first server whose tool names it")
    func unlistedInterfaces() throws {
        let catalog = try makeCatalog()
        let tool = #"{"name":"show","inputSchema":{},"_meta":{"ui":{"resourceUri":"ui://app/view"}}}"#
        for server in [b, a] { try catalog.publish(tools: try Listed.items(.tools, [tool]), of: server) }
        let uris = catalog.snapshot.tools.map { $0.definition["_meta", "ui", "resourceUri"]?.stringValue }
        #expect(uris == ["ui://app/view", "ui://b/app/view"])
        #expect(catalog.snapshot.route(uri: "ui://app/view").first?.server == "a")
        #expect(catalog.snapshot.route(uri: "ui://b/app/view").first?.originalURI == "ui://app/view")
    }

    @Test("odd members where an interface would stand are left as they are")
    func oddInterfaces() throws {
        let catalog = try makeCatalog()
        let metas =
            ["null", "7", "[]", #"{"ui":null}"#, #"{"ui":{"resourceUri":7}}"#, #"{"ui/resourceUri":""}"#]
            + [#"{"ui":{"resourceUri":"https://h/1"}}"#]
        let tools = metas.enumerated().map { #"{"name":"t\#($0)","inputSchema":{},"_meta":\#($1)}"# }
        try catalog.publish(tools: try Listed.items(.tools, tools), of: a)
        #expect(catalog.snapshot.tools.compactMap { $0.definition.member("_meta")?.text } == metas)
        #expect(try catalog.publish(resources: try Listed.resources("https://h/1"), of: b) == [])
    }
}

@Suite("Routes to resources")
struct ResourceRouteTests {
    private let servers = ["a", "b", "c"].map { Listed.server($0) }

    private func makeCatalog() throws -> Catalog {
        let catalog = try Catalog(GatewayConfiguration(servers: servers))
        for server in servers { try catalog.publish(of: server) }
        return catalog
    }

    private func routes(_ catalog: Catalog, _ uri: String) -> [String] {
        catalog.snapshot.route(uri: uri).map { "\($0.server) \($0.originalURI) \($0.basis)" }
    }

    @Test("a listed URI has one route")
    func listed() throws {
        let catalog = try makeCatalog()
        for server in servers {
            try catalog.publish(
                resources: try Listed.resources("file:///x"), templates: try Listed.templates("t://{x}"), of: server)
        }
        #expect(routes(catalog, "file:///x") == ["a file:///x listed"])
        #expect(routes(catalog, "c+file:///x") == ["c file:///x listed"])
        #expect(routes(catalog, "b+t://{x}") == ["b t://{x} listed"])
    }

    @Test("an unlisted URI: its prefix, then whose result had it, then templates, then everybody")
    func unlisted() throws {
        let catalog = try makeCatalog()
        try catalog.publish(templates: try Listed.templates("file:///{name}"), of: servers[1])
        let everybody = ["a file:///x guess", "c file:///x guess"]
        #expect(routes(catalog, "file:///x") == ["b file:///x template"] + everybody)
        #expect(catalog.exposedURI("file:///x", of: "c") == "file:///x")
        #expect(
            routes(catalog, "file:///x") == ["c file:///x learned", "b file:///x template", "a file:///x guess"])
        #expect(routes(catalog, "b+file:///y") == ["b file:///y rewritten"], "whose it is stands in it")
        #expect(routes(catalog, "nobody+file:///y").allSatisfy { $0.hasSuffix("guess") })
        #expect(routes(catalog, "ui://b/app/x").first == "b ui://app/x rewritten")
        #expect(routes(catalog, "").count == 3)
    }

    @Test("a server without resources is not asked")
    func withoutResources() throws {
        let catalog = try makeCatalog()
        _ = catalog.publish(ServerLists(), of: servers[0], announced: [])
        #expect(catalog.snapshot.route(uri: "x:1").map(\.server) == ["b", "c"])
    }

    @Test("a URI in a result belongs to whose result had it first; the same of another server names that server")
    func learned() throws {
        let catalog = try makeCatalog()
        #expect(catalog.exposedURI("x:1", of: "b") == "x:1")
        #expect(catalog.exposedURI("x:1", of: "b") == "x:1")
        #expect(catalog.exposedURI("x:1", of: "a") == "a+x:1")
        #expect(catalog.exposedURI("https://h/1", of: "b") == "https://h/1")
        #expect(catalog.exposedURI("https://h/1", of: "a") == "https://h/1")
        #expect(routes(catalog, "https://h/1").first == "b https://h/1 learned")
        #expect(catalog.exposedURI("x:2", of: "nobody") == "x:2")
        #expect(catalog.exposedURI("", of: "a") == "")
    }

    @Test("a URI in a result is called what the lists call it")
    func exposed() throws {
        let catalog = try makeCatalog()
        for server in servers.prefix(2) {
            try catalog.publish(
                resources: try Listed.resources("x:1"), templates: try Listed.templates("f:///{n}"), of: server)
        }
        #expect(catalog.exposedURI("x:1", of: "a") == "x:1")
        #expect(catalog.exposedURI("x:1", of: "b") == "b+x:1")
        #expect(catalog.exposedURI("x:1", of: "c") == "c+x:1")
        #expect(catalog.exposedURI("f:///y", of: "b") == "b+f:///y", "of a template that is rewritten")
        #expect(catalog.exposedURI("f:///y", of: "a") == "f:///y")
    }

    @Test("what is learned is bounded, and what is asked for stays")
    func bounded() {
        let learned = LearnedOwners()
        #expect(learned.claim("kept", for: "a") == "a")
        for number in 0..<(3 * LearnedOwners.maxURIs) {
            _ = learned.claim("x:\(number)", for: "b")
            if number % 1_000 == 0 { #expect(learned.owner(of: "kept") == "a") }
        }
        #expect(learned.count <= LearnedOwners.maxURIs)
        #expect(learned.owner(of: "x:0") == nil)
        #expect(learned.claim(String(repeating: "u", count: LearnedOwners.maxURIBytes + 1), for: "a") == nil)
    }
}
