import AsyncIO
import Configuration
import MCPClient

/// `agent-bridge tools`: the tools as the model sees them.
struct ToolsCommand {
    private let options: ClientOptions

    init(_ arguments: inout CommandArguments) throws(UsageError) {
        options = try ClientOptions(&arguments)
        try arguments.finish()
    }

    func run() throws(UsageError) -> Int32 {
        let environment = ConfigurationEnvironment.current()
        let configuration = try options.configuration(environment, needsModel: false)
        guard let agent = LocalAgent.make(configuration, options, environment) else { return ExitCode.failed }
        let outcome = CommandWork.run(on: agent.loop) {
            let outcome = await agent.tools()
            await agent.close()
            return outcome
        }
        agent.loop.shutDown()
        switch outcome {
        case .success(let tools):
            Self.print(tools)
            return ExitCode.answered
        case .failure(let error):
            Terminal.error.note("agent-bridge: \(configuration.gateway.url): \(Terminal.line(error.detail))")
            return ExitCode.unreachable
        }
    }

    static func print(_ tools: AgentTools) {
        let width = tools.entries.map { $0.name.count }.max() ?? 0
        for entry in tools.entries {
            let tokens = ContextBudget.tokens(bytes: entry.definition.count)
            let original = entry.name == entry.tool.name ? "" : "  \(Terminal.line(entry.tool.name))"
            let gap = String(repeating: " ", count: width - entry.name.count + 2)
            Terminal.output.write("\(entry.name)\(gap)\(tokens) tokens\(original)\n")
        }
        let total = tools.entries.reduce(0) { $0 + ContextBudget.tokens(bytes: $1.definition.count) }
        Terminal.error.note("\(tools.entries.count) tools, about \(total) tokens")
    }
}
