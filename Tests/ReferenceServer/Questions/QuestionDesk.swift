import AsyncIO
import MCPProtocol

/// The questions of one session that wait for their answers, under ids of the server's own.
@LoopActor
final class QuestionDesk {
    private final class Waiter {
        let signal = LoopSignal(loop: LoopActor.loop)
        /// `nil` until answered, and when the session ends.
        var outcome: JSONRPCResponse.Outcome?
    }

    private let usesStringIDs: Bool
    private var lastNumber: Int64 = 0
    private var waiters: [RequestID: Waiter] = [:]
    private var isClosed = false

    init(usesStringIDs: Bool) { self.usesStringIDs = usesStringIDs }

    /// Asks everything at once and waits for all answers.
    ///
    /// A question that nobody waits for any more, because of the deadline or because the task is cancelled, is taken
    /// back from the client.
    ///
    /// - Parameters:
    ///   - meta: `_meta` of each request and cancellation.
    ///   - send: brings a message to the client.
    /// - Returns: one outcome for each question, in their order.
    func ask(
        _ questions: [Question], meta: JSONValue? = nil, timeout: Duration, send: @LoopActor ([UInt8]) async -> Void
    ) async -> [Result<RawJSON, QuestionFailure>] {
        let deadline = MonotonicInstant.now + timeout
        var asked: [(question: Question, id: RequestID, waiter: Waiter)] = []
        for question in questions where !isClosed {
            let (id, waiter) = (makeID(), Waiter())
            // Registered before it is sent: the answer may come while the reader is waited for.
            waiters[id] = waiter
            asked.append((question, id, waiter))
            var params = question.params
            if let meta { params["_meta"] = meta }
            let bytes = params.members.isEmpty ? nil : JSONValue.object(params).raw
            await send(JSONRPC.request(id: id, method: question.method, params: bytes))
        }
        var outcomes: [Result<RawJSON, QuestionFailure>] = []
        for (question, id, waiter) in asked {
            let wake = await waiter.signal.wait(until: deadline)
            waiters[id] = nil
            let failure: QuestionFailure
            switch (wake, waiter.outcome) {
            case (_, .result(let result)):
                outcomes.append(.success(result))
                continue
            case (_, .error(let error)): failure = .refused(error)
            case (.signalled, nil): failure = .closed
            case (.timedOut, nil): failure = .timedOut(method: question.method, limit: timeout)
            case (.cancelled, nil): failure = .cancelled
            }
            if wake != .signalled, waiter.outcome == nil, !isClosed {
                var params: JSONObject = [
                    "requestId": JSONValue(RawJSON(unchecked: id.encode()[...])), "reason": .string("\(failure)"),
                ]
                if let meta { params["_meta"] = meta }
                await send(
                    JSONRPC.notification(
                        method: "notifications/cancelled", params: JSONValue.object(params).serialized()))
            }
            outcomes.append(.failure(failure))
        }
        while outcomes.count < questions.count { outcomes.append(.failure(.closed)) }
        return outcomes
    }

    /// - Returns: whether the response answers a question that waits.
    @discardableResult
    func receive(_ response: JSONRPCResponse) -> Bool {
        guard let id = response.id, let waiter = waiters[id], waiter.outcome == nil else { return false }
        // A copy: the result would keep the whole message it came in.
        switch response.outcome {
        case .result(let result): waiter.outcome = .result(result.detached())
        case .error: waiter.outcome = response.outcome
        }
        waiter.signal.signal()
        return true
    }

    func close() {
        isClosed = true
        for waiter in waiters.values { waiter.signal.signal() }
    }

    private func makeID() -> RequestID {
        lastNumber += 1
        return usesStringIDs ? .string("question-\(lastNumber)") : .integer(lastNumber)
    }
}
