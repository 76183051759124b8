import AsyncIO
import MCPProtocol

/// The answer to one POST: JSON if nothing has to be sent before it, else a stream of events.
@LoopActor
final class PostSink: MessageSink {
    enum Beginning: Sendable {
        /// There is nothing but an answer.
        case answer(OutgoingMessage)
        /// There are events: take them from ``stream``.
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
    private(set) lazy var stream = makeStream()
    private let makeStream: @LoopActor () -> EventStream
    /// The stream ends before the answer.
    private let endsEarly: Bool

    init(
        head: HTTPRequestHead, format: ServerOptions.AnswerFormat, endsEarly: Bool = false,
        makeStream: @escaping @LoopActor () -> EventStream
    ) {
        self.head = head
        self.format = format
        self.endsEarly = endsEarly
        self.makeStream = makeStream
        isStreaming = format == .events || endsEarly
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

    var carriesMessages: Bool { format != .json }

    func send(_ message: [UInt8]) async {
        guard carriesMessages else { return }
        stream.append(OutgoingMessage(message))
        beginStream()
        await stream.outbox.waitForSpace()
    }

    func finish(_ answer: OutgoingMessage?) {
        isFinished = true
        if isStreaming {
            if let answer, !endsEarly { stream.append(answer) }
            stream.end()
        } else {
            self.answer = answer
            change.signal()
        }
    }

    func misbehave(_ how: Misbehaviour) -> Bool {
        switch how {
        case .garbage(let bytes, let fillerBytes):
            guard carriesMessages else { return false }
            stream.outbox.appendRaw(Array("data: ".utf8) + bytes, fillerBytes: fillerBytes)
            stream.outbox.appendRaw(Array("\n\n".utf8))
            beginStream()
        case .disconnect(let milliseconds):
            guard carriesMessages, stream.isResumable else { return false }
            stream.disconnect(retryMilliseconds: milliseconds)
            beginStream()
        case .status, .cut: misbehaviour = how
        }
        return true
    }

    func keepAlive() {
        if isStreaming { stream.outbox.appendRaw(Array(":\n\n".utf8)) }
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
