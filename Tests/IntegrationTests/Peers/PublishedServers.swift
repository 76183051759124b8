import Foundation
import TestSupport
import Testing

/// Four published servers and what they work on: three that the gateway starts, and one that listens on HTTP.
struct PublishedServers: Sendable {
    static let names = ["time", "git", "sqlite", "fastmcp"]

    let directory: TemporaryDirectory
    /// The repository that the git server may look into, with one commit and one new file.
    let repository: String

    init() async throws {
        directory = try TemporaryDirectory()
        repository = directory.path("repository")
        try directory.write("first\n", to: "repository/committed.txt")
        try await git("init", "--quiet", "--initial-branch", "trunk")
        try await git("add", "committed.txt")
        try await git(
            "-c", "user.name=Tester", "-c", "user.email=tester@example.com", "-c", "commit.gpgsign=false", "commit",
            "--quiet", "--message", "The first commit")
        try directory.write("second\n", to: "repository/untracked.txt")
    }

    private func git(_ arguments: String...) async throws {
        try await RunningProcess.with(.init("git", ["-C", repository] + arguments)) { process in
            let exit = try await process.exit()
            #expect(exit == .code(0), "\(process.transcript)")
        }
    }

    /// `mcpServers`, all four.
    func entries(fastMCPPort: Int) throws -> JSONTree {
        [
            "time": try Self.program("mcp-server-time", ["--local-timezone", "UTC"]),
            "git": try Self.program("mcp-server-git", ["--repository", repository]),
            "sqlite": try Self.program("mcp-server-sqlite", ["--db-path", directory.path("data.sqlite")]),
            "fastmcp": ["url": .string("http://127.0.0.1:\(fastMCPPort)/mcp")],
        ]
    }

    private static func program(_ name: String, _ arguments: [String]) throws -> JSONTree {
        [
            "command": .string(try Peers.sdk1.program(name)),
            "args": .array(arguments.map(JSONTree.string)),
            // Slow to start where many start at once.
            "timeouts": ["connect": "60s"],
        ]
    }

    /// Runs `body` with the server that listens on HTTP, and passes its port.
    ///
    /// - Parameter port: 0 for one that the system chooses.
    static func withFastMCP<Result>(port: Int = 0, body: (RunningProcess, Int) async throws -> Result) async throws
        -> Result
    {
        try await RunningProcess.with(.peer(.sdk2, "fastmcp_server.py", ["--port", String(port)])) { server in
            let line = try await server.line("port", within: .seconds(60)) { $0.contains("\"port\"") }
            return try await body(server, try #require(try JSONTree(parsing: line)["port"]?.int))
        }
    }
}
