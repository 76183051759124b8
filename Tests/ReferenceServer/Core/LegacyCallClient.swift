import AsyncIO
import MCPProtocol

/// A client of the legacy era, seen from one of its calls.
@LoopActor
final class LegacyCallClient: CallClient {
    /// Where the messages of a call go.
    enum Route {
        /// With the answer, before it.
        case exchange(any MessageSink)
        /// With the answer to whoever waits for the task's result, or else outside of all answers.
        case task(LegacyTask)
    }

    /// For an answer to a question.
    static let defaultTimeout = Duration.seconds(30)

    private let session: LegacySession
    private let route: Route
    let revision: ProtocolRevision
    private let progressToken: RawJSON?

    init(session: LegacySession, route: Route, revision: ProtocolRevision, progressToken: RawJSON?) {
        self.session = session
        self.route = route
        self.revision = revision
        self.progressToken = progressToken
    }

    // MARK: Telling

    func progress(_ progress: Int64, of total: Int64, message: String) async {
        guard let progressToken else { return }
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("progressToken")
        writer.raw(progressToken)
        writer.key("progress")
        writer.integer(progress)
        writer.key("total")
        writer.integer(total)
        if revision.hasProgressMessage {
            writer.key("message")
            writer.string(message)
        }
        if let relatedTask {
            writer.key("_meta")
            writer.value(relatedTask)
        }
        writer.endObject()
        await send(JSONRPC.notification(method: "notifications/progress", params: writer.finish()))
    }

    func log(_ level: LogLevel, logger: String, data: JSONValue) async {
        guard level >= session.logLevel else { return }
        await notify(
            "notifications/message", ["level": .string(level.rawValue), "logger": .string(logger), "data": data])
    }

    func notify(_ method: String, _ params: JSONObject) async {
        var params = params
        if let relatedTask { params["_meta"] = relatedTask }
        await send(JSONRPC.notification(method: method, params: JSONValue.object(params).serialized()))
    }

    private func send(_ message: [UInt8]) async {
        if let sink, sink.carriesMessages {
            await sink.send(session.recorded(OutgoingMessage(message)).head)
        } else if case .task = route {
            session.announce(message)
        }
    }

    /// What takes messages before its answer; `nil` while nobody waits for a task's result.
    private var sink: (any MessageSink)? {
        switch route {
        case .exchange(let sink): sink
        case .task(let task): task.listener
        }
    }

    private var relatedTask: JSONValue? {
        if case .task(let task) = route { task.relation } else { nil }
    }

    // MARK: Asking

    func ask(_ questions: [Question], timeout: Duration) async throws(ToolFailure) -> [RawJSON] {
        for question in questions {
            if let objection = session.objection(to: question) { throw objection.toolFailure }
        }
        let deadline = MonotonicInstant.now + timeout
        if case .task(let task) = route {
            session.setStatus(.inputRequired, of: task)
            guard try await task.waitForListener(until: deadline) else {
                throw .failed("nobody waited for the task's result within the time for an answer")
            }
        }
        let outcomes = await session.questions.ask(questions, meta: relatedTask, timeout: timeout) { message in
            if let sink, sink.carriesMessages {
                await sink.send(session.recorded(OutgoingMessage(message)).head)
            } else {
                await session.announce(message, until: deadline)
            }
        }
        if case .task(let task) = route { session.setStatus(.working, of: task) }
        var answers: [RawJSON] = []
        for outcome in outcomes {
            do { answers.append(try outcome.get()) } catch { throw error.toolFailure }
        }
        return answers
    }

    func require(_ kind: Question.Kind) throws(ToolFailure) {
        if let objection = session.objection(to: Question(kind: kind, params: [:])) { throw objection.toolFailure }
    }

    func pause(rounds: Int) throws(ToolFailure) {}

    func askAfterAnswer(_ question: Question, delay: Duration) {
        session.askOutsideCalls(question, after: delay)
    }

    func notifyAfterAnswer(_ method: String, _ params: JSONObject, delay: Duration) {
        let message = JSONRPC.notification(method: method, params: JSONValue.object(params).serialized())
        session.announce(message, after: delay)
    }

    // MARK: Facts

    func misbehave(_ how: Misbehaviour) -> Bool { sink?.misbehave(how) ?? false }

    func count() -> Int { session.count() }

    var logLevel: LogLevel? { session.logLevel }

    var facts: JSONValue {
        [
            "protocolVersion": .string(revision.rawValue), "capabilities": JSONValue(session.client.capabilities),
            "clientInfo": JSONValue(session.client.info), "transport": .string(session.transport.rawValue),
        ]
    }

    var transportFacts: JSONValue { sink?.transportFacts ?? .null }
}
