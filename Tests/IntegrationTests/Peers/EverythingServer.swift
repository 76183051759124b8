import TestSupport
import Testing

/// A third-party server that uses everything its SDK offers.
struct EverythingServer: Sendable, CustomTestStringConvertible {
    enum Transport: String, Sendable, CaseIterable { case http, sse, stdio }

    let testDescription: String
    let script: String
    /// What it cannot do of ``FeatureTests/scenarios``.
    let lacks: Set<String>
    var options: [String] = []
    var transports = Transport.allCases

    static let all = [
        EverythingServer(testDescription: "SDK 1.x", script: "everything_sdk.py", lacks: []),
        EverythingServer(
            testDescription: "FastMCP on SDK 1.x", script: "everything_fastmcp.py", lacks: ["subscriptions"]),
        EverythingServer(
            testDescription: "SDK 1.x, 2024-11-05", script: "everything_sdk.py",
            // That revision has no elicitation, with which these ask, and no context for completions.
            lacks: ["elicitation", "cancel-question", "completion-context"], options: ["--revision", "2024-11-05"],
            transports: [.sse]),
    ]

    var scenarios: [String] { FeatureTests.scenarios.filter { !lacks.contains($0) } }

    /// Runs `body` with an entry of `mcpServers` for the server.
    ///
    /// - Parameter record: keeps what is said where the gateway starts the server.
    func with<Result>(
        _ transport: Transport, record: StdioRecord, body: (_ entry: JSONTree, MessageTap?) async throws -> Result
    ) async throws -> Result {
        let arguments = ["--transport", transport.rawValue] + options
        // Slow to start where many start at once.
        let timeouts: JSONTree.Member = .init("timeouts", ["connect": "60s"])
        guard transport != .stdio else {
            let script = ["-u", try Repository.script(script)] + arguments
            return try await body(record.entry(try Peers.python(.sdk1), script, [timeouts]), nil)
        }
        return try await RunningProcess.with(.peer(.sdk1, script, arguments)) { process in
            let line = try await process.line("port", within: .seconds(60)) { $0.contains("\"port\"") }
            return try await MessageTap.with(serverPort: try #require(try JSONTree(parsing: line)["port"]?.int)) {
                tap in
                let path = transport == .sse ? "sse" : "mcp"
                let url = "http://127.0.0.1:\(tap.port)/\(path)"
                let entry: JSONTree = .object(
                    [
                        .init("url", .string(url)), .init("type", .string(transport.rawValue)), timeouts,
                    ])
                return try await body(entry, tap)
            }
        }
    }
}
