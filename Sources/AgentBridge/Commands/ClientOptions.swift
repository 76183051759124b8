import AsyncIO
import Configuration

/// What `ask`, `chat` and `tools` take from the command line.
struct ClientOptions: Sendable {
    enum Approval: String, CaseIterable, Sendable { case ask, all, none }
    enum Output: String, CaseIterable, Sendable { case text, json, jsonl }

    var config: String?
    var agent: String?
    var model: String?
    var llmURL: String?
    var gatewayURL: String?
    var system: String?
    var attachments: [String] = []
    var maxTurns: Int?
    var timeout: Duration?
    var approval: Approval?
    var output = Output.text
    var isQuiet = false
    var isVerbose = false
    var hasColor = true
    var resume: String?
    var save: String?

    init(_ arguments: inout CommandArguments) throws(UsageError) {
        config = try arguments.takeValue("--config")
        agent = try arguments.takeValue("--agent")
        model = try arguments.takeValue("--model")
        llmURL = try arguments.takeValue("--llm-url")
        gatewayURL = try arguments.takeValue("--gateway-url")
        system = try arguments.takeValue("--system")
        attachments = try arguments.takeValues("--attach")
        if let text = try arguments.takeValue("--max-turns") {
            guard let turns = Int(text), 1...1000 ~= turns else {
                throw UsageError("--max-turns \(text.shortened) is not a whole number from 1 to 1000")
            }
            maxTurns = turns
        }
        if let text = try arguments.takeValue("--timeout") { timeout = try Self.duration(text, of: "--timeout") }
        approval = try Self.choice(arguments.takeValue("--approve"), of: "--approve")
        output = try Self.choice(arguments.takeValue("--output"), of: "--output") ?? .text
        isQuiet = arguments.takeFlag("--quiet", "-q")
        isVerbose = arguments.takeFlag("--verbose", "-v")
        hasColor = !arguments.takeFlag("--no-color")
        resume = try arguments.takeValue("--resume")
        save = try arguments.takeValue("--save")
    }

    static func duration(_ text: String, of option: String) throws(UsageError) -> Duration {
        do throws(QuantityText.Failure) {
            return try QuantityText.duration(text)
        } catch {
            throw UsageError("\(option) \(text.shortened) \(error.reason)")
        }
    }

    private static func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ text: String?, of option: String
    ) throws(UsageError) -> Choice? {
        guard let text else { return nil }
        guard let value = Choice(rawValue: text) else {
            let known = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw UsageError("\(option) \(text.shortened) is none of \(known)")
        }
        return value
    }

    /// The configuration to work with: of the file that was named, or none, with what the command line says.
    func configuration(
        _ environment: ConfigurationEnvironment, needsModel: Bool = true
    ) throws(UsageError) -> AgentConfiguration {
        var configuration = AgentConfiguration()
        if let config {
            let outcome = AgentConfigurationFile.load(path: config, environment: environment)
            for finding in outcome.findings { Terminal.error.note(finding.rendered(file: config)) }
            guard let read = outcome.configuration else { throw UsageError("\(config.shortened) cannot be used") }
            configuration = read
        }
        try apply(to: &configuration, environment: environment.variables, needsModel: needsModel)
        return configuration
    }

    /// Shows a run in the form that was asked for.
    ///
    /// - Parameter loop: where its events come.
    func observer(of request: RunRequest, on loop: EventLoop) -> @Sendable (RunEvent) -> Void {
        if output == .text {
            let printer = RunPrinter(self, on: loop)
            return { printer.print($0) }
        }
        let report = RunReport(request, isStream: output == .jsonl)
        return { report.print($0) }
    }

    /// The configuration with what the command line and the environment say.
    private func apply(
        to configuration: inout AgentConfiguration, environment: [String: String], needsModel: Bool
    ) throws(UsageError) {
        if configuration.models.isEmpty || llmURL != nil {
            var main = configuration.models.first ?? LLMSettings()
            if let url = llmURL ?? environment["OPENAI_BASE_URL"] { main.baseURL = url }
            if main.apiKey == nil { main.apiKey = environment["OPENAI_API_KEY"] }
            if main.model.isEmpty { main.model = environment["AGENT_MODEL"] ?? "" }
            if configuration.models.isEmpty { configuration.models = [main] } else { configuration.models[0] = main }
        }
        if configuration.agents.isEmpty { configuration.agents = [AgentSettings()] }
        if let agent {
            guard let chosen = configuration.agent(named: agent) else {
                let known = configuration.agents.map(\.name).joined(separator: ", ")
                throw UsageError("there is no agent \"\(agent.shortened)\"; there are \(known)")
            }
            configuration.agents = [chosen]
        }
        configuration.agents = [configuration.agents[0]]
        if let system { configuration.agents[0].systemPrompt = system }
        if let maxTurns { configuration.agents[0].limits.maxTurns = maxTurns }
        if let timeout { configuration.agents[0].limits.deadline = timeout }
        switch approval {
        case .all: configuration.agents[0].approval = [ApprovalRule(pattern: .everything, policy: .ask)]
        case .some(.none):
            // What is denied stays denied.
            configuration.agents[0].approval.removeAll { $0.policy == .ask }
            if configuration.agents[0].destructive == .ask { configuration.agents[0].destructive = .allow }
        case .ask, nil: break
        }
        let name = configuration.agents[0].model
        guard let index = configuration.models.firstIndex(where: { $0.name == name }) else {
            throw UsageError("the agent's model \"\(name.shortened)\" is not configured")
        }
        if let model { configuration.models[index].model = model }
        if let url = gatewayURL ?? (config == nil ? environment["MCP_GATEWAY_URL"] : nil) {
            configuration.gateway.url = Self.endpoint(url)
        }
        guard needsModel else { return }
        guard !configuration.models[index].baseURL.isEmpty else {
            throw UsageError("no model server: give --llm-url or set OPENAI_BASE_URL, or configure agent.llm")
        }
        guard !configuration.models[index].model.isEmpty else {
            throw UsageError("no model: give --model or set AGENT_MODEL, or configure agent.llm")
        }
    }

    /// With or without `/mcp` at its end.
    private static func endpoint(_ url: String) -> String {
        let base = url.hasSuffix("/") ? String(url.dropLast()) : url
        let path = base.split(separator: "://", maxSplits: 1).last.map { $0.contains("/") } ?? false
        return path ? base : base + "/mcp"
    }
}
