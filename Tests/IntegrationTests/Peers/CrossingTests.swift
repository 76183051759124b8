import Foundation
import TestSupport
import Testing

/// Two clients that can be asked, at once on the same server: each is asked about its own calls only.
@Suite(.serialized)
struct CrossingTests {
    private static let shares = ["auto", "session", "user", "call"]
    private static let callsOfEach = "40"

    enum Transport: String, CaseIterable { case http, sse, stdio }

    @Test("no client gets another's question, whoever shares what", arguments: Transport.allCases)
    func crossing(transport: Transport) async throws {
        let client = PublishedClient.legacy[transport == .http ? 0 : transport == .sse ? 1 : 2]
        let record = try StdioRecord()
        try await ReferenceServer.withHTTP { url, _ in
            try await MessageTap.with(serverPort: try #require(URL(string: url)?.port)) { behind in
                let origin = "http://127.0.0.1:\(behind.port)"
                var entries: [JSONTree.Member] = []
                for share in Self.shares {
                    let pool: JSONTree.Member = .init("pool", ["share": .string(share), "max": 40])
                    let entry: JSONTree
                    switch transport {
                    case .http: entry = .object([.init("url", .string("\(origin)/mcp")), pool])
                    case .sse: entry = .object([.init("url", .string("\(origin)/sse")), .init("type", "sse"), pool])
                    case .stdio: entry = record.entry(try Repository.executable("reference-server"), [], [pool])
                    }
                    entries.append(.init(share, entry))
                }
                try await GatewayFixture.with(["mcpServers": .object(entries)]) { gateway in
                    let url = "http://127.0.0.1:\(gateway.port)/mcp"
                    let options = ["--count", Self.callsOfEach]
                    // One session of two clients, whose server does not say whose call it asks about: nobody is asked
                    // while both have calls in flight. Over Streamable HTTP the server does say it.
                    let mayRefuse = transport == .http ? [] : ["user"]
                    let strict = Self.shares.filter { !mayRefuse.contains($0) }
                    try await client.succeed(["crossing"], on: [url], prefixes: strict.map { "\($0)__" }, options)
                    for share in mayRefuse {
                        try await client.succeed(
                            ["crossing"], on: [url], prefixes: ["\(share)__"], options + ["--may-be-refused"])
                    }
                    try await gateway.waitUntilIdle()
                }
                let said = try await TappedSessions(behind.exchanges(), checking: .client)
                #expect(said.problems == [])
                #expect(transport == .stdio || said.checkedMessages > 500)
            }
        }
        let said = try await record.check(.client)
        #expect(transport != .stdio || said > 500)
    }
}
