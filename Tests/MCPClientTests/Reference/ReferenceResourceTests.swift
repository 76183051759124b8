import MCPProtocol
import TestSupport
import Testing

@Suite("The reference server's resources, prompts and completions")
struct ReferenceResourceTests {
    @Test(
        "texts, pictures, templates and views are read; what is unknown is named", arguments: RawPeer.Transport.allCases
    )
    func reading(transport: RawPeer.Transport) async throws {
        try await RawPeer.with(transport) { peer in
            func read(_ uri: String) async throws -> JSONTree? {
                try await peer.request("resources/read", ["uri": .string(uri)])["result"]?["contents"]?[0]
            }
            #expect(try await read("test://static-text")?["text"] == "This is the content of the static text resource.")
            #expect(try await read("test://static-binary")?["blob"]?.string?.isEmpty == false)
            #expect(try await read("test://template/42/data")?["text"]?.string?.contains(#""id":"42""#) == true)
            #expect(try await read("ui://reference/app")?["mimeType"] == "text/html;profile=mcp-app")
            for uri in ["test://nothing", "test://template//data", "test://template/a/b/data", "test://changing"] {
                let error = try await peer.request("resources/read", ["uri": .string(uri)])["error"]
                #expect(error?["code"] == -32002 && error?["data"]?["uri"]?.string == uri)
            }
        }
    }

    @Test("a subscriber hears of updates until it unsubscribes", arguments: RawPeer.Transport.allCases)
    func subscriptions(transport: RawPeer.Transport) async throws {
        try await RawPeer.with(transport) { peer in
            let uri: JSONTree = ["uri": "test://watched-resource"]
            _ = try await peer.call("update_resource", uri)
            _ = try await peer.request("resources/subscribe", uri)
            #expect(try await peer.text("subscriptions") == #"["test://watched-resource"]"#)
            _ = try await peer.call("update_resource", uri)
            try await peer.notification("notifications/resources/updated", uri)
            let content = try await peer.request("resources/read", uri)["result"]?["contents"]?[0]
            #expect(content?["text"] == "This resource was updated 2 times.")
            _ = try await peer.request("resources/unsubscribe", uri)
            _ = try await peer.call("update_resource", uri)
            // A later message on the same channel, so that one about the update would have come before.
            _ = try await peer.call("change_resources")
            try await peer.notification("notifications/resources/list_changed")
            let updates = peer.traffic.value.notifications.filter { $0["method"] == "notifications/resources/updated" }
            #expect(updates.count == 1)
            let error = try await peer.request("resources/subscribe", ["uri": "test://nothing"])["error"]
            #expect(error?["code"] == -32002)
        }
    }

    @Test("resources and prompts come and go, and are announced")
    func changes() async throws {
        try await RawPeer.with(.stdio) { peer in
            func names(_ method: String, _ member: String, _ key: String) async throws -> [String] {
                let items = try await peer.request(method)["result"]?[member]?.elements ?? []
                return items.compactMap { $0[key]?.string }
            }
            _ = try await peer.call("change_resources")
            #expect(try await names("resources/list", "resources", "uri").contains("test://changing"))
            _ = try await peer.call("change_resources")
            #expect(try await !names("resources/list", "resources", "uri").contains("test://changing"))
            _ = try await peer.call("change_prompts")
            _ = try await peer.call("set_prompts", ["count": 3])
            let prompts = try await names("prompts/list", "prompts", "name")
            #expect(prompts.contains("changing_prompt") && prompts.filter { $0.hasPrefix("prompt_") }.count == 3)
            let announced = peer.traffic.value.notifications.compactMap { $0["method"]?.string }
            #expect(announced.filter { $0 == "notifications/resources/list_changed" }.count == 2)
            #expect(announced.filter { $0 == "notifications/prompts/list_changed" }.count == 2)
        }
    }

    @Test("all pages together have every item once", arguments: [1, 3, 7])
    func pages(size: Int) async throws {
        try await RawPeer.with(.stdio, ["--resources", "10", "--page-size", "\(size)"]) { peer in
            for (method, member) in [
                ("resources/list", "resources"), ("prompts/list", "prompts"), ("tools/list", "tools"),
            ] {
                var items: [JSONTree] = []
                var cursor: JSONTree?
                repeat {
                    let page = try await peer.request(method, cursor.map { ["cursor": $0] } ?? [:])["result"]
                    #expect((page?[member]?.elements?.count ?? 0) <= size)
                    items += page?[member]?.elements ?? []
                    cursor = page?["nextCursor"]
                } while cursor != nil
                #expect(Set(items).count == items.count && items.count >= 4)
                let error = try await peer.request(method, ["cursor": "nonsense"])["error"]
                #expect(error?["code"] == -32602)
            }
        }
    }

    @Test("prompts put their arguments in, and name the one that is missing")
    func prompts() async throws {
        try await RawPeer.with(.http) { peer in
            let params: JSONTree = [
                "name": "test_prompt_with_arguments", "arguments": ["arg1": "hello", "arg2": "world"],
            ]
            let messages = try await peer.request("prompts/get", params)["result"]?["messages"]
            #expect(messages?[0]?["content"]?["text"] == "Prompt with arguments: arg1='hello', arg2='world'")
            let resource: JSONTree = [
                "name": "test_prompt_with_embedded_resource", "arguments": ["resourceUri": "test://mine"],
            ]
            let embedded = try await peer.request("prompts/get", resource)["result"]?["messages"]
            #expect(embedded?[0]?["content"]?["resource"]?["uri"] == "test://mine")
            let missing: JSONTree = ["name": "test_prompt_with_arguments", "arguments": ["arg1": "hello"]]
            let error = try await peer.request("prompts/get", missing)["error"]
            #expect(error?["code"] == -32602 && error?["message"]?.string?.contains("arg2") == true)
        }
    }

    @Test("completions follow the prefix, the context and the limit of 100", arguments: ProtocolRevision.legacy)
    func completions(revision: ProtocolRevision) async throws {
        try await RawPeer.with(.stdio, revision: revision) { peer in
            func complete(_ ref: JSONTree, _ name: String, _ value: String, _ known: JSONTree?) async throws
                -> JSONTree?
            {
                var params: [JSONTree.Member] = [
                    .init("ref", ref), .init("argument", ["name": .string(name), "value": .string(value)]),
                ]
                if let known { params.append(.init("context", ["arguments": known])) }
                return try await peer.request("completion/complete", .object(params))["result"]?["completion"]
            }
            let prompt: JSONTree = ["type": "ref/prompt", "name": "test_prompt_with_arguments"]
            #expect(try await complete(prompt, "arg1", "par", nil)?["values"] == ["paris", "park", "party"])
            #expect(try await complete(prompt, "arg2", "", nil)?["values"] == ["one", "three", "two"])
            if revision.hasCompletionContext {
                let values = try await complete(prompt, "arg2", "paris-t", ["arg1": "paris"])?["values"]
                #expect(values == ["paris-three", "paris-two"])
            }
            let template: JSONTree = ["type": "ref/resource", "uri": "test://template/{id}/data"]
            let ids = try await complete(template, "id", "", nil)
            #expect(ids?["values"]?.elements?.count == 100 && ids?["total"] == 250 && ids?["hasMore"] == true)
        }
    }
}
