import Foundation
import TestSupport
import Testing

/// The built agent server behind the built gateway, with one agent for each of several models.
struct AgentServer: Sendable {
    /// A model's server: what an agent of the same name asks.
    struct Model: Sendable {
        let name: String
        /// Up to and with `/v1`.
        let url: String
    }

    static let key = "the-key"

    let gateway: GatewayFixture
    let process: RunningProcess
    let port: Int

    var url: String { "http://127.0.0.1:\(port)" }

    /// Starts both, and stops them afterwards.
    ///
    /// - Parameter models: the first is the model of the first agent.
    static func with(_ models: [Model], body: (AgentServer) async throws -> Void) async throws {
        let directory = try TemporaryDirectory()
        let servers: JSONTree = ["ref": try ReferenceServer.stdio(), "two": try ReferenceServer.stdio()]
        try await GatewayFixture.with(["mcpServers": servers]) { gateway in
            let agents = models.map { JSONTree.Member($0.name, ["llm": .string($0.name)]) }
            let llms = models.map {
                JSONTree.Member($0.name, ["baseUrl": .string($0.url), "model": .string("model-\($0.name)")])
            }
            let section: JSONTree = [
                "listen": "127.0.0.1:0", "apiKeys": [.string(key)],
                "gateway": ["url": .string("http://127.0.0.1:\(gateway.port)/mcp")],
                "llms": .object(llms), "agents": .object(agents),
            ]
            let file = try directory.write((["agent": section] as JSONTree).description, to: "agent.json")
            let command = try RunningProcess.Command.built("agent-bridge", ["serve", "--config", file])
            try await RunningProcess.with(command) { process in
                let line = try await process.line("URL") { $0.hasPrefix("serving agents at ") }
                let server = AgentServer(gateway: gateway, process: process, port: try #require(port(in: line)))
                try await body(server)
                // What clients have left must not go on.
                try await server.waitUntilIdle()
                process.send(signal: SIGTERM)
                #expect(try await process.exit() == .code(0), "\(process.transcript)")
            }
        }
    }

    static func port(in line: String) -> Int? {
        line.split(separator: ":").last.flatMap { Int($0.prefix { $0.isNumber }) }
    }

    /// One question to an agent, on a connection of its own.
    func ask(_ agent: String, _ question: String) async throws -> HTTPAnswer {
        let client = try await RawHTTPClient(port: port)
        defer { client.close() }
        let body: JSONTree = [
            "model": .string(agent), "messages": [["role": "user", "content": .string(question)]],
        ]
        return try await client.request(
            "POST", "/v1/chat/completions",
            headers: [("Content-Type", "application/json"), ("Authorization", "Bearer \(Self.key)")], body: body.bytes)
    }

    func waitUntilIdle() async throws {
        try await gateway.wait(for: "end of all runs") {
            let client = try await RawHTTPClient(port: port)
            defer { client.close() }
            let lines = try await client.request("GET", "/metrics").text.split(separator: "\n")
            return lines.contains("agent_runs_in_flight 0") ? () : nil
        }
    }
}
