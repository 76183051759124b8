import TestSupport
import Testing

/// Third-party servers that ask, behind the gateway, and third-party clients that answer.
@Suite(.serialized)
struct EverythingServerTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let client: PublishedClient
        /// Where the client connects.
        let path: String
        let server: EverythingServer
        let transport: EverythingServer.Transport

        var testDescription: String { "\(client), /\(path); \(server), \(transport)" }

        init(
            _ client: PublishedClient, path: String = "mcp", _ server: EverythingServer,
            _ transport: EverythingServer.Transport
        ) {
            self.client = client
            self.path = path
            self.server = server
            self.transport = transport
        }

        /// Each pair of eras, each server over each transport, each client with several servers.
        static let all = [
            Case(.sdk1, .sdk1, .http), Case(.fastMCP1, path: "sse", .sdk1, .sse), Case(.sdk2, .sdk1, .stdio),
            Case(.fastMCP2, .fastMCP1, .http), Case(.sdk1, path: "sse", .fastMCP1, .sse),
            Case(.fastMCP1, .fastMCP1, .stdio),
            Case(.sdk2, .oldest, .sse),
            Case(.sdk2Modern, .sdk1, .http), Case(.fastMCP2Modern, .sdk1, .stdio), Case(.sdk2Modern, .fastMCP1, .sse),
            Case(.fastMCP2Modern, .sdk2, .http), Case(.fastMCP1, .sdk2, .stdio),
            Case(.sdk1, .sdk2Modern, .http), Case(.fastMCP2, .sdk2Modern, .stdio),
            Case(.sdk2Modern, .sdk2Modern, .stdio), Case(.fastMCP2Modern, .sdk2Modern, .http),
            Case(.fastMCP1, .fastMCP2, .http), Case(.sdk2, path: "sse", .fastMCP2, .sse),
            Case(.fastMCP2Modern, .fastMCP2, .http), Case(.sdk2Modern, .fastMCP2, .stdio),
            Case(.sdk1, .fastMCP2Modern, .stdio), Case(.fastMCP1, .fastMCP2Modern, .http),
            Case(.fastMCP2, .fastMCP2Modern, .http), Case(.sdk2, path: "sse", .fastMCP2Modern, .http),
            Case(.sdk2Modern, .fastMCP2Modern, .http), Case(.fastMCP2Modern, .fastMCP2Modern, .stdio),
        ]
    }

    @Test("published clients can use every feature of a published server, whatever their eras", arguments: Case.all)
    func everyFeature(example: Case) async throws {
        let record = try StdioRecord()
        let server = example.server
        try await server.with(example.transport, record: record) { entry, tap in
            try await GatewayFixture.with(["mcpServers": ["one": entry]], waitsUntilReady: false) { gateway in
                try await gateway.waitUntilReady(within: .seconds(60))
                try await MessageTap.with(serverPort: gateway.port) { inFront in
                    try await example.client.succeed(
                        server.scenarios, on: ["http://127.0.0.1:\(inFront.port)/\(example.path)"],
                        server.clientOptions)
                    let said = try await TappedSessions(inFront.exchanges(), checking: .server)
                    #expect(said.problems == [])
                    #expect(said.revisions == [example.client.revision])
                    #expect(said.checkedMessages > 40)
                }
            }
            if let tap {
                let said = try await TappedSessions(tap.exchanges(), checking: .client)
                #expect(said.problems == [])
                #expect(said.checkedMessages > 40)
                // What it was not told, the gateway has tried to find out with a request that describes itself.
                if server.era != nil { #expect(said.revisions.contains("2026-07-28") == server.isModern) }
            }
        }
        let said = try await record.check(.client)
        #expect(example.transport != .stdio || said > 40)
    }
}
