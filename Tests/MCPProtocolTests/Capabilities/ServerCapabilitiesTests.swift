import MCPProtocol
import TestSupport
import Testing

@Suite("Capabilities of servers")
struct ServerCapabilitiesTests {
    static let all =
        #"{"tools":{},"resources":{"subscribe":true},"prompts":{"listChanged":false},"completions":{},"logging":{},"tasks":{"list":{},"cancel":{},"requests":{"tools":{"call":{}}}},"extensions":{"io.modelcontextprotocol/ui":{"a":1.0},"x/y":{}},"experimental":{"z":{}}}"#

    private func read(_ text: String, _ revision: ProtocolRevision = .v2025_11_25) throws -> ServerCapabilities {
        ServerCapabilities(try RawJSON(validating: text), revision: revision)
    }

    @Test(
        "are read as their revision has them",
        arguments: [
            // Tools, Resources, their Subscriptions, Prompts, Completions, Logging; tasks: list, cancel, call.
            ("{}", .v2025_11_25, "---------"), ("7", .v2025_11_25, "---------"),
            (all, .v2025_11_25, "TRSPCLlca"), (all, .v2025_06_18, "TRSPCL---"), (all, .v2025_03_26, "TRSPCL---"),
            (all, .v2024_11_05, "TRSPCL---"),
            // Before 2025-03-26 completion is not declared.
            (#"{"prompts":{}}"#, .v2024_11_05, "---PC----"), (#"{"resources":{}}"#, .v2024_11_05, "-R--C----"),
            (#"{"tools":{}}"#, .v2024_11_05, "T--------"), (#"{"completions":{}}"#, .v2024_11_05, "---------"),
            (#"{"prompts":{}}"#, .v2025_03_26, "---P-----"),
            (#"{"tools":true,"resources":null,"logging":[]}"#, .v2025_11_25, "---------"),
            (#"{"resources":{"subscribe":1},"tasks":{}}"#, .v2025_11_25, "-R-------"),
            (#"{"tasks":{"requests":{"tools":{}},"cancel":{}}}"#, .v2025_11_25, "-------c-"),
        ] as [(String, ProtocolRevision, String)])
    func reading(declared: String, revision: ProtocolRevision, expected: String) throws {
        let server = try read(declared, revision)
        let flags: [(Character, Bool)] = [
            ("T", server.tools), ("R", server.resources), ("S", server.resourcesSubscribe), ("P", server.prompts),
            ("C", server.completions), ("L", server.logging), ("l", server.tasks?.list ?? false),
            ("c", server.tasks?.cancel ?? false), ("a", server.tasks?.toolsCall ?? false),
        ]
        #expect(String(flags.map { $0.1 ? $0.0 : "-" }) == expected)
    }

    static let lists =
        #""tools":{"listChanged":true},"resources":{"subscribe":true,"listChanged":true},"prompts":{"listChanged":true}"#
    static let tasks = #""tasks":{"list":{},"cancel":{},"requests":{"tools":{"call":{}}}}"#

    @Test(
        "are advertised as the client's revision has them",
        arguments: [
            (.v2024_11_05, #"{\#(lists),"logging":{}}"#),
            (.v2025_03_26, #"{\#(lists),"completions":{},"logging":{}}"#),
            (.v2025_06_18, #"{\#(lists),"completions":{},"logging":{}}"#),
            (.v2025_11_25, #"{\#(lists),"completions":{},"logging":{},\#(tasks)}"#),
            (
                .v2026_07_28,
                #"{\#(lists),"completions":{},"logging":{},"extensions":{"io.modelcontextprotocol/tasks":{}}}"#
            ),
        ] as [(ProtocolRevision, String)])
    func advertising(revision: ProtocolRevision, expected: String) throws {
        let offered = ServerCapabilities.everything.encode(for: revision)
        #expect(offered.text == expected)
        let schema = try SchemaDocument.named(revision.rawValue)
        #expect(schema.problems(in: try JSONTree(parsing: Array(offered.bytes)), as: "ServerCapabilities") == [])
    }

    @Test("only extensions that pass through are advertised, with their settings as they came")
    func extensions() throws {
        let offered = try read(Self.all, .v2025_06_18).encode(for: .v2025_06_18)
        #expect(offered.member("extensions")?.text == #"{"io.modelcontextprotocol/ui":{"a":1.0}}"#)
        #expect(offered.member("experimental") == nil)
        #expect(try read(#"{"extensions":{"x/y":{}}}"#).encode(for: .v2025_11_25).text == "{}")
    }

    @Test("a union has what any of its members has")
    func union() throws {
        #expect(ServerCapabilities.union(.none, .everything) == .everything)
        #expect(ServerCapabilities.union(.everything, .none) == .everything)
        let tools = try read(#"{"tools":{},"tasks":{"cancel":{}},"extensions":{"a/a":{"n":1},"b/b":{}}}"#)
        let resources = try read(#"{"resources":{},"tasks":{"list":{}},"extensions":{"a/a":{"n":2},"c/c":[1e0]}}"#)
        let both = ServerCapabilities.union(tools, resources)
        #expect(both.tools && both.resources && !both.resourcesSubscribe && !both.prompts)
        #expect(both.tasks == ServerCapabilities.Tasks(list: true, cancel: true, toolsCall: false))
        #expect(both.extensions?.text == #"{"a/a":{"n":1},"b/b":{},"c/c":[1e0]}"#)
        var grown = ServerCapabilities.none
        grown.formUnion(tools)
        #expect(grown == tools)
    }
}
