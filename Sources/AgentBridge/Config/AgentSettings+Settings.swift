import Configuration

/// The keys of the agent's section, in tables: what each sets and what it may be.
extension AgentConfiguration {
    static let settings: [Setting<AgentConfiguration>] = [
        .texts("apiKeys", \.apiKeys),
        .texts("cors", \.origins),
        .texts("allowedHosts", \.allowedHosts),
        .count("maxConcurrentRuns", \.maxConcurrentRuns, 1...1_000_000),
        .size("maxBody", \.maxBody, 1 << 10...1 << 30),
        .boundedDuration("shutdownGrace", \.shutdownGrace, .zero ... .seconds(3600)),
        .choice("logFormat", \.logForm),
        .flag("logContent", \.logsContent),
        .section("state", \.state, StateSettings.settings),
        .section("files", \.files, FileSettings.settings),
    ]
}

extension StateSettings {
    static let settings: [Setting<StateSettings>] = [
        .secret("secret", \.secret),
        .boundedDuration("ttl", \.lifetime, .seconds(1)...QuantityText.maxDuration),
        .flag("strict", \.isStrict),
        .flag("server", \.isKeptByServer),
        .size("max", \.maxBytes, 1 << 10...64 << 20),
    ]
}

extension FileSettings {
    static let settings: [Setting<FileSettings>] = [
        .optionalText("baseUrl", \.baseURL),
        .texts("allowHosts", \.allowedHosts),
        .size("maxFile", \.maxFile, 1 << 10...1 << 30),
    ]
}

extension LLMSettings {
    static let settings: [Setting<LLMSettings>] = [
        .choice("style", \.style),
        .optionalText("apiVersion", \.apiVersion),
        .choice("auth", \.auth),
        .secret("apiKey", \.apiKey),
        .text("model", \.model),
        .flag("vision", \.hasVision),
        .flag("audio", \.hasAudio),
        .count("contextTokens", \.contextTokens, 1000...100_000_000),
        .flag("cacheKey", \.usesCacheKey),
        .section("timeouts", \.timeouts, Timeouts.settings),
        .count("retries", \.retry.retries, 0...10),
        .texts("fallback", \.fallback),
    ]
}

extension LLMSettings.Timeouts {
    static let settings: [Setting<LLMSettings.Timeouts>] = [
        .boundedDuration("connect", \.connect, .milliseconds(1) ... .seconds(600)),
        .boundedDuration("firstByte", \.firstByte, .milliseconds(1) ... .seconds(3600)),
        .boundedDuration("idle", \.idle, .milliseconds(1) ... .seconds(3600)),
        .boundedDuration("total", \.total, .milliseconds(1) ... .seconds(86_400)),
    ]
}

extension AgentSettings {
    static let settings: [Setting<AgentSettings>] = [
        .text("description", \.description),
        .text("llm", \.model),
        .optionalText("systemPrompt", \.systemPrompt),
        .choice("clientSystem", \.clientSystem),
        .section("limits", \.limits, Limits.settings),
        .boundedDuration("toolTimeout", \.toolTimeout, .milliseconds(1) ... .seconds(86_400)),
        .size("resultMax", \.resultMax, 1 << 10...64 << 20),
        .choice("destructive", \.destructive),
        .choice("stages", \.stages),
        .choice("intermediateText", \.intermediateText),
    ]

    /// The members of `tools`.
    static let toolSettings: [Setting<AgentSettings>] = [
        .patterns("include", \.tools.include),
        .patterns("exclude", \.tools.exclude),
        .patterns("pinned", \.pinnedTools),
        .count("descriptionMax", \.descriptionMax, 0...1_000_000),
        .choice("search", \.toolSearch),
        .flag("useInstructions", \.usesInstructions),
    ]
}

extension AgentSettings.Limits {
    static let settings: [Setting<AgentSettings.Limits>] = [
        .count("maxTurns", \.maxTurns, 1...10_000),
        .choice("onLimit", \.onLimit),
        .count("maxToolCalls", \.maxToolCalls, 1...1_000_000),
        .count("maxParallelTools", \.maxParallelTools, 1...10_000),
        .boundedDuration("deadline", \.deadline, .milliseconds(1) ... .seconds(86_400 * 7)),
        .optionalCount("maxTotalTokens", \.maxTotalTokens, 1...1_000_000_000_000),
    ]
}

extension AgentSettings.Sampling {
    static let settings: [Setting<AgentSettings.Sampling>] = [
        .flag("enabled", \.isEnabled),
        .choice("policy", \.policy),
        .count("maxRequests", \.maxRequests, 0...10_000),
        .count("maxTokens", \.maxTokens, 1...1_000_000),
    ]
}

extension GatewaySettings {
    static let settings: [Setting<GatewaySettings>] = [
        .texts("forwardHeaders", \.forwardHeaders),
        .flag("required", \.isRequired),
        .boundedDuration("toolCache", \.toolCache, .zero ... .seconds(86_400)),
    ]
}
