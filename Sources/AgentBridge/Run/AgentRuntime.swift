import AsyncIO
import MCPClient
import MCPProtocol
import Synchronization

/// What a process needs to run agents: connections to models and gateway, stores, counters.
final class AgentRuntime: Sendable {
    let services: RunServices
    let sessions: GatewaySessions
    private let gatewayIsRequired: Bool
    /// Definitions are made once for a list of tools, not for every run.
    private let tools = Mutex<[String: (catalogue: ToolCatalogue, tools: AgentTools)]>([:])

    init(services: RunServices, sessions: GatewaySessions, gatewayIsRequired: Bool) {
        self.services = services
        self.sessions = sessions
        self.gatewayIsRequired = gatewayIsRequired
    }

    /// Runs a request to its end, which is the last event in the feed.
    ///
    /// - Parameters:
    ///   - headers: of the caller, for the gateway.
    ///   - loop: where the run lives; its connections are that loop's.
    @discardableResult
    func perform(
        _ request: RunRequest, forwarding headers: [GatewaySettings.Header] = [], on loop: EventLoop, feed: RunFeed
    ) async -> Result<RunSummary, RunFailure> {
        let began = MonotonicInstant.now
        services.metrics.runStarted(request.agent.name)
        services.log.info(
            "run_start",
            [
                "request_id": request.identity.requestID, "run_id": request.runID, "agent": request.agent.name,
                "conversation": request.identity.conversationID ?? "", "messages": request.messages.count,
            ])
        let (outcome, usage) = await run(request, headers, loop, feed)
        let duration = MonotonicInstant.now - began
        let label =
            switch outcome {
            case .success(let summary): summary.stopReason.rawValue
            case .failure(.cancelled): "client_closed"
            case .failure(let failure): failure.code
            }
        request.trace?.endRun(request, usage: usage, error: outcome.failure == nil ? nil : label)
        services.metrics.runEnded(request.agent.name, outcome: label, duration: duration)
        services.log.info(
            "run_end",
            [
                "request_id": request.identity.requestID, "run_id": request.runID, "agent": request.agent.name,
                "conversation": request.identity.conversationID ?? "", "duration_ms": duration.milliseconds,
                "tokens": usage.totalTokens, "outcome": label,
            ])
        return outcome
    }

    /// - Returns: what the run came to, and what was used until then.
    private func run(
        _ request: RunRequest, _ headers: [GatewaySettings.Header], _ loop: EventLoop, _ feed: RunFeed
    ) async -> (Result<RunSummary, RunFailure>, LLMUsage) {
        guard request.person != nil else {
            return await run(request, over: await sessions.session(forwarding: headers), loop, feed)
        }
        let session = await sessions.ownSession(forwarding: headers)
        let outcome = await run(request, over: session, loop, feed)
        await sessions.release(session)
        return outcome
    }

    private func run(
        _ request: RunRequest, over shared: GatewaySession, _ loop: EventLoop, _ feed: RunFeed
    ) async -> (Result<RunSummary, RunFailure>, LLMUsage) {
        var session: GatewaySession? = shared
        var tools = AgentTools(.empty, filter: ToolFilter(), descriptionMax: 0)
        do throws(MCPClientError) {
            tools = try await agentTools(
                of: shared, for: request.agent, until: request.deadline, keeps: request.person == nil)
        } catch {
            if error.kind == .cancelled || gatewayIsRequired {
                let failure =
                    error.kind == .timedOut && MonotonicInstant.now >= request.deadline
                    ? RunFailure.deadlineExceeded : .gatewayUnavailable(error)
                await feed.push(.failed(failure))
                return (.failure(failure), LLMUsage())
            }
            session = nil
        }
        let run = AgentRun(request, services: services, session: session, loop: loop, feed: feed)
        let outcome = await run.run(tools: tools)
        return (outcome, run.summary.usage)
    }

    /// What an agent's model may be offered.
    ///
    /// - Parameter keeps: whether others will ask for the same list.
    func agentTools(
        of session: GatewaySession, for agent: AgentSettings, until deadline: MonotonicInstant, keeps: Bool = true
    ) async throws(MCPClientError) -> AgentTools {
        let catalogue = try await session.tools(until: deadline)
        let known = tools.withLock { $0[agent.name] }
        if let known, known.catalogue === catalogue { return known.tools }
        let made = AgentTools(catalogue, filter: agent.tools, descriptionMax: agent.descriptionMax)
        if !made.cutDescriptions.isEmpty {
            services.log.warning(
                "tool descriptions cut",
                ["agent": agent.name, "tools": made.cutDescriptions.prefix(20).joined(separator: " ")])
        }
        if keeps { tools.withLock { $0[agent.name] = (catalogue, made) } }
        return made
    }

    /// After a reload: what was made with the old settings is made anew.
    func forgetTools() { tools.withLock { $0 = [:] } }
}

extension Result {
    fileprivate var failure: Failure? { if case .failure(let failure) = self { failure } else { nil } }
}
