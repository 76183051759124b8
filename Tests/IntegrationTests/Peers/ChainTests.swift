import Foundation
import TestSupport
import Testing

/// A gateway behind a gateway.
@Suite(.serialized)
struct ChainTests {
    @Test("two gateways in a row pass everything on", arguments: ["http", "stdio"])
    func chain(transport: String) async throws {
        let record = try StdioRecord()
        try await ReferenceServer.withHTTP { url, _ in
            let inner: JSONTree = ["mcpServers": ["inner": ["url": .string(url)]]]
            if transport == "stdio" {
                let file = try record.directory.write(inner.description, to: "gateway.json")
                let gateway = try Repository.executable("mcp-gateway")
                try await Self.useAll(of: record.entry(gateway, ["stdio", "--config", file]))
            } else {
                try await GatewayFixture.with(inner) { gateway in
                    try await MessageTap.with(serverPort: gateway.port) { tap in
                        try await Self.useAll(of: ["url": .string("http://127.0.0.1:\(tap.port)/mcp")])
                        for side in [MessageValidator.Sender.client, .server] {
                            let said = try await TappedSessions(tap.exchanges(), checking: side)
                            #expect(said.problems == [])
                            #expect(said.checkedMessages > 40)
                        }
                    }
                }
            }
        }
        for side in [MessageValidator.Sender.client, .server] {
            let said = try await record.check(side)
            #expect(transport != "stdio" || said > 40)
        }
    }

    /// Puts a gateway in front of another, and uses every feature through both.
    private static func useAll(of inner: JSONTree) async throws {
        try await GatewayFixture.with(["mcpServers": ["outer": inner]]) { gateway in
            try await MessageTap.with(serverPort: gateway.port) { tap in
                try await PublishedClient.sdk1.succeed(
                    FeatureTests.scenarios + ["ping", "crossing"], on: ["http://127.0.0.1:\(tap.port)/mcp"],
                    // Among themselves, gateways speak the newest revision.
                    ["--count", "20", "--server-is-modern"])
                let said = try await TappedSessions(tap.exchanges(), checking: .server)
                #expect(said.problems == [])
            }
        }
    }
}
