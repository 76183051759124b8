import AsyncIO
import Configuration
import MCPClient
import MCPProtocol

/// An agent run by a command, on one loop, without a server.
struct LocalAgent: Sendable {
    var configuration: AgentConfiguration
    let runtime: AgentRuntime
    let loop: EventLoop
    let clients: HTTPClientGroup

    var agent: AgentSettings { configuration.agents[0] }

    init(
        _ configuration: AgentConfiguration, environment: [String: String], log: Log, approver: any CallApprover,
        person: (any PersonAsked)? = nil
    ) throws(SystemError) {
        self.configuration = configuration
        let loop = try EventLoop(name: "command")
        try loop.start()
        var options = HTTPClientOptions(environment: environment)
        options.userAgent = "\(AgentVersion.name)/\(AgentVersion.number)"
        let clients = try HTTPClientGroup(loops: [loop], options: options)
        let llm = LLMClient(clients: clients)
        let answerer = AgentAnswerer(
            llm: llm, log: log, person: person,
            allowsSampling: configuration.agents.contains { $0.sampling.isEnabled })
        let sessions = GatewaySessions(
            configuration.gateway, clients: clients, clientInfo: AgentVersion.implementation,
            capabilities: answerer.capabilities(isInteractive:), isOfOnePerson: true, on: loop, log: log)
        runtime = AgentRuntime(
            services: RunServices(
                clients: clients, llm: llm, results: ResultStore(), pending: PendingCalls(),
                metrics: AgentMetrics(), log: log, approver: approver, answerer: answerer),
            sessions: sessions, gatewayIsRequired: configuration.gateway.isRequired)
        self.loop = loop
        self.clients = clients
    }

    /// An agent as the command line wants it; a failure is told on standard error.
    static func make(
        _ configuration: AgentConfiguration, _ options: ClientOptions, _ environment: ConfigurationEnvironment
    ) -> LocalAgent? {
        let person = options.output == .text ? TerminalPerson.ifPresent() : nil
        do throws(SystemError) {
            return try LocalAgent(
                configuration, environment: environment.variables, log: .silent, approver: person ?? NobodyApproves(),
                person: person)
        } catch {
            Terminal.error.note("agent-bridge: \(error)")
            return nil
        }
    }

    /// What the model is offered.
    func tools() async -> Result<AgentTools, MCPClientError> {
        let session = await runtime.sessions.session(forwarding: [])
        do throws(MCPClientError) {
            return .success(
                try await runtime.agentTools(of: session, for: agent, until: .now + GatewaySettings.listTimeout))
        } catch {
            return .failure(error)
        }
    }

    func request(_ messages: [ChatMessage]) -> RunRequest {
        var request = RunRequest(
            agent: agent, models: configuration.models(for: agent), messages: messages)
        request.deadline = .now + agent.limits.deadline
        request.identity.requestID = request.runID
        request.files = configuration.files
        return request
    }

    /// Runs a request; `observe` gets every event, on the loop.
    func run(
        _ request: RunRequest, observe: @escaping @Sendable (RunEvent) async -> Void
    ) async -> Result<RunSummary, RunFailure> {
        let feed = RunFeed(on: loop)
        let (runtime, loop) = (runtime, loop)
        let task = Task(executorPreference: loop) { await runtime.perform(request, on: loop, feed: feed) }
        return await withTaskCancellationHandler {
            reading: while true {
                switch await feed.next(until: .distantFuture) {
                case .silence: continue
                case .cancelled:
                    await feed.abandon()
                    await observe(.failed(.cancelled))
                    break reading
                case .event(let event):
                    await observe(event)
                    switch event {
                    case .finished, .failed: break reading
                    default: continue
                    }
                }
            }
            return await task.value
        } onCancel: {
            task.cancel()
        }
    }

    /// Says farewell to the gateway.
    func close() async {
        await Task(executorPreference: loop) { await runtime.sessions.closeAll() }.value
        await clients.close()
    }
}
