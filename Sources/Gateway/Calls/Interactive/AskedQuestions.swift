import MCPProtocol

/// What a server has asked a client that is asked in results, and has not been answered: each question under a key that is
/// never used twice, as answers may come late and more than once (MCP 2026-07-28, "Multi Round-Trip Requests").
struct AskedQuestions {
    private struct Question {
        let ticket: QuestionTicket
        /// As the client is shown it.
        let shown: InputRequired.Question
        let conversion: AnswerConversion
        /// See ``CallerLink/ask(_:of:outlivesCall:answer:)``.
        let outlivesCall: Bool
        let answer: @Sendable (JSONRPCResponse.Outcome) -> Void
    }

    /// In the order they were asked.
    private var open: [Question] = []
    private var last: Int64 = 0
    /// What tells questions apart, by key, also of those that have been answered: see ``RecalledAnswers``.
    private(set) var digests: [String: String] = [:]

    var isEmpty: Bool { open.isEmpty }
    var count: Int { open.count }

    /// As the client is shown them.
    var shown: [InputRequired.Question] { open.map(\.shown) }

    /// Notes a question.
    ///
    /// - Parameters:
    ///   - params: as the client is shown them.
    ///   - digest: what tells it apart from others, if that matters.
    ///   - answer: called at most once.
    mutating func add(
        _ method: String, _ params: RawJSON?, _ conversion: AnswerConversion, outlivesCall: Bool,
        digest: String? = nil,
        answer: @escaping @Sendable (JSONRPCResponse.Outcome) -> Void
    ) -> QuestionTicket {
        last += 1
        let ticket = QuestionTicket(id: last)
        let shown = InputRequired.Question(key: "q\(last)", method: method, params: params?.detached())
        digests[shown.key] = digest
        open.append(
            Question(
                ticket: ticket, shown: shown, conversion: conversion, outlivesCall: outlivesCall, answer: answer))
        return ticket
    }

    /// Delivers answers to the questions they are for. Answers to questions that are answered already, or were never
    /// asked, change nothing.
    ///
    /// - Returns: whether there was any to deliver.
    /// - Throws: what is wrong with an answer; nothing has been delivered then.
    mutating func deliver(_ answers: [(key: String, value: RawJSON)]) throws(JSONRPCError) -> Bool {
        var delivered: [(question: Question, answer: RawJSON)] = []
        for (key, value) in answers {
            guard let question = open.first(where: { $0.shown.key == key }) else { continue }
            if let fact = QuestionForClient.isValidAnswer(method: question.shown.method, result: value) {
                throw .invalidParams("params.inputResponses[\"\(key.prefix(80))\"]: \(fact)")
            }
            if !delivered.contains(where: { $0.question.shown.key == key }) { delivered.append((question, value)) }
        }
        for (question, answer) in delivered {
            forget(question.ticket)
            question.answer(question.conversion.convert(.result(answer.detached())))
        }
        return !delivered.isEmpty
    }

    /// The server takes a question back; an answer that comes later is for nothing.
    mutating func forget(_ ticket: QuestionTicket) { open.removeAll { $0.ticket == ticket } }

    /// The call has ended: the server waits for no answer any more, but to what does not belong to that call alone.
    mutating func callEnded() { open.removeAll { !$0.outlivesCall } }

    /// Answers what is open, for a client that will not.
    mutating func refuseAll(_ reason: String) {
        let refused = open
        open = []
        for question in refused {
            question.answer(UnansweredQuestion.outcome(of: question.shown.method, reason))
        }
    }
}
