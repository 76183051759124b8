import TestSupport
import Testing

/// A published MCP client, with one of the scripts of `Tests/Peers` around it.
struct PublishedClient: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let environment: Peers
    let script: String
    /// Whether it speaks 2026-07-28 to whoever knows it.
    var isModern = false

    static let sdk1 = PublishedClient(testDescription: "SDK 1.x", environment: .sdk1, script: "client_sdk.py")
    static let sdk2 = PublishedClient(testDescription: "SDK 2.x", environment: .sdk2, script: "client_sdk.py")
    static let sdk2Modern = PublishedClient(
        testDescription: "SDK 2.x, 2026-07-28", environment: .sdk2, script: "client_sdk.py", isModern: true)
    static let fastMCP1 = PublishedClient(
        testDescription: "FastMCP on SDK 1.x", environment: .sdk1, script: "client_fastmcp.py")
    static let fastMCP2 = PublishedClient(
        testDescription: "FastMCP on SDK 2.x", environment: .sdk2, script: "client_fastmcp.py")
    static let fastMCP2Modern = PublishedClient(
        testDescription: "FastMCP on SDK 2.x, 2026-07-28", environment: .sdk2, script: "client_fastmcp.py",
        isModern: true)

    static let all = [sdk1, sdk2, sdk2Modern, fastMCP1, fastMCP2Modern]
    /// Those of the era with sessions.
    static let legacy = [sdk1, fastMCP1, sdk2, fastMCP2]

    /// The newest revision it has in common with the gateway.
    var revision: String { isModern ? "2026-07-28" : "2025-11-25" }

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
            .peer(environment, script, arguments + ["--mode", isModern ? "auto" : "legacy"]), body: body)
    }
}
