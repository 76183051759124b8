import AsyncIO
import MCPProtocol

/// The answer to one POST: JSON if nothing has to be sent before it, else a stream of events.
@LoopActor
final class PostSink: MessageSink {
    enum Beginning: Sendable {
        /// There is nothing but an answer.
        case answer(OutgoingMessage)
        /// There are events: take them from ``events``.
        case stream
        /// The request was taken back, or the server stops: there will be no answer.
        case nothing
    }

    private let head: HTTPRequestHead
    private let format: ServerOptions.AnswerFormat
    /// What a tool has asked for in place of the answer.
    private(set) var misbehaviour: Misbehaviour?
    private var answer: OutgoingMessage?
    private var isFinished = false
    private var isStreaming: Bool
    // Made only when needed: most answers are there before anybody has to wait.
    private lazy var change = LoopSignal(loop: LoopActor.loop)
    lazy var events = Outbox(framing: .events)

    init(head: HTTPRequestHead, format: ServerOptions.AnswerFormat) {
        self.head = head
        self.format = format
        isStreaming = format == .events
    }

    /// Waits until it is known what kind of answer there will be.
    func beginning() async -> Beginning {
        while true {
            if isStreaming { return .stream }
            if isFinished { return answer.map(Beginning.answer) ?? .nothing }
            if await change.wait() == .cancelled { return .nothing }
        }
    }

    // MARK: MessageSink

    func notify(_ message: [UInt8]) async {
        guard format != .json else { return }
        events.append(OutgoingMessage(message))
        beginStream()
        await events.waitForSpace()
    }

    func finish(_ answer: OutgoingMessage?) {
        isFinished = true
        if isStreaming {
            if let answer { events.append(answer) }
            events.finish()
        } else {
            self.answer = answer
            change.signal()
        }
    }

    func misbehave(_ how: Misbehaviour) -> Bool {
        if case .garbage(let bytes, let fillerBytes) = how {
            guard format != .json else { return false }
            events.appendRaw(Array("data: ".utf8) + bytes, fillerBytes: fillerBytes)
            events.appendRaw(Array("\n\n".utf8))
            beginStream()
        } else {
            misbehaviour = how
        }
        return true
    }

    private func beginStream() {
        guard !isStreaming else { return }
        isStreaming = true
        change.signal()
    }

    /// Puts an answer that was there at once behind what has been said before it.
    ///
    /// - Returns: whether the answer is a stream.
    func settle(_ answer: OutgoingMessage) -> Bool {
        guard isStreaming else { return false }
        finish(answer)
        return true
    }

    var transportFacts: JSONValue {
        let fields = head.headers.map { JSONValue.array([.string($0.name), .string($0.value)]) }
        return .object(["kind": .string("http"), "target": .string(head.target), "headers": .array(fields)])
    }
}
