import AsyncIO
import Configuration

/// The section `agent` of `gateway.json`, complete with defaults.
struct AgentConfiguration: Sendable {
    var listen = [ListenAddress.tcp(host: "127.0.0.1", port: 8809)]
    /// Keys callers may use; none: everybody who reaches the port.
    var apiKeys: [String] = []
    /// Browser origins that may call.
    var origins: [String] = []
    /// Names of this server beside those of the machine itself, while nobody needs a key.
    var allowedHosts: [String] = []
    var maxConcurrentRuns = 2000
    var maxBody = 32 << 20
    var shutdownGrace = Duration.seconds(30)
    var logForm = LogForm.logfmt
    var logsContent = false
    var gateway = GatewaySettings()
    var models: [LLMSettings] = []
    /// In the order of the file; the first is the default.
    var agents: [AgentSettings] = []
    var state = StateSettings()
    var files = FileSettings()
    var telemetry = TelemetrySettings()
    var redactor = Redactor(secrets: [Redactor.Secret]())

    /// The models an agent asks, its own first, then what stands in for it.
    func models(for agent: AgentSettings) -> [LLMSettings] {
        var names: [String] = []
        func add(_ name: String) {
            guard !names.contains(name), let model = models.first(where: { $0.name == name }) else { return }
            names.append(name)
            for next in model.fallback { add(next) }
        }
        add(agent.model)
        return names.compactMap { name in models.first { $0.name == name } }
    }

    func agent(named name: String) -> AgentSettings? { agents.first { $0.name == name } }

    /// Why this must not be served; `nil` if it may.
    var listenRefusal: String? {
        guard apiKeys.isEmpty, let open = listen.first(where: { !$0.isLoopback }) else { return nil }
        return "agent.listen is \(open), which others can reach, and agent.apiKeys is empty; add a key, or listen on"
            + " 127.0.0.1"
    }
}

/// How the hidden part of a conversation travels.
struct StateSettings: Sendable, Equatable {
    /// `nil`: a key made at the start, so that state is good for one process.
    var secret: String?
    var lifetime = Duration.seconds(24 * 3600)
    /// Refuse a request with a state that is not ours, instead of going on without it.
    var isStrict = false
    /// Keep it in memory for callers that do not bring it back.
    var isKeptByServer = false
    var maxBytes = 256 << 10
}

/// Where files are stored, and what may be fetched.
struct FileSettings: Sendable, Equatable {
    var baseURL: String?
    var allowedHosts: [String] = []
    var maxFile = 20 << 20
}
