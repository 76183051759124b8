import TestSupport
import Testing

/// Third-party servers that ask, behind the gateway, and third-party clients that answer.
@Suite(.serialized)
struct EverythingServerTests {
    @Test("published clients can use every feature of a published server", arguments: EverythingServer.all)
    func everyFeature(server: EverythingServer) async throws {
        for (index, transport) in server.transports.enumerated() {
            let record = try StdioRecord()
            try await server.with(transport, record: record) { entry, tap in
                try await GatewayFixture.with(["mcpServers": ["one": entry]], waitsUntilReady: false) { gateway in
                    try await gateway.waitUntilReady(within: .seconds(60))
                    try await MessageTap.with(serverPort: gateway.port) { inFront in
                        // Each transport with another client; over all servers, each client meets each SDK.
                        let client = PublishedClient.legacy[index % PublishedClient.legacy.count]
                        let path = index == 1 ? "sse" : "mcp"
                        try await client.succeed(
                            server.scenarios, on: ["http://127.0.0.1:\(inFront.port)/\(path)"])
                        let said = try await TappedSessions(inFront.exchanges(), checking: .server)
                        #expect(said.problems == [])
                        #expect(said.checkedMessages > 40)
                    }
                }
                if let tap {
                    let said = try await TappedSessions(tap.exchanges(), checking: .client)
                    #expect(said.problems == [])
                    #expect(said.checkedMessages > 40)
                }
            }
            let said = try await record.check(.client)
            #expect(transport != .stdio || said > 40)
        }
    }
}
