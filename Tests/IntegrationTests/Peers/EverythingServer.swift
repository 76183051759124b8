import TestSupport
import Testing

/// A third-party server that uses everything its SDK offers.
struct EverythingServer: Sendable, CustomTestStringConvertible {
    enum Transport: String, Sendable, CaseIterable { case http, sse, stdio }

    let testDescription: String
    var environment = Peers.sdk1
    let script: String
    /// What it cannot do of ``FeatureTests/scenarios``.
    var lacks: Set<String> = []
    /// What it can do beside ``FeatureTests/scenarios``.
    var extras: [String] = []
    var options: [String] = []
    /// The era that the gateway speaks to it, where it has both.
    var era: String?
    /// Whether it proposes nothing where others refuse what they do not know.
    var completesAnything = false

    static let sdk1 = EverythingServer(testDescription: "SDK 1.x", script: "everything_sdk.py")
    static let fastMCP1 = EverythingServer(
        testDescription: "FastMCP on SDK 1.x", script: "everything_fastmcp.py", lacks: ["subscriptions"])
    static let oldest = EverythingServer(
        testDescription: "SDK 1.x, 2024-11-05", script: "everything_sdk.py",
        // That revision has no elicitation, with which these ask, and no context for completions.
        lacks: ["elicitation", "several-questions", "elicitation-url", "cancel-question", "completion-context"],
        options: ["--revision", "2024-11-05"])
    static let sdk2 = EverythingServer(
        testDescription: "SDK 2.x, legacy", environment: .sdk2, script: "everything_modern.py", extras: ["asking"],
        era: "legacy")
    static let sdk2Modern = EverythingServer(
        testDescription: "SDK 2.x, 2026-07-28", environment: .sdk2, script: "everything_modern.py",
        extras: ["asking"], era: "modern")
    static let fastMCP2 = EverythingServer(
        testDescription: "FastMCP on SDK 2.x, legacy", environment: .sdk2, script: "everything_fastmcp4.py",
        lacks: ["subscriptions"], extras: ["asking"], era: "legacy", completesAnything: true)
    static let fastMCP2Modern = EverythingServer(
        testDescription: "FastMCP on SDK 2.x, 2026-07-28", environment: .sdk2, script: "everything_fastmcp4.py",
        lacks: ["subscriptions"], extras: ["asking"], era: "modern", completesAnything: true)

    var isModern: Bool { era == "modern" }

    /// What clients have to know of it.
    var clientOptions: [String] {
        (isModern ? ["--server-is-modern"] : []) + (completesAnything ? ["--completes-anything"] : [])
    }

    var scenarios: [String] { FeatureTests.scenarios.filter { !lacks.contains($0) } + extras }

    /// Runs `body` with an entry of `mcpServers` for the server.
    ///
    /// - Parameter record: keeps what is said where the gateway starts the server.
    func with<Result>(
        _ transport: Transport, record: StdioRecord, body: (_ entry: JSONTree, MessageTap?) async throws -> Result
    ) async throws -> Result {
        let arguments = ["--transport", transport.rawValue] + options
        // Slow to start where many start at once.
        var settings: [JSONTree.Member] = [.init("timeouts", ["connect": "60s"])]
        if let era { settings.append(.init("protocol", ["era": .string(era)])) }
        guard transport != .stdio else {
            let script = ["-u", try Repository.script(script)] + arguments
            return try await body(record.entry(try Peers.python(environment), script, settings), nil)
        }
        return try await RunningProcess.with(.peer(environment, script, arguments)) { process in
            let line = try await process.line("port", within: .seconds(60)) { $0.contains("\"port\"") }
            return try await MessageTap.with(serverPort: try #require(try JSONTree(parsing: line)["port"]?.int)) {
                tap in
                let path = transport == .sse ? "sse" : "mcp"
                let url = "http://127.0.0.1:\(tap.port)/\(path)"
                let entry = JSONTree.object(
                    [.init("url", .string(url)), .init("type", .string(transport.rawValue))] + settings)
                return try await body(entry, tap)
            }
        }
    }
}
