import MCPProtocol

/// Answers what a tool's server asks in the course of a call: for a completion, or for a person's input.
protocol QuestionAnswerer: Sendable {
    /// The client capabilities that say what may be asked; an object.
    ///
    /// - Parameter isInteractive: whether a run's caller can ask a person.
    func capabilities(isInteractive: Bool) -> RawJSON

    /// - Parameter run: whose call the question came from.
    func answer(_ question: JSONRPCRequest, in run: QuestionContext) async -> JSONRPCResponse.Outcome
}

/// What a question came out of.
struct QuestionContext: Sendable {
    let request: RunRequest
    let tool: String
    let caller: ToolCaller
    let budget: QuestionBudget
}

/// Nobody can be asked anything.
struct NobodyAnswers: QuestionAnswerer {
    func capabilities(isInteractive: Bool) -> RawJSON { .emptyObject }

    func answer(_ question: JSONRPCRequest, in run: QuestionContext) async -> JSONRPCResponse.Outcome {
        .error(JSONRPCError(code: ErrorCode.methodNotFound, message: "\(question.method) is not supported here"))
    }
}
