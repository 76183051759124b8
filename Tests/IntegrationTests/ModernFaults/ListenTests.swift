import TestSupport
import Testing

/// `subscriptions/listen`: MCP 2026-07-28, "Subscriptions".
@Suite("Subscriptions of clients without sessions")
struct ListenTests {
    static let acknowledged = "notifications/subscriptions/acknowledged"
    private static let idKey = "io.modelcontextprotocol/subscriptionId"
    private static let watched = "test://watched-resource"
    private static let everything: JSONTree = [
        "toolsListChanged": true, "promptsListChanged": true, "resourcesListChanged": true,
        "resourceSubscriptions": [.string(watched)],
    ]

    static func request(_ filter: JSONTree) -> StatelessClient.Request {
        .init(method: "subscriptions/listen", params: [.init("notifications", filter)])
    }

    /// Begins to listen, and returns what was acknowledged.
    private func listen(
        _ client: StatelessClient, _ filter: JSONTree, id: JSONTree? = nil
    ) async throws -> (call: StatelessCall, accepted: JSONTree?) {
        let call = try await client.start(Self.request(filter), id: id)
        let first = try #require(try await call.next())
        #expect(first["method"]?.string == Self.acknowledged, "\(first)")
        expectTag(first, of: call)
        return (call, first["params"]?["notifications"])
    }

    private func expectTag(_ message: JSONTree, of call: StatelessCall) {
        #expect(message["params"]?["_meta"]?[Self.idKey] == call.id, "\(message)")
    }

    /// The next message, which has to be of this method.
    private func expect(_ method: String, from call: StatelessCall) async throws {
        let message = try #require(try await call.next())
        #expect(message["method"]?.string == method, "\(message)")
        expectTag(message, of: call)
    }

    @Test(
        "what was asked for is acknowledged first, then told, each message with the id of the request",
        arguments: ServerTransport.allCases, [7, "seven"] as [JSONTree])
    func told(transport: ServerTransport, id: JSONTree) async throws {
        try await FaultCase.with(transport) { gateway in
            try await StatelessClient.with(gateway, capabilities: [:]) { client in
                let (call, accepted) = try await listen(client, Self.everything, id: id)
                #expect(accepted == Self.everything)
                _ = try await client.call("change_tools")
                try await expect("notifications/tools/list_changed", from: call)
                _ = try await client.call("change_prompts")
                try await expect("notifications/prompts/list_changed", from: call)
                _ = try await client.call("update_resource")
                let updated = try #require(try await call.next())
                #expect(updated["method"] == "notifications/resources/updated")
                #expect(updated["params"]?["uri"]?.string == Self.watched)
                expectTag(updated, of: call)
                for restored in ["change_tools", "change_prompts"] { _ = try await client.call(restored) }
                call.close()
            }
        }
    }

    @Test("what was not asked for is never told; two subscriptions of one client are two")
    func filtered() async throws {
        try await FaultCase.with(.stdio) { gateway in
            try await StatelessClient.with(gateway, capabilities: [:]) { client in
                let (tools, accepted) = try await listen(
                    client, ["toolsListChanged": true, "promptsListChanged": false])
                #expect(accepted == ["toolsListChanged": true])
                let (prompts, _) = try await listen(client, ["promptsListChanged": true, "unknownKind": true])
                let (none, nothing) = try await listen(client, [:])
                #expect(nothing == [:])
                for change in ["change_prompts", "update_resource", "change_resources", "change_tools"] {
                    _ = try await client.call(change)
                }
                try await expect("notifications/tools/list_changed", from: tools)
                try await expect("notifications/prompts/list_changed", from: prompts)
                for call in [tools, prompts, none] { call.close() }
            }
        }
    }

    @Test("resources that no server has are left out, also where their server refuses them")
    func unknown() async throws {
        try await FaultCase.with(.stdio) { gateway in
            try await StatelessClient.with(gateway, capabilities: [:]) { client in
                let uris: JSONTree = [
                    "no://such", .string(Self.watched), "", "test://nowhere", .string(Self.watched),
                ]
                let (call, accepted) = try await listen(client, ["resourceSubscriptions": uris])
                let taken = try #require(accepted?["resourceSubscriptions"]?.elements)
                #expect(taken.contains(.string(Self.watched)))
                #expect(Set(taken).count == taken.count)
                #expect(!taken.contains("no://such"))
                call.close()
            }
        }
    }

    @Test("a filter that is none is refused, and so are too many resources")
    func badFilters() async throws {
        try await FaultCase.with(.stdio, limits: ["maxSubscriptions": 2]) { gateway in
            try await StatelessClient.with(gateway, capabilities: [:]) { client in
                let bad: [JSONTree] = [
                    .null, [], "tools", ["toolsListChanged": "yes"], ["resourceSubscriptions": "test://a"],
                    ["resourceSubscriptions": [1]], ["resourceSubscriptions": ["a:1", "a:2", "a:3"]],
                ]
                for filter in bad {
                    let answer = try await client.send(Self.request(filter))
                    #expect(answer.errorCode == -32602, "\(filter): \(answer.http)")
                    #expect(answer.errorText.contains("params.notifications"), "\(answer.errorText)")
                }
                let missing = try await client.send(.init(method: "subscriptions/listen"))
                #expect(missing.errorCode == -32602)
                let json = try await client.send(Self.request([:]), accept: "application/json")
                #expect(json.http.status == 406)
            }
        }
    }

    @Test("a client that closes its stream, or vanishes, frees what it had", arguments: ServerTransport.allCases)
    func freed(transport: ServerTransport) async throws {
        let record = try ServerRecord()
        try await FaultCase.with(transport, record.options, limits: ["maxSessions": 12]) { gateway in
            try await StatelessClient.with(gateway, capabilities: [:]) { client in
                // More than there may be at once, one after the other.
                for round in 0..<30 {
                    let call = try await gateway.wait(for: "free session") { () -> StatelessCall? in
                        let call = try await client.start(Self.request(Self.everything))
                        let head = try await call.readHead()
                        guard head["Content-Type"] == "text/event-stream" else {
                            call.close()
                            return nil
                        }
                        return call
                    }
                    #expect(try await call.next()?["method"]?.string == Self.acknowledged)
                    if round.isMultiple(of: 2) { call.vanish() } else { call.close() }
                }
                try await gateway.wait(for: "end of the subscriptions") {
                    try await gateway.text(calling: "subscriptions") == "[]" ? () : nil
                }
            }
        }
        #expect(try record.messages(from: "client").contains { $0["method"] == "resources/unsubscribe" })
    }

    @Test("a client that vanishes before it is acknowledged leaves nothing either")
    func vanishesEarly() async throws {
        try await FaultCase.with(.http) { gateway in
            try await StatelessClient.with(gateway, capabilities: [:]) { client in
                for _ in 0..<20 {
                    let call = try await client.start(Self.request(Self.everything))
                    call.vanish()
                }
                // Behind all of them.
                let (call, _) = try await listen(client, ["toolsListChanged": true])
                call.close()
                try await gateway.wait(for: "end of the subscriptions") {
                    try await gateway.text(calling: "subscriptions") == "[]" ? () : nil
                }
            }
        }
    }

    @Test("a reader that does not read holds nobody up, and costs no more than its backlog")
    func slowReader() async throws {
        try await FaultCase.with(.http, limits: ["maxStreamBacklogBytes": "4KiB", "writeTimeout": "1s"]) { gateway in
            try await StatelessClient.with(gateway, capabilities: [:]) { client in
                let slow = try await client.start(Self.request(Self.everything), receiveBufferBytes: 1024)
                try await slow.readHead()
                let (call, _) = try await listen(client, ["resourceSubscriptions": [.string(Self.watched)]])
                let connection = try await gateway.connect()
                for _ in 0..<300 {
                    _ = try await client.send(.call("update_resource"), over: connection)
                    try await expect("notifications/resources/updated", from: call)
                }
                connection.close()
                call.close()
                slow.vanish()
            }
        }
    }

    @Test("a stopping gateway ends subscriptions with their result")
    func stopped() async throws {
        let configuration = UpstreamCase.configuration(["far": try ReferenceServer.stdio()])
        try await GatewayFixture.with(configuration) { gateway in
            try await StatelessClient.with(gateway, capabilities: [:]) { client in
                let (first, _) = try await listen(client, Self.everything)
                let (second, _) = try await listen(client, [:])
                try await gateway.stop()
                for call in [first, second] {
                    let end = try #require(try await call.next())
                    #expect(end["id"] == call.id, "\(end)")
                    #expect(end["result"]?["resultType"] == "complete")
                    #expect(end["result"]?["_meta"]?[Self.idKey] == call.id)
                    #expect(try await call.next() == nil)
                }
            }
        }
    }

    @Test("a quiet subscription of a client that can be asked outlives the idle sessions of its kind")
    func quiet() async throws {
        try await FaultCase.with(
            .http, settings: ParkCase.pool, limits: ["sessionIdle": "100ms"]
        ) { gateway in
            let client = StatelessClient(gateway)
            let (call, accepted) = try await listen(client, Self.everything)
            #expect(accepted == Self.everything)
            // Longer than several looks for idle sessions.
            try await Task.sleep(for: .milliseconds(800))
            _ = try await gateway.text(calling: "update_resource")
            try await expect("notifications/resources/updated", from: call)
            _ = try await gateway.text(calling: "change_tools")
            try await expect("notifications/tools/list_changed", from: call)
            call.close()
            _ = try await gateway.text(calling: "change_tools")
            await client.expectNoProblems()
        }
    }

    @Test("signs of life come on a quiet stream, and cost no message")
    func alive() async throws {
        try await FaultCase.with(.stdio, limits: ["streamKeepAlive": "1s"]) { gateway in
            try await StatelessClient.with(gateway, capabilities: [:]) { client in
                let (call, _) = try await listen(client, ["toolsListChanged": true])
                try await gateway.wait(for: "comments") {
                    await #expect(throws: (any Error).self) { try await call.next(within: .milliseconds(200)) }
                    return call.comments > 0 ? () : nil
                }
                call.close()
            }
        }
    }
}
