import AsyncIO
import Glibc
import MCPProtocol

/// The person behind an interactive caller, as one run sees it: asked by an answer that ends with the question, answers
/// with the next request. One question at a time.
actor RemotePerson {
    private nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    /// How long a question is good.
    static let patience = Duration.seconds(300)

    private let feed: RunFeed
    private let parked: ParkedRuns
    private let deadline: MonotonicInstant
    private let patience: Duration
    /// What the run has come to, for the answer that ends with the question.
    private var summary = RunSummary()

    private var open: (id: String, answer: RunInterruption.Answer?, signal: LoopSignal)?
    /// Whoever else wants to ask, in order.
    private var waiters: [LoopSignal] = []

    init(
        feed: RunFeed, parked: ParkedRuns, deadline: MonotonicInstant, patience: Duration = RemotePerson.patience,
        on loop: EventLoop
    ) {
        self.feed = feed
        self.parked = parked
        self.deadline = deadline
        self.patience = patience
        self.loop = loop
    }

    /// Told before the calls of each turn.
    func expect(_ summary: RunSummary) { self.summary = summary }

    /// - Returns: `nil` if there is no answer: nobody came back in time, or too many runs wait already.
    func ask(_ question: RunInterruption) async -> RunInterruption.Answer? {
        while open != nil {
            let turn = LoopSignal(loop: loop)
            waiters.append(turn)
            let wake = await turn.wait(until: deadline)
            waiters.removeAll { $0 === turn }
            if wake != .signalled { return nil }
        }
        guard parked.reserve(question.id) else { return nil }
        let signal = LoopSignal(loop: loop)
        open = (question.id, nil, signal)
        let limit = min(deadline, .now + patience)
        var asked = question
        asked.expiry = time(nil) + Int((limit - .now).components.seconds)
        var told = summary
        told.stopReason = .interruption
        told.interruption = asked
        await feed.push(.interrupted(told))
        // An answer that came meanwhile has left its signal.
        let wake = await signal.wait(until: limit)
        let answer = open?.answer
        open = nil
        if let next = waiters.first { next.signal() }
        guard wake == .signalled else {
            parked.expire(question.id)
            return nil
        }
        return answer
    }

    /// - Returns: `false` if the question is over.
    func take(_ answer: RunInterruption.Answer, to id: String) -> Bool {
        guard let question = open, question.id == id, question.answer == nil else { return false }
        open?.answer = answer
        question.signal.signal()
        return true
    }
}

extension RemotePerson: CallApprover, PersonAsked {
    func approves(_ tool: GatewayTool, _ arguments: RawJSON) async -> Bool {
        let question = RunInterruption(
            kind: .approval, tool: tool.name, message: "The model wants to call \(tool.shownName).",
            arguments: arguments)
        return await ask(question)?.action == .accept
    }

    func allowsSampling(_ params: RawJSON, for tool: String) async -> Bool {
        let question = RunInterruption(
            kind: .approval, tool: tool, message: "The server of \(tool) asks for a completion by the model.",
            arguments: params)
        return await ask(question)?.action == .accept
    }

    func answer(_ params: RawJSON, for tool: String) async -> RawJSON {
        var question = RunInterruption(
            kind: .elicitation, tool: tool, message: params.member("message")?.stringValue ?? "The server asks.")
        if params.member("mode")?.stringValue == "url" {
            question.url = params.member("url")?.stringValue ?? ""
        } else {
            question.requestedSchema = params.member("requestedSchema") ?? .emptyObject
        }
        let answer = await ask(question) ?? RunInterruption.Answer(action: .cancel)
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("action")
        writer.string(answer.action.rawValue)
        if let content = answer.content {
            writer.key("content")
            writer.raw(content)
        }
        writer.endObject()
        return RawJSON(unchecked: writer.finish()[...])
    }
}
