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
                for share in Self.shares {
                    let pool: JSONTree.Member = .init("pool", ["share": .string(share), "max": 40])
                    let entry: JSONTree
                    switch transport {
                    case .http: entry = .object([.init("url", .string("\(origin)/mcp")), pool])
                    case .sse: entry = .object([.init("url", .string("\(origin)/sse")), .init("type", "sse"), pool])
                    case .stdio: entry = record.entry(try Repository.executable("reference-server"), [], [pool])
                    }
                    // One session of two clients, whose server does not say whose call it asks about: nobody is asked
                    // while both have calls in flight.
                    let mayRefuse = share == "user" && transport != .http
                    try await GatewayFixture.with(["mcpServers": ["one": entry]]) { gateway in
                        try await client.succeed(
                            ["crossing"], on: ["http://127.0.0.1:\(gateway.port)/mcp"],
                            ["--count", Self.callsOfEach] + (mayRefuse ? ["--may-be-refused"] : []))
                        try await gateway.waitUntilIdle()
                    }
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
