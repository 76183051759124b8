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
        let directory = try TemporaryDirectory()
        try await ReferenceServer.withHTTP(["--page-size", "7"]) { url, _ in
            try await MessageTap.with(serverPort: try #require(URL(string: url)?.port)) { behind in
                let gateway = RestartableGateway(servers: [
                    .init("local", try Self.recordingServer(to: directory)),
                    .init("remote", ["url": .string("http://127.0.0.1:\(behind.port)/mcp")]),
                ])
                try await gateway.with { gateway in
                    try await MessageTap.with(serverPort: gateway.port) { inFront in
                        try await Self.run(client, through: inFront, gateway)
                        let front = try await TappedSessions(inFront.exchanges(), checking: .server)
                        #expect(front.problems == [])
                        #expect(front.revisions == ["2025-11-25"])
                        // Each prefix has 8 scenarios, each with a session; the last has one before and one after.
                        #expect(front.checkedMessages > 300)
                    }
                }
                let back = try await TappedSessions(behind.exchanges(), checking: .client)
                #expect(back.problems == [])
                #expect(back.checkedMessages > 120)
            }
        }
        let problems = try await Self.problems(inRecordsOf: directory)
        #expect(problems == [])
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

    // MARK: The server on standard streams

    /// The reference server as a child of the gateway that keeps what it is told, one file for each process.
    private static func recordingServer(to directory: TemporaryDirectory) throws -> JSONTree {
        [
            "command": "/bin/sh",
            "args": [
                "-c", #"tee "$0/$$" | "$1" --page-size 7"#, .string(directory.path),
                .string(try Repository.executable("reference-server")),
            ],
        ]
    }

    /// What is wrong with what the gateway has told the children.
    private static func problems(inRecordsOf directory: TemporaryDirectory) async throws -> [String] {
        let log = MessageLog()
        let files = try FileManager.default.contentsOfDirectory(atPath: directory.path)
        for file in files {
            let lines = try directory.read(file).split(separator: "\n", omittingEmptySubsequences: false)
            #expect(lines.last == "", "a message without an end in \(file)")
            for line in lines.dropLast() {
                try await log.record(Array(line.utf8), on: file, revision: "2025-11-25", sender: .client)
            }
        }
        // The gateway ran three times, and made more than a hundred calls.
        #expect(files.count >= 3)
        #expect(await log.entries.count > 120)
        return await log.problems()
    }
}
