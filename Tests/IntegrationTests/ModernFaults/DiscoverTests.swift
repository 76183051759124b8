import TestSupport
import Testing

/// `server/discover`, and whether it tells the truth: MCP 2026-07-28, Lifecycle, "Discovery".
@Suite("Discovery")
struct DiscoverTests {
    /// A method of each capability.
    private static let methods: [(capability: String, request: StatelessClient.Request)] = [
        ("tools", .init(method: "tools/list")), ("resources", .init(method: "resources/list")),
        ("resources", .init(method: "resources/templates/list")), ("prompts", .init(method: "prompts/list")),
        (
            "completions",
            .init(
                method: "completion/complete",
                params: [
                    .init("ref", ["type": "ref/prompt", "name": "test_prompt_with_arguments"]),
                    .init("argument", ["name": "arg1", "value": "p"]),
                ])
        ),
    ]

    private func expectTruth(_ client: StatelessClient) async throws -> [String] {
        let discovered = try await client.send(.init(method: "server/discover"))
        let result = try #require(discovered.result, "\(discovered.http)")
        #expect(result["supportedVersions"]?[0]?.string == StatelessClient.revision)
        #expect(result["_meta"]?["io.modelcontextprotocol/serverInfo"]?["name"]?.string?.isEmpty == false)
        #expect(result["ttlMs"]?.int != nil)
        let capabilities = result["capabilities"]?.members?.map(\.name) ?? []
        for (capability, request) in Self.methods {
            let answer = try await client.send(request)
            if capabilities.contains(capability) {
                #expect(answer.isComplete, "\(request.method): \(answer.http)")
            } else {
                #expect(answer.http.status == 404, "\(request.method): \(answer.http)")
                #expect(answer.errorCode == -32601, "\(request.method): \(answer.http)")
            }
        }
        return capabilities
    }

    @Test("what is advertised is served, and what is not, is not", arguments: [[:], StatelessClient.askable])
    func truth(capabilities: JSONTree) async throws {
        try await ParkCase.with(.stdio) { gateway, _ in
            try await StatelessClient.with(gateway, capabilities: capabilities) { client in
                let all = try await expectTruth(client)
                #expect(Set(["tools", "resources", "prompts", "completions", "logging"]).isSubset(of: Set(all)))
            }
        }
        try await UpstreamCase.with(ScriptedMCP(), settings: ParkCase.pool) { gateway, _ in
            try await StatelessClient.with(gateway, capabilities: capabilities) { client in
                let some = try await expectTruth(client)
                #expect(some.contains("tools"))
                #expect(!some.contains("prompts"))
                #expect(!some.contains("resources"))
            }
        }
    }

    @Test("a client need not say who it is, and a request need not follow another")
    func cold() async throws {
        try await FaultCase.with(.stdio) { gateway in
            let meta: JSONTree = [
                "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                "io.modelcontextprotocol/clientCapabilities": [:],
            ]
            for (_, request) in Self.methods {
                let body = SessionClient.request(
                    request.method, .object(request.params + [.init("_meta", meta)]), id: "cold")
                let http = try await gateway.request(
                    "POST", "/mcp", headers: StatelessClient.headers(request), body: body.description)
                #expect(http.status == 200, "\(http)")
                let problems = try MessageValidator(revision: "2026-07-28").problems(
                    in: http.body, sender: .server, answering: request.method)
                #expect(problems == [], "\(http)")
            }
        }
    }

    @Test("a change that was announced, and is none, is told to who listens", arguments: ["tool", "prompt"])
    func announced(kind: String) async throws {
        try await FaultCase.with(.http) { gateway in
            try await StatelessClient.with(gateway, capabilities: [:]) { client in
                let call = try await client.start(
                    ListenTests.request([
                        "toolsListChanged": .bool(kind == "tool"), "promptsListChanged": .bool(kind == "prompt"),
                    ]))
                #expect(try await call.next()?["method"]?.string == ListenTests.acknowledged)
                let announced = try await client.call("test_trigger_\(kind)_change")
                #expect(announced.isComplete, "\(announced.http)")
                #expect(try await call.next()?["method"]?.string == "notifications/\(kind)s/list_changed")
                call.close()
            }
        }
    }
}
