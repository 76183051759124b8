import MCPProtocol

/// A request that brings the answer to a run's question.
struct Resumption: Sendable {
    private enum Given: Sendable {
        case action(String?, content: RawJSON?)
        case form(RawJSON)
    }

    let id: String
    private let given: Given

    /// - Returns: `nil` for a request that begins a run.
    init?(_ chat: ChatRequest) throws(RunFailure) {
        if let resume = chat.resume {
            guard let id = resume.member("id")?.stringValue else {
                throw .invalidBody("agent_bridge.resume.id must be a string.", param: "agent_bridge.resume.id")
            }
            self.id = id
            given = .action(resume.member("action")?.stringValue, content: resume.member("content"))
            return
        }
        // A platform sends the form's value along with the user's message, and the question's id with the state before.
        guard let last = chat.messages.last, last.message.role == .user,
            let value = last.customContent?.member("form_value"), value.kind == .object,
            let asking = chat.messages.dropLast().last(where: { $0.message.role == .assistant }),
            let id = asking.customContent?.member("state").flatMap(RunInterruption.id(inState:))
        else { return nil }
        self.id = id
        given = .form(value)
    }

    func answer(to question: RunInterruption) throws(RunFailure) -> RunInterruption.Answer {
        switch given {
        case .action(let name, let content):
            try question.answer(action: name, content: content, path: "agent_bridge.resume")
        case .form(let value): try question.answer(form: value)
        }
    }

    static let expired = RunFailure(
        409, "invalid_request_error", "interruption_expired",
        "No run waits for this answer: it is unknown, answered already, or its time is over.")
}
