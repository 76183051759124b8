import Foundation
import TestSupport
import Testing

/// Published clients through the gateway, with the reference server behind it over both transports.
// One at a time: each starts a Python program, which takes seconds of processor time to start.
@Suite(.serialized)
struct ClientTests {
    private static let scenarios = [
        "list", "call-all", "progress", "cancel", "error", "large", "concurrent", "reconnect",
    ]
    /// More than SDK 2.x takes as one event of a stream, so it has to come as plain JSON.
    private static let largeBytes = 1_500_000
    private static let prefixes = ["local__", "remote__"]

    @Test("a published client can do everything through the gateway", arguments: PublishedClient.all)
    func scenarios(client: PublishedClient) async throws {
        let record = try StdioRecord()
        try await ReferenceServer.withHTTP(["--page-size", "7"]) { url, _ in
            try await MessageTap.with(serverPort: try #require(URL(string: url)?.port)) { behind in
                let gateway = RestartableGateway(servers: [
                    .init("local", record.entry(try Repository.executable("reference-server"), ["--page-size", "7"])),
                    .init("remote", ["url": .string("http://127.0.0.1:\(behind.port)/mcp")]),
                ])
                try await gateway.with { gateway in
                    try await MessageTap.with(serverPort: gateway.port) { inFront in
                        try await Self.run(client, through: inFront, gateway)
                        let front = try await TappedSessions(inFront.exchanges(), checking: .server)
                        #expect(front.problems == [])
                        #expect(front.revisions == [client.revision])
                        // Each prefix has 8 scenarios, one of which makes a hundred calls.
                        #expect(front.checkedMessages > 250)
                    }
                }
                let back = try await TappedSessions(behind.exchanges(), checking: .client)
                #expect(back.problems == [])
                #expect(back.checkedMessages > 120)
            }
        }
        // The gateway ran three times, and made more than a hundred calls.
        #expect(try record.processes().count >= 3)
        #expect(try await record.check(.client) > 120)
    }

    /// Runs all scenarios, and restarts the gateway whenever the client waits for that.
    private static func run(
        _ client: PublishedClient, through tap: MessageTap, _ gateway: RestartableGateway
    ) async throws {
        let arguments = ["http://127.0.0.1:\(tap.port)/mcp"] + scenarios + prefixes.flatMap { ["--prefix", $0] }
        try await client.with(arguments + ["--bytes", String(largeBytes)]) { process in
            for prefix in prefixes {
                try await process.line("readiness for a restart with \(prefix)", within: .seconds(120)) {
                    $0.contains(#"{"step": "ready"}"#)
                }
                // What the client cancelled has reached the server, and nothing is left of it.
                try await gateway.current.waitUntilIdle()
                let cancellations = try await gateway.current.text(calling: prefix + "received_cancellations")
                #expect(cancellations != "[]", "\(process.transcript)")
                try await gateway.restart()
                try process.writeLine("restarted")
            }
            let exit = try await process.exit(within: .seconds(60))
            #expect(exit == .code(0), Comment(rawValue: process.transcript))
            let lines = process.standardOutput.lines
            #expect(lines.last == #"{"step": "done"}"#)
            #expect(lines.count { $0.hasPrefix(#"{"step": "scenario""#) } == scenarios.count * prefixes.count)
        }
    }
}
