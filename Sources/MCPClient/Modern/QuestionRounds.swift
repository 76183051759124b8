import MCPProtocol

/// What a server asks in the course of one request, round by round, and how the request goes on: MCP 2026-07-28, "Multi
/// Round-Trip Requests". Knows no time and sends nothing.
struct QuestionRounds {
    /// A question as it is handed out.
    struct Open {
        let question: InputRequired.Question
        /// What a visit to a URL is known by to whoever was asked for it.
        let elicitationID: String?
    }

    enum Step {
        /// These are to be answered first.
        case ask([Open])
        /// There is nothing to answer, or it has been answered before: ask again, later.
        case askAgain(Retry, after: Duration)
    }

    /// What the request is sent with the next time.
    struct Retry {
        /// An object; `nil` where nothing was asked.
        let responses: [UInt8]?
        let requestState: String?
    }

    /// A URL that the user has agreed to open, of which the server has not said yet that the visit is over.
    private struct Visit {
        let url: String
        let elicitationID: String
        let answer: RawJSON
    }

    static let firstPause = Duration.milliseconds(250)
    static let longestPause = Duration.seconds(5)

    private let client: ClientCapabilities
    private let maxRounds: Int
    private var rounds = 0
    private var pause = Self.firstPause
    /// What the server has asked for last.
    private var asked: InputRequired?
    private var answers: [String: RawJSON] = [:]
    private var visits: [Visit] = []

    /// - Parameter client: what the server was told that can be asked.
    init(for client: ClientCapabilities, maxRounds: Int) {
        self.client = client
        self.maxRounds = maxRounds
    }

    /// Takes what the server asks instead of answering.
    ///
    /// - Parameter completed: gets the ids of visits that are over now.
    mutating func take(_ asked: InputRequired, completed: inout [String]) throws(MCPClientError) -> Step {
        var isNews: [InputRequired.Question] = []
        answers = [:]
        var waiting: [Visit] = []
        for question in asked.questions {
            try check(question)
            if let visit = Self.url(of: question).flatMap({ url in visits.first { $0.url == url } }) {
                waiting.append(visit)
                answers[question.key] = visit.answer
            } else {
                isNews.append(question)
            }
        }
        completed += visits.map(\.elicitationID).filter { id in !waiting.contains { $0.elicitationID == id } }
        visits = waiting
        self.asked = asked
        guard isNews.isEmpty else {
            rounds += 1
            guard rounds <= maxRounds else {
                throw MCPClientError(
                    .protocolViolation, "the server asked more than \(maxRounds) times", mayHaveExecuted: true)
            }
            pause = Self.firstPause
            return .ask(
                isNews.map { question in
                    Open(question: question, elicitationID: Self.url(of: question).map { _ in UniqueID.make() })
                })
        }
        defer { pause = min(pause * 2, Self.longestPause) }
        return .askAgain(retry, after: pause)
    }

    /// The server has answered: all visits are over.
    mutating func finish() -> [String] {
        defer { visits = [] }
        return visits.map(\.elicitationID)
    }

    mutating func take(_ answer: RawJSON, to open: Open) {
        answers[open.question.key] = answer
        if let url = Self.url(of: open.question), let id = open.elicitationID,
            answer.member("action")?.isString("accept") ?? false
        {
            visits.append(Visit(url: url, elicitationID: id, answer: answer))
        }
    }

    /// What goes back once all is answered.
    var retry: Retry {
        guard let asked, !asked.questions.isEmpty else {
            return Retry(responses: nil, requestState: asked?.requestState)
        }
        var writer = JSONWriter()
        writer.beginObject()
        for question in asked.questions {
            guard let answer = answers[question.key] else { continue }
            writer.key(question.key)
            writer.raw(answer)
        }
        writer.endObject()
        return Retry(responses: writer.finish(), requestState: asked.requestState)
    }

    static func url(of question: InputRequired.Question) -> String? {
        guard question.method == QuestionForClient.elicitation,
            question.params?.member("mode")?.isString("url") ?? false
        else { return nil }
        return question.params?.member("url")?.stringValue
    }

    /// A server may only ask what it was told that can be asked.
    func check(_ question: InputRequired.Question) throws(MCPClientError) {
        let isDeclared: Bool
        let capability: String
        switch question.method {
        case QuestionForClient.roots: (isDeclared, capability) = (client.roots, "roots")
        case QuestionForClient.sampling:
            let hasTools = question.params?.member("tools").map { !$0.isNull } ?? false
            isDeclared = client.sampling && (client.samplingTools || !hasTools)
            capability = client.sampling ? "sampling.tools" : "sampling"
        case QuestionForClient.elicitation:
            let isURL = question.params?.member("mode")?.isString("url") ?? false
            isDeclared = isURL ? client.elicitationURL : client.elicitationForm
            capability = isURL ? "elicitation.url" : "elicitation"
        default:
            throw MCPClientError(
                .protocolViolation, "the server asked \"\(question.method.prefix(80))\", which no client can be asked",
                mayHaveExecuted: true)
        }
        guard isDeclared else {
            throw MCPClientError(
                .protocolViolation,
                "the server asked \"\(question.method)\", but the client has not declared \"\(capability)\" and cannot be"
                    + " asked",
                mayHaveExecuted: true)
        }
    }
}
