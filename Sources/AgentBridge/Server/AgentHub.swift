import AsyncIO
import Configuration
import Crypto
import MCPClient
import MCPProtocol
import Synchronization

/// What a request sees of the configuration: one snapshot, however often it is reloaded meanwhile.
struct AgentSnapshot: Sendable {
    let configuration: AgentConfiguration
    let authentication: Authentication

    init(_ configuration: AgentConfiguration) {
        self.configuration = configuration
        authentication = Authentication(
            keys: configuration.apiKeys, origins: configuration.origins, hosts: configuration.allowedHosts)
    }
}

/// Everything that the endpoints share.
final class AgentHub: Sendable {
    let runtime: AgentRuntime
    let registry: RunRegistry
    let parked: ParkedRuns
    /// `nil`: no collector is configured.
    let spans: SpanExporter?
    let conversations = ConversationStore()
    let log: Log
    let started: Int
    private let current: Mutex<AgentSnapshot>

    init(
        _ configuration: AgentConfiguration, runtime: AgentRuntime, spans: SpanExporter?, log: Log, started: Int
    ) {
        self.spans = spans
        self.runtime = runtime
        self.log = log
        self.started = started
        parked = ParkedRuns(metrics: runtime.services.metrics)
        registry = RunRegistry(limit: configuration.maxConcurrentRuns)
        current = Mutex(AgentSnapshot(configuration))
    }

    var snapshot: AgentSnapshot { current.withLock { $0 } }

    /// Agents, models and limits change for the runs that begin from now on; what a restart takes stays.
    func reload(_ configuration: AgentConfiguration) {
        current.withLock { snapshot in
            var next = configuration
            let old = snapshot.configuration
            next.listen = old.listen
            next.gateway = old.gateway
            next.state = old.state
            next.logForm = old.logForm
            next.telemetry = old.telemetry
            next.maxConcurrentRuns = old.maxConcurrentRuns
            snapshot = AgentSnapshot(next)
        }
        runtime.forgetTools()
    }
}
