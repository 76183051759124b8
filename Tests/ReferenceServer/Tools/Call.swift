import AsyncIO
import MCPProtocol

/// One `tools/call` in progress, seen from the tool: the same whatever the client's era and transport.
@LoopActor
final class Call {
    let server: Server
    let client: any CallClient
    let arguments: ToolArguments
    /// The request's `_meta`.
    let meta: RawJSON?

    init(server: Server, client: any CallClient, arguments: ToolArguments, meta: RawJSON?) {
        self.server = server
        self.client = client
        self.arguments = arguments
        self.meta = meta
    }

    func sleep(for duration: Duration) async throws(ToolFailure) {
        guard duration > .zero else { return }
        do { try await LoopActor.loop.sleep(for: duration) } catch { throw .cancelled }
    }
}

/// The client of a call: what a tool may tell it, and what is remembered of it.
@LoopActor
protocol CallClient: AnyObject, Sendable {
    /// Sends `notifications/progress`, if the client asked for it with a token.
    func progress(_ progress: Int64, of total: Int64, message: String) async

    /// Sends `notifications/message`, if the client wants this level.
    func log(_ level: LogLevel, logger: String, data: JSONValue) async

    /// Sends another notification that belongs to the call.
    func notify(_ method: String, _ params: JSONObject) async

    /// Asks the client everything at once and waits for all answers.
    ///
    /// - Returns: the results, in the order of the questions.
    /// - Throws: the first failure among them, after all have ended: a question that the client cannot be asked, that it
    ///   answered with an error, or did not answer in time.
    func ask(_ questions: [Question], timeout: Duration) async throws(ToolFailure) -> [RawJSON]

    /// Throws what a call fails with whose client cannot be asked such a question.
    func require(_ kind: Question.Kind) throws(ToolFailure)

    /// Lets the client come back that many times before the call goes on, where it has to come back at all.
    func pause(rounds: Int) throws(ToolFailure)

    /// Asks when that time has passed, without a call that waits for the answer: ``Server/lateQuestionOutcome`` tells it.
    func askAfterAnswer(_ question: Question, delay: Duration)

    /// Sends a notification that belongs to no call when that time has passed; none where there is no way for it.
    func notifyAfterAnswer(_ method: String, _ params: JSONObject, delay: Duration)

    /// The least severe level that the client wants to be told; `nil` if it wants nothing.
    var logLevel: LogLevel? { get }

    /// What the client said of itself, and how it talks to this server, as JSON.
    var facts: JSONValue { get }

    /// Misbehaves as asked, before the answer or in its place.
    ///
    /// - Returns: `false` if the transport has no such way to go wrong.
    func misbehave(_ how: Misbehaviour) -> Bool

    /// Counts up and answers the new value; separately for each session.
    func count() -> Int

    /// How the request came, as JSON, for tests of what a proxy passes on.
    var transportFacts: JSONValue { get }
}

extension CallClient {
    func notifyAfterAnswer(_: String, _: JSONObject, delay _: Duration) {}

    func ask(_ question: Question, timeout: Duration) async throws(ToolFailure) -> RawJSON {
        guard let answer = try await ask([question], timeout: timeout).first else {
            throw .failed("the question was not asked")
        }
        return answer
    }
}
