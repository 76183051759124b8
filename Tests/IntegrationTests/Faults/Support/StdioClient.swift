import TestSupport
import Testing

/// A gateway on standard streams, and its one client.
final class StdioClient: Sendable {
    let process: RunningProcess
    private let directory: TemporaryDirectory

    /// Runs `body` with a gateway that is then told to end by the end of its input, if `body` has not done that, and has
    /// to end in an orderly way, leaving no child.
    static func with(
        _ configuration: JSONTree, capabilities: JSONTree? = [:], revision: String = "2025-11-25",
        body: (StdioClient) async throws -> Void
    ) async throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write(configuration.description, to: "gateway.json")
        let process = try RunningProcess(.built("mcp-gateway", ["stdio", "--config", file]))
        do {
            let client = StdioClient(process, directory)
            if let capabilities { try await client.shakeHands(capabilities, revision) }
            try await body(client)
            let children = ProcessTable.children(of: process.pid)
            process.closeInput()
            #expect(try await process.exit() == .code(0), "\(process.transcript)")
            await process.terminate()
            try await GatewayFixture.waitForEnd(of: children)
        } catch {
            await process.terminate()
            throw error
        }
    }

    private init(_ process: RunningProcess, _ directory: TemporaryDirectory) {
        self.process = process
        self.directory = directory
    }

    private func shakeHands(_ capabilities: JSONTree, _ revision: String) async throws {
        try send("initialize", SSEClient.initializeParams(revision, capabilities), id: 0)
        #expect(try await answer(to: 0)["result"]?["protocolVersion"]?.string == revision)
        try process.writeLine(#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#)
    }

    func send(_ method: String, _ params: JSONTree? = nil, id: JSONTree) throws {
        try process.writeLine(SessionClient.request(method, params, id: id).description)
    }

    func start(_ tool: String, _ arguments: JSONTree = [:], id: JSONTree) throws {
        try send("tools/call", ["name": .string(tool), "arguments": arguments], id: id)
    }

    /// The next message; what came before one that was waited for is passed over.
    func message(_ what: String, where match: @escaping @Sendable (JSONTree) -> Bool) async throws -> JSONTree {
        let line = try await process.line(what) { line in
            do throws(JSONTree.SyntaxError) {
                return match(try JSONTree(parsing: Array(line.utf8)))
            } catch {
                return false
            }
        }
        return try JSONTree(parsing: Array(line.utf8))
    }

    func answer(to id: JSONTree) async throws -> JSONTree {
        try await message("answer to \(id)") { $0["id"] == id && $0["method"] == nil }
    }

    func answer(to isWanted: @escaping @Sendable (JSONTree) -> Bool) async throws -> JSONTree {
        try await message("answer") { message in
            message["method"] == nil && (message["id"].map(isWanted) ?? false)
        }
    }

    func question() async throws -> JSONTree {
        try await message("question") { $0["id"] != nil && $0["method"] != nil }
    }
}
