import MCPProtocol
import TestSupport
import Testing

@Suite("The reference server offers every feature of its revision")
struct ReferenceFixtureTests {
    /// Calls that end the process, or never end.
    private static let dangerous: Set<String> = [
        "crash", "hang", "ask_and_hang", "hang_process", "garbage", "http_status", "cut", "sleepless_child",
        "expire_sessions",
        "ask_endlessly",
    ]

    private static let arguments: JSONTree = [
        "message": "m", "ms": 1, "bytes": 10, "city": "Paris", "count": 2, "name": "HOME", "prompt": "p", "tag": "t",
        "url": "https://example.com", "seconds": 0,
    ]

    @Test(
        "lists, every tool, resource and prompt are right by the schema of their revision",
        arguments: ProtocolRevision.legacy, RawPeer.Transport.allCases)
    func everything(revision: ProtocolRevision, transport: RawPeer.Transport) async throws {
        if transport == .http, !revision.hasStreamableHTTP { return }
        // The generated tools take arguments of their own.
        try await RawPeer.with(transport, ["--resources", "5"], revision: revision) { peer in
            let tools = try #require(try await peer.request("tools/list")["result"]?["tools"]?.elements)
            for name in tools.compactMap({ $0["name"]?.string }) where !Self.dangerous.contains(name) {
                let params: JSONTree = [
                    "name": .string(name), "arguments": Self.arguments, "_meta": ["progressToken": .string(name)],
                ]
                let answer = try await peer.request("tools/call", params)
                #expect(answer["result"] != nil || answer["error"] != nil)
            }
            for method in ["resources/list", "resources/templates/list", "prompts/list"] {
                #expect(try await peer.request(method)["error"] == nil)
            }
            let resources = try await peer.request("resources/list")["result"]?["resources"]?.elements ?? []
            for resource in resources {
                let answer = try await peer.request("resources/read", ["uri": resource["uri"] ?? ""])
                #expect(answer["result"]?["contents"]?[0]?["uri"] == resource["uri"])
            }
            let prompts = try await peer.request("prompts/list")["result"]?["prompts"]?.elements ?? []
            let arguments: JSONTree = ["arg1": "hello", "arg2": "world", "resourceUri": "test://example"]
            for prompt in prompts {
                let params: JSONTree = ["name": prompt["name"] ?? "", "arguments": arguments]
                #expect(try await peer.request("prompts/get", params)["result"] != nil)
            }
        }
    }

    @Test("fixtures answer the texts that the conformance suite compares")
    func texts() async throws {
        try await RawPeer.with(.http) { peer in
            #expect(try await peer.text("test_simple_text") == "This is a simple text response for testing.")
            let failure = try await peer.call("test_error_handling")["result"]
            #expect(failure?["isError"] == true)
            let text = failure?["content"]?[0]?["text"]
            #expect(text == "This tool intentionally returns an error for testing")
            let embedded = try await peer.call("test_embedded_resource")["result"]?["content"]?[0]?["resource"]
            #expect(embedded?["uri"] == "test://embedded-resource")
            #expect(embedded?["text"] == "This is an embedded resource content.")
            let mixed = try await peer.call("test_multiple_content_types")["result"]?["content"]
            #expect(mixed?.elements?.map { $0["type"] } == ["text", "image", "resource"])
            #expect(mixed?[0]?["text"] == "Multiple content types test:")
        }
    }

    @Test("progress and logs come before the answer, in order")
    func notifications() async throws {
        try await RawPeer.with(.http) { peer in
            let params: JSONTree = ["name": "test_tool_with_progress", "_meta": ["progressToken": "token"]]
            _ = try await peer.request("tools/call", params)
            _ = try await peer.call("test_tool_with_logging")
            let seen = peer.traffic.value.notifications
            let progress = seen.filter { $0["method"] == "notifications/progress" }
            #expect(progress.map { $0["params"]?["progress"] } == [0, 50, 100])
            #expect(seen.filter { $0["method"] == "notifications/message" }.count == 3)
        }
    }

    @Test("the members that newer revisions brought are on at least one item of each list")
    func members() async throws {
        for (revision, members) in [
            (ProtocolRevision.v2024_11_05, [[], [], [], []]),
            (
                .v2025_06_18,
                [["annotations", "title", "_meta"], ["title", "_meta"], ["title", "_meta"], ["title", "_meta"]]
            ),
            (
                .v2025_11_25,
                [
                    ["annotations", "title", "_meta", "icons", "execution"], ["title", "_meta", "icons"],
                    ["title", "_meta", "icons"], ["title", "_meta", "icons"],
                ]
            ),
        ] as [(ProtocolRevision, [[String]])] {
            try await RawPeer.with(.stdio, revision: revision) { peer in
                let lists = [
                    ("tools/list", "tools"), ("resources/list", "resources"),
                    ("resources/templates/list", "resourceTemplates"), ("prompts/list", "prompts"),
                ]
                for ((method, member), wanted) in zip(lists, members) {
                    let items = try await peer.request(method)["result"]?[member]?.elements ?? []
                    for name in ["title", "_meta", "icons", "execution"] {
                        #expect(
                            items.contains { $0[name] != nil } == wanted.contains(name),
                            "\(name) in \(method) of \(revision)")
                    }
                    if method == "tools/list" {
                        #expect(items.contains { $0["annotations"] != nil } == wanted.contains("annotations"))
                    }
                }
            }
        }
    }

    @Test("announced changes that are none", arguments: ["tool", "prompt", "resource"])
    func triggers(kind: String) async throws {
        try await RawPeer.with(.stdio) { peer in
            let tools = try await peer.request("tools/list")["result"]?["tools"]?.elements ?? []
            #expect(!tools.contains { $0["name"]?.string == "test_trigger_\(kind)_change" })
            _ = try await peer.call("test_trigger_\(kind)_change")
            try await peer.notification("notifications/\(kind)s/list_changed")
        }
    }

    @Test("keywords of JSON Schema 2020-12 stand in a tool's schema")
    func schemaKeywords() async throws {
        try await RawPeer.with(.stdio) { peer in
            let tools = try await peer.request("tools/list")["result"]?["tools"]?.elements ?? []
            let schema = tools.first { $0["name"] == "json_schema_2020_12_tool" }?["inputSchema"]
            for keyword in ["$schema", "$defs", "allOf", "if", "then", "else", "additionalProperties"] {
                #expect(schema?[keyword] != nil, "\(keyword)")
            }
            #expect(schema?["$defs"]?["address"]?["$anchor"] != nil)
            #expect(schema?["properties"]?["address"]?["$ref"] == "#/$defs/address")
        }
    }
}
