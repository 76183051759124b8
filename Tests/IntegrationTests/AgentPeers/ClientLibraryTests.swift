import TestSupport
import Testing

/// A script of `Tests/Peers` that asks agents through a published library.
struct AgentClient: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let environment: Peers
    let script: String
    /// How many scenarios it has to pass.
    let scenarios: Int

    static let all = [
        AgentClient(testDescription: "OpenAI 3.x", environment: .agent, script: "agent_openai.py", scenarios: 16),
        AgentClient(testDescription: "OpenAI 2.x", environment: .dial, script: "agent_openai.py", scenarios: 16),
        AgentClient(testDescription: "DIAL", environment: .dial, script: "agent_dial.py", scenarios: 7),
        AgentClient(testDescription: "OpenAI Agents", environment: .agent, script: "agent_framework.py", scenarios: 1),
        AgentClient(testDescription: "LangChain", environment: .dial, script: "agent_framework.py", scenarios: 1),
    ]
}

/// Published client libraries, without settings of their own for us, through agent, gateway and reference server.
// One at a time: each starts a Python program, which takes seconds of processor time to start.
@Suite("Published clients of the agent", .serialized)
struct ClientLibraryTests {
    @Test("a published client can do everything that an agent is there for", arguments: AgentClient.all)
    func scenarios(client: AgentClient) async throws {
        try await ScriptedModels.with(ScriptedModels.all) { models in
            try await AgentServer.with(models) { server in
                let arguments = [server.url, "--key", AgentServer.key]
                try await RunningProcess.with(.peer(client.environment, client.script, arguments)) { process in
                    let exit = try await process.exit(within: .seconds(120))
                    let lines = process.standardOutput.lines
                    #expect(exit == .code(0), Comment(rawValue: process.transcript))
                    #expect(lines.filter { $0.hasPrefix(#"{"failed""#) } == [])
                    #expect(lines.count { $0.hasPrefix(#"{"scenario""#) } == client.scenarios)
                }
            }
        }
    }
}
