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

    /// Runs `body` with the client running.
    func with<Result>(_ arguments: [String], body: (RunningProcess) async throws -> Result) async throws -> Result {
        try await RunningProcess.with(
            .peer(environment, script, arguments + ["--mode", mode]), body: body)
    }
}
