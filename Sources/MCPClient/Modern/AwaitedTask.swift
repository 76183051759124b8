import MCPProtocol

/// A task whose end is waited for: what has been asked in the course of it, and what it is to be told (extension
/// `io.modelcontextprotocol/tasks`). Knows no time and sends nothing.
struct AwaitedTask {
    /// What the server is asked next, or has been asked last.
    enum Step {
        case get, update
    }

    let id: String
    /// Whether it became of the request that waits for it, so that nobody wants it once that is given up.
    let isOwn: Bool
    var step = Step.get
    /// Failed attempts to reach the server, one after the other.
    var failures = 0
    /// How long to let pass before the server is asked again.
    private(set) var pause: Duration
    /// The keys of all questions so far: they mean something for as long as the task lives.
    private var asked: Set<String> = []
    private var open: [RequestID: InputRequired.Question] = [:]
    private var answers: [(key: String, value: RawJSON)] = []

    /// Where the server does not say how often it may be asked.
    private static let defaultPause = Duration.seconds(1)
    private static let shortestPause = Duration.milliseconds(20)

    /// - Parameter pollInterval: milliseconds.
    init(id: String, isOwn: Bool, pollInterval: Int64? = nil) {
        self.id = id
        self.isOwn = isOwn
        pause = Self.pause(pollInterval)
    }

    /// How long to let pass, where the server says this.
    static func pause(_ milliseconds: Int64?) -> Duration {
        milliseconds.map { max(shortestPause, .milliseconds($0)) } ?? defaultPause
    }

    mutating func note(_ task: TaskDescription) { pause = Self.pause(task.pollInterval) }

    // MARK: Questions

    var openQuestions: [RequestID] { Array(open.keys) }

    /// Those that have never been asked.
    func news(of questions: [InputRequired.Question]) -> [InputRequired.Question] {
        questions.filter { !asked.contains($0.key) }
    }

    mutating func ask(_ question: InputRequired.Question, as id: RequestID) {
        asked.insert(question.key)
        open[id] = question
    }

    /// - Returns: the question, if it is open; it is closed then.
    mutating func close(_ id: RequestID) -> InputRequired.Question? { open.removeValue(forKey: id) }

    /// Closes the questions that the server no longer asks.
    mutating func withdraw(allBut questions: [InputRequired.Question]) -> [RequestID] {
        let gone = open.filter { _, question in !questions.contains { $0.key == question.key } }
        for id in gone.keys { open[id] = nil }
        return Array(gone.keys)
    }

    // MARK: Answers

    var hasAnswers: Bool { !answers.isEmpty }

    mutating func take(_ answer: RawJSON, to question: InputRequired.Question) {
        answers.append((question.key, answer.detached()))
    }

    /// The params that tell the server all answers it does not have yet.
    mutating func takeUpdate() -> RawJSON {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("taskId")
        writer.string(id)
        writer.key("inputResponses")
        writer.beginObject()
        for (key, value) in answers {
            writer.key(key)
            writer.raw(value)
        }
        writer.endObject()
        writer.endObject()
        answers = []
        return RawJSON(unchecked: writer.finish()[...])
    }
}
