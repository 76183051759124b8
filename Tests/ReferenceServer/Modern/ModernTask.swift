import AsyncIO
import MCPProtocol

/// A call that goes on after its request has been answered (extension `io.modelcontextprotocol/tasks`).
@LoopActor
final class ModernTask {
    static let extensionName = "io.modelcontextprotocol/tasks"
    /// What who asks about tasks has to declare.
    static let capability: JSONValue = ["extensions": .object([extensionName: [:]])]
    /// Milliseconds from its beginning until it is forgotten.
    private static let timeToLive: Int64 = 300_000
    /// How often a client should look, in milliseconds.
    private static let pollInterval: Int64 = 50

    enum State {
        case working
        case inputRequired
        case completed(JSONValue)
        case failed(JSONRPCError)
        case cancelled

        var word: String {
            switch self {
            case .working: "working"
            case .inputRequired: "input_required"
            case .completed: "completed"
            case .failed: "failed"
            case .cancelled: "cancelled"
            }
        }
    }

    let id: String
    private(set) var state = State.working
    private let createdAt = LegacyTask.now()
    private var lastUpdatedAt = LegacyTask.now()
    private var open: [(key: String, question: Question)] = []
    private var answers: [String: RawJSON] = [:]
    private var lastNumber = 0
    private let change = Broadcast()
    private var work: Task<Void, any Error>?
    /// Told of each change.
    private let onChange: @LoopActor (ModernTask) -> Void

    /// - Parameter answers: those the client has given before there was a task, by the keys of their questions.
    init(answers: [String: RawJSON], onChange: @escaping @LoopActor (ModernTask) -> Void) {
        var generator = SystemRandomNumberGenerator()
        id = String(generator.next() as UInt64, radix: 16) + String(generator.next() as UInt64, radix: 16)
        self.answers = answers
        self.onChange = onChange
    }

    var hasEnded: Bool {
        switch state {
        case .working, .inputRequired: false
        case .completed, .failed, .cancelled: true
        }
    }

    /// What its creation is answered with.
    var handle: JSONObject {
        [
            "taskId": .string(id), "status": .string(state.word), "createdAt": .string(createdAt),
            "lastUpdatedAt": .string(lastUpdatedAt), "ttlMs": JSONValue(Self.timeToLive),
            "pollIntervalMs": JSONValue(Self.pollInterval),
        ]
    }

    /// All there is to say of it.
    var details: JSONObject {
        var object = handle
        switch state {
        case .working, .cancelled: break
        case .inputRequired: object["inputRequests"] = .object(RoundTrips.requests(open))
        case .completed(let result): object["result"] = result
        case .failed(let error): object["error"] = JSONValue(RawJSON(unchecked: error.encode()[...]))
        }
        return object
    }

    /// - Parameter onExpiry: called when its time is over.
    func run(_ work: @escaping @LoopActor () async -> Void, onExpiry: @escaping @LoopActor () -> Void) {
        self.work = LoopActor.start { await work() }
        LoopActor.start {
            try await LoopActor.loop.sleep(for: .milliseconds(Self.timeToLive))
            onExpiry()
        }
    }

    /// Nothing changes any more once it has ended.
    func set(_ state: State) {
        guard !hasEnded else { return }
        self.state = state
        lastUpdatedAt = LegacyTask.now()
        if hasEnded { open = [] }
        change.send()
        onChange(self)
    }

    func cancel() {
        set(.cancelled)
        work?.cancel()
    }

    // MARK: Questions

    func ask(_ questions: [Question], timeout: Duration) async throws(ToolFailure) -> [RawJSON] {
        let deadline = MonotonicInstant.now + timeout
        var keys: [String] = []
        for question in questions {
            lastNumber += 1
            let key = question.key ?? "question-\(lastNumber)"
            keys.append(key)
            if answers[key] == nil { open.append((key, question)) }
        }
        if !open.isEmpty { set(.inputRequired) }
        while !open.isEmpty, !hasEnded {
            switch await change.wait(until: deadline) {
            case .signalled: continue
            case .timedOut: throw .failed("no answer within the time for one")
            case .cancelled: throw .cancelled
            }
        }
        guard !hasEnded else { throw .cancelled }
        set(.working)
        return keys.compactMap { answers[$0] }
    }

    /// Takes answers to what is open; others are not for this task any more.
    func update(_ responses: RawJSON) throws(ModernRefusal) {
        for (key, answer) in responses.members {
            guard let index = open.firstIndex(where: { $0.key == key }) else { continue }
            if let fact = open[index].question.objection(to: answer) {
                throw .invalidParams("params.inputResponses[\"\(key)\"] \(fact)")
            }
            // A copy: the value would keep the whole message it came in.
            answers[key] = answer.detached()
            open.remove(at: index)
        }
        if !open.isEmpty { onChange(self) }
        change.send()
    }
}

/// The client of a task: it hears nothing but what it asks for, and is asked through the task.
@LoopActor
final class ModernTaskClient: CallClient {
    private let task: ModernTask
    private let call: ModernCallClient
    private let capabilities: RawJSON

    init(task: ModernTask, call: ModernCallClient, capabilities: RawJSON) {
        self.task = task
        self.call = call
        self.capabilities = capabilities
    }

    func progress(_ progress: Int64, of total: Int64, message: String) async {}
    func log(_ level: LogLevel, logger: String, data: JSONValue) async {}
    func notify(_ method: String, _ params: JSONObject) async {}

    func ask(_ questions: [Question], timeout: Duration) async throws(ToolFailure) -> [RawJSON] {
        for question in questions { try require(question.kind) }
        return try await task.ask(questions, timeout: timeout)
    }

    func require(_ kind: Question.Kind) throws(ToolFailure) { try RoundTrips.require(kind, of: capabilities) }
    func pause(rounds: Int) throws(ToolFailure) {}
    func askAfterAnswer(_ question: Question, delay: Duration) { call.askAfterAnswer(question, delay: delay) }
    func misbehave(_ how: Misbehaviour) -> Bool { false }
    func count() -> Int { 1 }
    var logLevel: LogLevel? { nil }
    var facts: JSONValue { call.facts }
    var transportFacts: JSONValue { call.transportFacts }
}
