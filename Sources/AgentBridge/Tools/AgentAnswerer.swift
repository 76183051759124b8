import AsyncIO
import MCPProtocol

/// Answers a server's questions: sampling with a model, elicitation with whoever sits at the terminal, if anybody does.
struct AgentAnswerer: QuestionAnswerer {
    let llm: LLMClient
    let log: Log
    /// `nil`: nobody can be asked.
    let person: (any PersonAsked)?
    var allowsSampling = true

    func capabilities(isInteractive: Bool) -> RawJSON {
        var capabilities = JSONObject()
        if allowsSampling { capabilities["sampling"] = ["tools": [:]] }
        if isInteractive || person != nil { capabilities["elicitation"] = ["form": [:], "url": [:]] }
        return JSONValue.object(capabilities).raw
    }

    func answer(_ question: JSONRPCRequest, in run: QuestionContext) async -> JSONRPCResponse.Outcome {
        log.info(
            "server_question",
            ["request_id": run.request.identity.requestID, "run_id": run.request.runID, "method": question.method])
        switch question.method {
        case "sampling/createMessage": return await sample(question.params, run)
        case "elicitation/create":
            guard let person = person(run) else { return .result(Self.declined) }
            return .result(await person.answer(question.params ?? .emptyObject, for: run.tool))
        case "roots/list": return .result(RawJSON(unchecked: Array(#"{"roots":[]}"#.utf8)[...]))
        default:
            return .error(JSONRPCError(code: ErrorCode.methodNotFound, message: "\(question.method) is not supported"))
        }
    }

    private func person(_ run: QuestionContext) -> (any PersonAsked)? { run.request.person ?? person }

    /// The models to ask: one that the server's hints lead to, else the agent's.
    private func models(for params: RawJSON?, _ run: QuestionContext) -> [LLMSettings] {
        let hints = params?["modelPreferences", "hints"]?.elements.compactMap { $0.member("name")?.stringValue } ?? []
        for hint in hints {
            let rule = run.request.agent.sampling.models.first { $0.pattern.matches(hint) }
            if let rule, let model = run.request.samplingModels.first(where: { $0.name == rule.model }) {
                return [model]
            }
        }
        return run.request.models
    }

    static let declined = RawJSON(unchecked: Array(#"{"action":"decline"}"#.utf8)[...])

    private func sample(_ params: RawJSON?, _ run: QuestionContext) async -> JSONRPCResponse.Outcome {
        let settings = run.request.agent.sampling
        let refusal = JSONRPCError(code: ErrorCode.userRejected, message: "User rejected sampling request")
        guard allowsSampling, settings.isEnabled, settings.policy != .deny else { return .error(refusal) }
        if settings.policy == .ask {
            guard let person = person(run), await person.allowsSampling(params ?? .emptyObject, for: run.tool) else {
                return .error(refusal)
            }
        }
        guard run.budget.takeRequest(limit: settings.maxRequests) else {
            return .error(
                JSONRPCError(
                    code: ErrorCode.userRejected,
                    message: "the run's limit of \(settings.maxRequests) sampling requests is used up"))
        }
        do throws(JSONRPCError) {
            let call = try SamplingRequest.call(
                params, identity: run.request.identity, maxTokens: settings.maxTokens)
            do throws(LLMFailure) {
                let reply = try await llm.complete(
                    call, by: models(for: params, run), on: run.caller.loop, deadline: run.request.deadline,
                    onRetry: { _ in }, onPiece: { _ in })
                if let usage = reply.usage { run.budget.add(usage, of: reply.model) }
                let model = run.request.models.first { $0.name == reply.model }?.model ?? reply.model
                return .result(SamplingRequest.result(reply, model: model))
            } catch {
                return .error(
                    JSONRPCError(code: ErrorCode.internalError, message: "the model failed: \(error.label)"))
            }
        } catch {
            return .error(error)
        }
    }
}

/// A person whom servers may ask.
protocol PersonAsked: Sendable {
    /// - Parameter params: of `elicitation/create`.
    /// - Returns: its result.
    func answer(_ params: RawJSON, for tool: String) async -> RawJSON

    func allowsSampling(_ params: RawJSON, for tool: String) async -> Bool
}
