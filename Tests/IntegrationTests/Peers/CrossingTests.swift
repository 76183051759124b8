import Foundation
import TestSupport
import Testing

/// Two clients that can be asked, at once on the same server: each is asked about its own calls only.
@Suite(.serialized)
struct CrossingTests {
    private static let shares = ["auto", "session", "user", "call"]
    private static let callsOfEach = "24"

    enum Transport: String { case http, sse, stdio }

    struct Case: Sendable, CustomTestStringConvertible {
        let client: PublishedClient
        let transport: Transport
        let serverIsModern: Bool

        var testDescription: String { "\(client), \(transport), \(serverIsModern ? "modern" : "legacy") server" }
        var serverOptions: [String] { ["--era", serverIsModern ? "modern" : "legacy"] }

        /// Where questions may stay unasked: in a session of two clients whose server does not say whose call it asks
        /// about, while both have calls in flight. Over Streamable HTTP, and in 2026-07-28, the server does say it; and
        /// clients of that revision keep out of each other's sessions, as long as there is room for more.
        var mayRefuse: [String] {
            if transport == .http || serverIsModern { return [] }
            return client.isModern ? ["narrow"] : ["user"]
        }

        /// `mcpServers`, each with another `pool`.
        var pools: [(name: String, pool: JSONTree)] {
            CrossingTests.shares.map { ($0, ["share": .string($0), "max": 40]) }
                + (mayRefuse.contains("narrow") ? [("narrow", ["max": 3])] : [])
        }

        static let all = [
            Case(client: .sdk1, transport: .http, serverIsModern: false),
            Case(client: .fastMCP1, transport: .sse, serverIsModern: false),
            Case(client: .sdk2, transport: .stdio, serverIsModern: false),
            Case(client: .fastMCP2, transport: .stdio, serverIsModern: true),
            Case(client: .sdk2Modern, transport: .http, serverIsModern: false),
            Case(client: .sdk2Modern, transport: .stdio, serverIsModern: false),
            Case(client: .fastMCP2Modern, transport: .sse, serverIsModern: false),
            Case(client: .fastMCP2Modern, transport: .http, serverIsModern: true),
        ]
    }

    @Test("no client gets another's question, whoever shares what", arguments: Case.all)
    func crossing(example: Case) async throws {
        let client = example.client
        let transport = example.transport
        let record = try StdioRecord()
        try await ReferenceServer.withHTTP(example.serverOptions) { url, _ in
            try await MessageTap.with(serverPort: try #require(URL(string: url)?.port)) { behind in
                let origin = "http://127.0.0.1:\(behind.port)"
                var entries: [JSONTree.Member] = []
                for (name, value) in example.pools {
                    let pool = JSONTree.Member("pool", value)
                    let entry: JSONTree
                    switch transport {
                    case .http: entry = .object([.init("url", .string("\(origin)/mcp")), pool])
                    case .sse: entry = .object([.init("url", .string("\(origin)/sse")), .init("type", "sse"), pool])
                    case .stdio:
                        entry = record.entry(
                            try Repository.executable("reference-server"), example.serverOptions, [pool])
                    }
                    entries.append(.init(name, entry))
                }
                try await GatewayFixture.with(["mcpServers": .object(entries)]) { gateway in
                    let url = "http://127.0.0.1:\(gateway.port)/mcp"
                    let options = ["--count", Self.callsOfEach]
                    let strict = Self.shares.filter { !example.mayRefuse.contains($0) }
                    try await client.succeed(
                        ["crossing"], on: [url], prefixes: strict.map { "\($0)__" }, options)
                    if !example.mayRefuse.isEmpty {
                        try await client.succeed(
                            ["crossing"], on: [url], prefixes: example.mayRefuse.map { "\($0)__" },
                            options + ["--may-be-refused"])
                    }
                    try await gateway.waitUntilIdle()
                }
                let said = try await TappedSessions(behind.exchanges(), checking: .client)
                #expect(said.problems == [])
                #expect(transport == .stdio || said.checkedMessages > 250)
            }
        }
        let said = try await record.check(.client)
        #expect(transport != .stdio || said > 250)
    }
}
