import TestSupport
import Testing

/// A published MCP client, with one of the scripts of `Tests/Peers` around it.
struct PublishedClient: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let environment: Peers
    let script: String
    /// The eras it may speak: `legacy`, or `auto` to try the era without sessions first.
    let mode: String

    static let all = [
        PublishedClient(
            testDescription: "SDK 1.x", environment: .sdk1, script: "client_sdk.py", mode: "legacy"),
        PublishedClient(
            testDescription: "SDK 2.x", environment: .sdk2, script: "client_sdk.py", mode: "legacy"),
        PublishedClient(
            testDescription: "SDK 2.x, any era", environment: .sdk2, script: "client_sdk.py", mode: "auto"),
        PublishedClient(
            testDescription: "FastMCP on SDK 1.x", environment: .sdk1, script: "client_fastmcp.py", mode: "legacy"),
        PublishedClient(
            testDescription: "FastMCP on SDK 2.x, any era", environment: .sdk2, script: "client_fastmcp.py",
            mode: "auto"),
    ]

    /// Two of 1.x and two of 2.x, all in the era with sessions.
    static let legacy = [Peers.sdk1, .sdk2].flatMap { environment in
        [("SDK", "client_sdk.py"), ("FastMCP on SDK", "client_fastmcp.py")].map { name, script in
            PublishedClient(
                testDescription: "\(name) \(environment == .sdk1 ? 1 : 2).x", environment: environment,
                script: script, mode: "legacy")
        }
    }

    /// Runs scenarios on each target with each prefix, and expects that all of them succeed.
    ///
    /// - Parameter targets: URLs, or command lines of programs to speak stdio with.
    func succeed(
        _ scenarios: [String], on targets: [String], prefixes: [String] = [], _ options: [String] = []
    ) async throws {
        let also = targets.dropFirst().flatMap { ["--also", $0] } + prefixes.flatMap { ["--prefix", $0] }
        try await with([try #require(targets.first)] + scenarios + also + options) { process in
            let exit = try await process.exit(within: .seconds(240))
            let failures = process.standardOutput.lines.filter { $0.hasPrefix(#"{"failed""#) }
            #expect(failures == [], "\(testDescription)")
            #expect(exit == .code(0), Comment(rawValue: process.transcript))
            let done = process.standardOutput.lines.count { $0.hasPrefix(#"{"step": "scenario""#) }
            #expect(done == scenarios.count * targets.count * max(prefixes.count, 1))
        }
    }

    /// Runs `body` with the client running.
    func with<Result>(_ arguments: [String], body: (RunningProcess) async throws -> Result) async throws -> Result {
        try await RunningProcess.with(
            .peer(environment, script, arguments + ["--mode", mode]), body: body)
    }
}
