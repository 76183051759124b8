import AsyncIO
import Configuration
import MCPClient

/// `agent-bridge check`: the configuration, the gateway, one question to the model.
struct CheckCommand {
    private let options: ClientOptions

    init(_ arguments: inout CommandArguments) throws(UsageError) {
        var options = try ClientOptions(&arguments)
        try arguments.finish()
        if options.config == nil, options.llmURL == nil { options.config = AgentConfigurationFile.defaultPath }
        self.options = options
    }

    func run() throws(UsageError) -> Int32 {
        let environment = ConfigurationEnvironment.current()
        let configuration = try options.configuration(environment)
        guard let agent = LocalAgent.make(configuration, options, environment) else { return ExitCode.failed }
        let isGood = CommandWork.run(on: agent.loop) {
            let gateway = await checkGateway(agent)
            let model = await checkModel(agent)
            await agent.close()
            return gateway && model
        }
        agent.loop.shutDown()
        if let signal = Interruption.signal { return 128 + signal }
        return isGood ? ExitCode.answered : ExitCode.unreachable
    }

    private func checkGateway(_ agent: LocalAgent) async -> Bool {
        switch await agent.tools() {
        case .success(let tools):
            Terminal.output.write("gateway \(agent.configuration.gateway.url): \(tools.entries.count) tools\n")
            return true
        case .failure(let error):
            Terminal.output.write("gateway \(agent.configuration.gateway.url): \(Terminal.line(error.detail))\n")
            return false
        }
    }

    private func checkModel(_ agent: LocalAgent) async -> Bool {
        var call = LLMCall(messages: [.text(.user, "Answer with the word ok.")])
        call.identity.requestID = "check"
        guard let model = agent.configuration.models(for: agent.agent).first else { return false }
        do throws(LLMFailure) {
            let reply = try await agent.runtime.services.llm.complete(
                call, by: [model], on: agent.loop, deadline: .now + .seconds(60), onRetry: { _ in }, onPiece: { _ in })
            Terminal.output.write(
                "model \(model.model) at \(model.baseURL): answers (\(reply.usage?.totalTokens ?? 0) tokens)\n")
            return true
        } catch {
            Terminal.output.write("model \(model.model) at \(model.baseURL): \(Terminal.line(error.detail))\n")
            return false
        }
    }
}
