import Configuration
import MCPProtocol

/// The parts of the agent's section that no table describes: lists with names, defaults that depend on each other.
extension ConfigurationReader {
    private static let special = ["listen", "gateway", "llm", "llms", "agents", "telemetry"]

    mutating func readAgent(
        _ node: ConfigurationNode, into configuration: inout AgentConfiguration, environment: ConfigurationEnvironment
    ) {
        guard let members = members(of: node) else { return }
        for member in members {
            switch member.key {
            case "listen":
                if let listen = agentListen(member) { configuration.listen = listen }
            case "telemetry": readTelemetry(member, into: &configuration.telemetry)
            case "gateway": readGateway(member, into: &configuration.gateway)
            case "llm":
                if let model = readModel(member, name: "main") { configuration.models.insert(model, at: 0) }
            case "llms":
                for entry in self.members(of: member) ?? [] {
                    if let model = readModel(entry, name: entry.key) { configuration.models.append(model) }
                }
            case "agents":
                for entry in self.members(of: member) ?? [] {
                    if let agent = readAgentEntry(entry, configuration, environment) {
                        configuration.agents.append(agent)
                    }
                }
            default:
                guard let setting = AgentConfiguration.settings.first(where: { $0.key == member.key }) else {
                    warnUnknown(member, known: AgentConfiguration.settings.map(\.key) + Self.special)
                    continue
                }
                setting.read(&self, member, &configuration)
            }
        }
        for key in configuration.apiKeys { conceal(key) }
        if configuration.apiKeys.contains("") { error(node, "has an empty key in \"apiKeys\"") }
        if let files = members.first(where: { $0.key == "files" }) { check(configuration.files, files) }
        complete(&configuration, node, members)
    }

    private mutating func check(_ files: FileSettings, _ node: ConfigurationNode) {
        if let url = files.baseURL, let problem = ServerURL.problem(with: url) {
            error(node, "has the \"baseUrl\" \"\(url.shortened)\", which \(problem)")
        }
        for host in files.allowedHosts where host.contains("/") || host.contains(" ") || host.isEmpty {
            error(node, "has \"\(host.shortened)\" in \"allowHosts\", which is not a host such as \"*.example.com\"")
        }
    }

    /// What follows from the rest, and what does not fit together.
    private mutating func complete(
        _ configuration: inout AgentConfiguration, _ node: ConfigurationNode, _ members: [ConfigurationNode]
    ) {
        guard let first = configuration.models.first else {
            if !hasErrors { error(node, "has no \"llm\" and no \"llms\": an agent needs a model") }
            return
        }
        let names = configuration.models.map(\.name)
        for model in configuration.models {
            for name in model.fallback where !names.contains(name) {
                error(
                    node,
                    "the model \"\(model.name.shortened)\" falls back to \"\(name.shortened)\", which is not in \"llms\""
                )
            }
        }
        if configuration.agents.isEmpty { configuration.agents = [AgentSettings()] }
        let agents = members.first { $0.key == "agents" } ?? node
        for index in configuration.agents.indices {
            let agent = configuration.agents[index]
            if names.contains(agent.model) { continue }
            if agent.model == AgentSettings().model {
                configuration.agents[index].model = first.name
            } else {
                let near =
                    NameSuggestion.nearest(to: agent.model, among: names).map { "; did you mean \"\($0)\"?" } ?? ""
                error(
                    agents,
                    "the agent \"\(agent.name.shortened)\" uses the model \"\(agent.model.shortened)\", which is not in"
                        + " \"llms\"\(near)")
            }
        }
        if let refusal = configuration.listenRefusal { error(members.first { $0.key == "listen" } ?? node, refusal) }
    }

    private mutating func agentListen(_ node: ConfigurationNode) -> [ListenAddress]? {
        let nodes = node.kind == .array ? elements(of: node) : [node]
        var addresses: [ListenAddress] = []
        for element in nodes {
            guard let text = element.kind == .number ? element.value.text : string(element) else { continue }
            do throws(ListenAddress.Malformed) {
                addresses.append(try ListenAddress(parsing: text))
            } catch {
                self.error(element, "\"\(text.shortened)\" \(error.reason)")
            }
        }
        return addresses.isEmpty ? nil : addresses
    }

    private mutating func readTelemetry(_ node: ConfigurationNode, into telemetry: inout TelemetrySettings) {
        for member in members(of: node) ?? [] {
            switch member.key {
            case "otlp":
                guard member.kind != .null, let url = string(member) else { continue }
                if let problem = ServerURL.problem(with: url) {
                    error(member, "\"\(url.shortened)\" \(problem)")
                } else {
                    telemetry.endpoint = url
                }
            case "headers": telemetry.headers += headers(member)
            default: warnUnknown(member, known: ["otlp", "headers"])
            }
        }
    }

    private mutating func headers(_ node: ConfigurationNode) -> [GatewaySettings.Header] {
        (members(of: node) ?? []).compactMap { header in
            guard let value = string(header) else { return nil }
            if SecretNames.suggests(header.key) { conceal(value) }
            return GatewaySettings.Header(name: header.key, value: value)
        }
    }

    private mutating func readGateway(_ node: ConfigurationNode, into gateway: inout GatewaySettings) {
        guard let members = members(of: node) else { return }
        for member in members {
            switch member.key {
            case "url":
                guard let url = string(member) else { continue }
                if let problem = ServerURL.problem(with: url) {
                    error(member, "\"\(url.shortened)\" \(problem)")
                } else {
                    gateway.url = url
                }
            case "headers":
                gateway.headers += headers(member)
            default:
                guard let setting = GatewaySettings.settings.first(where: { $0.key == member.key }) else {
                    warnUnknown(member, known: GatewaySettings.settings.map(\.key) + ["url", "headers"])
                    continue
                }
                setting.read(&self, member, &gateway)
            }
        }
    }

    // MARK: Models

    private mutating func readModel(_ node: ConfigurationNode, name: String) -> LLMSettings? {
        guard let members = members(of: node) else { return nil }
        var model = LLMSettings()
        model.name = name
        let special = ["baseUrl", "params", "headers", "pricePerMTok"]
        for member in members {
            switch member.key {
            case "baseUrl":
                guard let url = string(member) else { continue }
                if let problem = ServerURL.problem(with: url) {
                    error(member, "\"\(url.shortened)\" \(problem)")
                } else {
                    model.baseURL = url
                }
            case "params":
                for parameter in self.members(of: member) ?? [] {
                    model.parameters.append((parameter.key, parameter.value.detached()))
                }
            case "headers":
                model.headers += headers(member).map { ($0.name, $0.value) }
            case "pricePerMTok": model.price = price(member)
            default:
                guard let setting = LLMSettings.settings.first(where: { $0.key == member.key }) else {
                    warnUnknown(member, known: LLMSettings.settings.map(\.key) + special)
                    continue
                }
                setting.read(&self, member, &model)
            }
        }
        if !members.contains(where: { $0.key == "baseUrl" }) {
            error(node, "has no \"baseUrl\", such as \"http://127.0.0.1:11434/v1\"")
        }
        if model.model.isEmpty { error(node, "has no \"model\"") }
        return model
    }

    /// `nil`, too, for an empty object.
    private mutating func price(_ node: ConfigurationNode) -> (input: Double, cached: Double, output: Double)? {
        guard let members = members(of: node), !members.isEmpty else { return nil }
        var values: [String: Double] = [:]
        for member in members {
            guard ["input", "cached", "output"].contains(member.key) else {
                warnUnknown(member, known: ["input", "cached", "output"])
                continue
            }
            guard let value = member.value.doubleValue, value >= 0 else {
                wrongKind(member, expected: "a number that is not negative")
                continue
            }
            values[member.key] = value
        }
        let input = values["input"] ?? 0
        return (input, values["cached"] ?? input, values["output"] ?? 0)
    }

    // MARK: Agents

    private mutating func readAgentEntry(
        _ node: ConfigurationNode, _ configuration: AgentConfiguration, _ environment: ConfigurationEnvironment
    ) -> AgentSettings? {
        guard let members = members(of: node) else { return nil }
        var agent = AgentSettings()
        agent.name = node.key
        for member in members {
            switch member.key {
            case "systemPromptFile": readPrompt(member, into: &agent, environment)
            case "lockedParams": agent.lockedParameters = Set(strings(member) ?? [])
            case "configurable": agent.configurable = Set(strings(member) ?? [])
            case "tools": read(AgentSettings.toolSettings, from: member, into: &agent)
            case "toolTimeouts": agent.toolTimeouts = toolTimeouts(member)
            case "approval": agent.approval = approvalRules(member)
            case "sampling": readSampling(member, into: &agent.sampling)
            case "limits": readLimits(member, into: &agent.limits)
            default:
                guard let setting = AgentSettings.settings.first(where: { $0.key == member.key }) else {
                    let special = [
                        "systemPromptFile", "lockedParams", "configurable", "tools", "toolTimeouts", "approval",
                        "sampling",
                    ]
                    warnUnknown(member, known: AgentSettings.settings.map(\.key) + special)
                    continue
                }
                setting.read(&self, member, &agent)
            }
        }
        return agent
    }

    private mutating func readLimits(_ node: ConfigurationNode, into limits: inout AgentSettings.Limits) {
        guard let members = members(of: node) else { return }
        for member in members {
            if member.key == "maxCost" {
                if member.kind == .null { continue }
                if let cost = member.value.doubleValue, cost > 0 {
                    limits.maxCost = cost
                } else {
                    wrongKind(member, expected: "a number above zero, or null")
                }
            } else if let setting = AgentSettings.Limits.settings.first(where: { $0.key == member.key }) {
                setting.read(&self, member, &limits)
            } else {
                warnUnknown(member, known: AgentSettings.Limits.settings.map(\.key) + ["maxCost"])
            }
        }
    }

    private mutating func readSampling(_ node: ConfigurationNode, into sampling: inout AgentSettings.Sampling) {
        guard let members = members(of: node) else { return }
        for member in members {
            if member.key == "models" {
                for entry in self.members(of: member) ?? [] {
                    if let model = string(entry) {
                        sampling.models.append(.init(pattern: NamePattern(entry.key), model: model))
                    }
                }
            } else if let setting = AgentSettings.Sampling.settings.first(where: { $0.key == member.key }) {
                setting.read(&self, member, &sampling)
            } else {
                warnUnknown(member, known: AgentSettings.Sampling.settings.map(\.key) + ["models"])
            }
        }
    }

    private mutating func readPrompt(
        _ node: ConfigurationNode, into agent: inout AgentSettings, _ environment: ConfigurationEnvironment
    ) {
        guard node.kind != .null, let written = string(node) else { return }
        let path = FilePathText.absolute(
            written, base: environment.configDirectory, home: environment.homeDirectory)
        do throws(FileReadError) {
            let bytes = try environment.readFile(path, 1 << 20)
            guard let text = String(validating: bytes, as: UTF8.self) else {
                return error(node, "names \"\(path.shortened)\", which is not UTF-8")
            }
            agent.systemPrompt = text
        } catch {
            self.error(node, "names \"\(path.shortened)\", which \(error.reason)")
        }
    }

    private mutating func toolTimeouts(_ node: ConfigurationNode) -> [AgentSettings.ToolTimeout] {
        (members(of: node) ?? []).compactMap { member in
            guard let timeout = duration(member, in: .milliseconds(1) ... .seconds(86_400)) else { return nil }
            guard let value = timeout.duration else {
                error(member, "cannot be \"off\"; write at most \"1d\"")
                return nil
            }
            return .init(pattern: NamePattern(member.key), timeout: value)
        }
    }

    private mutating func approvalRules(_ node: ConfigurationNode) -> [ApprovalRule] {
        guard node.kind == .array else {
            wrongKind(node, expected: "a list such as [{ \"tools\": \"*__delete_*\", \"policy\": \"ask\" }]")
            return []
        }
        return elements(of: node).compactMap { element in
            guard let members = members(of: element) else { return nil }
            var pattern: String?
            var policy: ApprovalPolicy?
            for member in members {
                switch member.key {
                case "tools": pattern = string(member)
                case "policy": policy = choice(member, of: ApprovalPolicy.self)
                default: warnUnknown(member, known: ["tools", "policy"])
                }
            }
            guard let pattern, let policy else {
                if !hasErrors { error(element, "needs \"tools\" and \"policy\"") }
                return nil
            }
            return ApprovalRule(pattern: NamePattern(pattern), policy: policy)
        }
    }
}
