import Foundation
import TestSupport
import Testing

/// Everything a client with somebody at the keyboard does, with published clients over every transport of the gateway.
@Suite(.serialized)
struct FeatureTests {
    static let scenarios = [
        "resources", "prompts", "completion", "completion-context", "subscriptions", "sampling", "elicitation",
        "several-questions", "elicitation-url", "roots", "progress", "logging", "cancel", "cancel-question",
        "list-changed",
    ]

    struct Case: Sendable, CustomTestStringConvertible {
        let client: PublishedClient
        /// Of the server: the other one is not spoken there.
        let serverIsModern: Bool
        var testDescription: String { "\(client.testDescription), \(serverIsModern ? "modern" : "legacy") server" }

        /// What the client speaks over each transport that it has.
        var scenarios: [String] { FeatureTests.scenarios + (client.isModern ? [] : ["ping"]) }
        var options: [String] { serverIsModern ? ["--server-is-modern"] : [] }

        /// What the gateway has to have said at least.
        var methods: Set<String> {
            let both: Set = [
                "notifications/resources/updated", "notifications/message", "notifications/progress",
                "notifications/tools/list_changed", "completion/complete", "resources/templates/list",
            ]
            let own: Set =
                client.isModern
                ? ["server/discover", "notifications/subscriptions/acknowledged"]
                : ["sampling/createMessage", "elicitation/create", "roots/list"]
            return both.union(own)
        }

        init(_ client: PublishedClient, serverIsModern: Bool) {
            self.client = client
            self.serverIsModern = serverIsModern
        }

        static let all = [
            Case(.sdk1, serverIsModern: true), Case(.sdk2, serverIsModern: false),
            Case(.fastMCP1, serverIsModern: false), Case(.fastMCP2, serverIsModern: true),
            Case(.sdk2Modern, serverIsModern: true), Case(.sdk2Modern, serverIsModern: false),
            Case(.fastMCP2Modern, serverIsModern: true), Case(.fastMCP2Modern, serverIsModern: false),
        ]
    }

    @Test(
        "a published client can use every feature over every transport, whatever the server's era", arguments: Case.all)
    func everyFeature(example: Case) async throws {
        let front = try StdioRecord()
        let era = example.serverIsModern ? "modern" : "legacy"
        try await ReferenceServer.withHTTP(["--page-size", "3", "--era", era]) { url, _ in
            try await MessageTap.with(serverPort: try #require(URL(string: url)?.port)) { behind in
                let configuration: JSONTree = [
                    "mcpServers": ["one": ["url": .string("http://127.0.0.1:\(behind.port)/mcp")]],
                    // Over standard streams, lists are asked for as soon as the gateway runs.
                    "catalog": ["listWait": "20s"],
                ]
                let file = try front.directory.write(configuration.description, to: "gateway.json")
                try await GatewayFixture.with(configuration) { gateway in
                    try await MessageTap.with(serverPort: gateway.port) { inFront in
                        let origin = "http://127.0.0.1:\(inFront.port)"
                        let command = front.line(
                            try Repository.executable("mcp-gateway"), ["stdio", "--config", file])
                        let targets = ["\(origin)/mcp"] + (example.client.isModern ? [] : ["\(origin)/sse"]) + [command]
                        try await example.client.succeed(example.scenarios, on: targets, example.options)
                        let said = try await TappedSessions(inFront.exchanges(), checking: .server)
                        #expect(said.problems == [])
                        #expect(said.revisions == [example.client.revision])
                        #expect(said.methods.isSuperset(of: example.methods), "\(said.methods.sorted())")
                    }
                }
                let said = try await TappedSessions(behind.exchanges(), checking: .client)
                #expect(said.problems == [])
                #expect(said.revisions.contains(example.serverIsModern ? "2026-07-28" : "2025-11-25"))
                #expect(said.checkedMessages > 100)
            }
        }
        #expect(try await front.check(.server) > 50)
    }
}
