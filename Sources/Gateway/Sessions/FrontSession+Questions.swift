import MCPProtocol
import Synchronization

/// A question that a client has been asked and has not answered.
struct OpenQuestion: Sendable {
    let method: String
    /// Makes of the client's answer what the server expects.
    let conversion: AnswerConversion
    let answer: @Sendable (JSONRPCResponse.Outcome) -> Void
    /// Where the question went; what takes it back goes the same way.
    let send: @Sendable ([UInt8]) -> Bool
}

/// Questions of servers, as requests to the client with ids of the gateway's own.
extension FrontSession {
    /// Never used twice, over all sessions: an answer that arrives at another session than the question's fits nothing.
    private static let nextID = Atomic<Int64>(1)

    /// Questions a client may have open at a time.
    static let maxQuestions = 256

    /// Whether and how a server's question can be put to this client.
    ///
    /// - Parameter server: the name under which people are told who asks; `nil` where there is one server only.
    func judge(_ question: JSONRPCRequest, namedAs server: String?) -> QuestionJudgement {
        let judged = QuestionJudgement.judge(question, for: capabilities, revision: revision)
        guard let server, question.method == QuestionForClient.elicitation,
            case .deliver(let params, let conversion) = judged
        else { return judged }
        return .deliver(params: params?.naming(server: server), answer: conversion)
    }

    /// Asks the client something, if it can be asked that.
    ///
    /// - Parameters:
    ///   - send: puts a message on its way to the client; `false` if it cannot get there.
    ///   - answer: called at most once.
    func ask(
        _ request: JSONRPCRequest, of server: ServerConfiguration, namesServer: Bool,
        send: @escaping @Sendable ([UInt8]) -> Bool,
        answer: @escaping @Sendable (JSONRPCResponse.Outcome) -> Void
    ) -> QuestionOutcome {
        let (params, conversion): (RawJSON?, AnswerConversion)
        switch judge(request, namedAs: namesServer ? server.name : nil) {
        case .refuse(let outcome): return .answered(outcome)
        case .deliver(let shown, let answer): (params, conversion) = (shown, answer)
        }
        let id = Self.nextID.wrappingAdd(1, ordering: .relaxed).oldValue
        let question = OpenQuestion(method: request.method, conversion: conversion, answer: answer, send: send)
        let isNoted = state.withLock { state in
            guard !state.hasEnded, state.questions.count < Self.maxQuestions else { return false }
            state.questions[id] = question
            return true
        }
        guard isNoted else {
            return .answered(
                UnansweredQuestion.outcome(
                    of: request.method, "the client has \(Self.maxQuestions) open questions, which is the limit"))
        }
        guard send(JSONRPC.request(id: .integer(id), method: request.method, params: params)) else {
            state.withLock { $0.questions[id] = nil }
            return .answered(UnansweredQuestion.outcome(of: request.method, "nothing can reach the client"))
        }
        return .asked(QuestionTicket(id: id))
    }

    /// Whether the client can be asked something outside of any call of its own.
    var canBeAskedUnsolicited: Bool { capabilities.canBeAsked && isInitialized && isListening && !hasEnded }

    /// Asks the client something that no call of its own has led to.
    func askUnsolicited(
        _ request: JSONRPCRequest, of server: ServerConfiguration, namesServer: Bool,
        answer: @escaping @Sendable (JSONRPCResponse.Outcome) -> Void
    ) -> QuestionOutcome {
        ask(
            request, of: server, namesServer: namesServer, send: { [weak self] in self?.push($0) ?? false },
            answer: answer)
    }

    /// The client's answer to a question; one that was never asked here, or is answered already, is dropped.
    ///
    /// - Returns: whether it was one of ours.
    @discardableResult
    func resolve(_ response: JSONRPCResponse) -> Bool {
        guard let id = response.id?.echoedInteger,
            let question = state.withLock({ state in
                state.lastUsed = .now
                return state.questions.removeValue(forKey: id)
            })
        else { return false }
        if let fact = Self.complaint(about: response, to: question) {
            question.answer(.error(.internalError("the client's answer to \(question.method) is unusable: \(fact)")))
        } else {
            question.answer(question.conversion.convert(response.outcome))
        }
        return true
    }

    private static func complaint(about response: JSONRPCResponse, to question: OpenQuestion) -> String? {
        guard case .result(let result) = response.outcome else { return nil }
        return QuestionForClient.isValidAnswer(method: question.method, result: result)
    }

    /// Takes a question back.
    func withdraw(_ ticket: QuestionTicket, reason: String) {
        guard let question = state.withLock({ $0.questions.removeValue(forKey: ticket.id) }) else { return }
        var params = JSONWriter()
        params.beginObject()
        params.key("requestId")
        params.integer(ticket.id)
        params.key("reason")
        params.string(reason)
        params.endObject()
        _ = question.send(JSONRPC.notification(method: "notifications/cancelled", params: params.finish()))
    }
}
