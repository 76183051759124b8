import Foundation
import TestSupport
import Testing

/// Everything a client with somebody at the keyboard does, with published clients over every transport of the gateway.
@Suite(.serialized)
struct FeatureTests {
    static let scenarios = [
        "resources", "prompts", "completion", "completion-context", "subscriptions", "sampling", "elicitation", "roots",
        "progress",
        "logging",
        "cancel", "cancel-question", "list-changed", "ping",
    ]

    @Test("a published client can use every feature over every transport", arguments: PublishedClient.legacy)
    func everyFeature(client: PublishedClient) async throws {
        let front = try StdioRecord()
        try await ReferenceServer.withHTTP(["--page-size", "3"]) { url, _ in
            try await MessageTap.with(serverPort: try #require(URL(string: url)?.port)) { behind in
                let configuration: JSONTree = [
                    "mcpServers": ["one": ["url": .string("http://127.0.0.1:\(behind.port)/mcp")]]
                ]
                let file = try front.directory.write(configuration.description, to: "gateway.json")
                try await GatewayFixture.with(configuration) { gateway in
                    try await MessageTap.with(serverPort: gateway.port) { inFront in
                        let origin = "http://127.0.0.1:\(inFront.port)"
                        let command = front.line(
                            try Repository.executable("mcp-gateway"), ["stdio", "--config", file])
                        try await client.succeed(
                            Self.scenarios, on: ["\(origin)/mcp", "\(origin)/sse", command])
                        let said = try await TappedSessions(inFront.exchanges(), checking: .server)
                        #expect(said.problems == [])
                        #expect(said.revisions == ["2025-11-25"])
                        #expect(
                            said.methods.isSuperset(of: [
                                "sampling/createMessage", "elicitation/create", "roots/list",
                                "notifications/resources/updated", "notifications/message", "notifications/progress",
                                "notifications/tools/list_changed", "completion/complete", "resources/templates/list",
                            ]), "\(said.methods.sorted())")
                    }
                }
                let said = try await TappedSessions(behind.exchanges(), checking: .client)
                #expect(said.problems == [])
                #expect(said.checkedMessages > 100)
            }
        }
        #expect(try await front.check(.server) > 50)
    }
}
