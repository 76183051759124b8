import AsyncIO
import MCPClient
import MCPProtocol

/// One upstream call in progress: a state machine that knows nothing of the client's era or transport.
///
/// A front waits on ``next()`` until the run has finished; what the server asks meanwhile goes to the caller's
/// ``CallerLink``, from where the answer comes back. However a run ends (answered, timed out, cancelled, server gone),
/// it leaves nothing behind, neither here nor at the server nor with the client.
package actor CallRun {
    enum State {
        case waiting
        case running(any MCPExchange, UpstreamSession)
        case over
    }

    package nonisolated let loop: EventLoop
    package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
    /// The request as it was made; of several servers that may have to answer it, the first.
    package nonisolated let call: ClientCall
    nonisolated let caller: Caller

    private let allCalls: CallGate
    let start = MonotonicInstant.now

    var state = State.waiting
    /// What is being tried now.
    var current: ClientCall
    /// Other servers to ask when the present one does not know the thing: see ``Router``.
    private var alternatives: ArraySlice<ClientCall>
    /// What the best of them said, once others are asked.
    private var refusal: (error: JSONRPCError, by: ClientCall)?
    /// The session the call went to last.
    private(set) var session: UpstreamSession?
    var budget: CallBudget
    var lastSign: MonotonicInstant?
    /// The progress token that the server was given for the call: its id on the connection it went to last.
    var sentToken: Int64?
    var lastProgress: Double?
    private var hasReplayed = false
    private(set) var isCancelled = false
    private var hasPlainResult = false
    private var place: UpstreamMeter?
    private var placeIsYielded = false
    /// The wait for a session being opened, which may be long.
    private var connecting: Task<Result<UpstreamSession, UpstreamFailure>, Never>?
    /// What the server has asked and not been answered yet, by the server's own ids.
    var questions: [RequestID: Question] = [:]
    /// The task that was created for a client that knows none.
    var ownTask: String?

    /// Fires when time runs out, or may have; a sign of life does not move it, it looks again when it fires.
    var timer: TimerToken?
    /// What ran out, once it has.
    var exceeded: (stage: String, words: String)?
    /// What the server asked last although no client can be asked.
    var refusedQuestion: JSONRPCRequest?
    /// Why the server will never get an answer that it waits for.
    var lostAnswer: MCPClientError?

    package init(
        _ call: ClientCall, alternatives: ArraySlice<ClientCall> = [], caller: Caller, allCalls: CallGate,
        loop: EventLoop
    ) {
        self.call = call
        current = call
        self.alternatives = alternatives
        self.caller = caller
        self.allCalls = allCalls
        self.loop = loop
        budget = CallBudget(call.upstream.configuration.timeouts, override: call.timeout)
    }

    deinit {
        // A front that forgot the run must not cost the server a place.
        if let place {
            if placeIsYielded {
                place.resume()
                allCalls.resume()
            }
            place.leave(after: MonotonicInstant.now - start, failed: true)
            allCalls.leave()
        }
    }

    private var facts: RunFacts {
        RunFacts(
            session: session, server: current.server, uris: current.uris, refusedQuestion: refusedQuestion,
            hasPlainResult: hasPlainResult)
    }

    /// Waits for the next thing the client should know.
    package func next() async -> RunEvent {
        while true {
            if isCancelled {
                // Cancelled while the exchange was being begun.
                if case .running(let exchange, _) = state { await exchange.cancel(reason: "cancelled") }
                return end(.cancelled)
            }
            do throws(UpstreamFailure) {
                switch state {
                case .waiting: try await begin()
                case .running(let exchange, let session):
                    if let event = try await advance(exchange, session) { return event }
                case .over: return .finished(.cancelled, facts)
                }
            } catch {
                return end(isCancelled ? .cancelled : .failed(error))
            }
        }
    }

    /// Gives the call up and tells the server. Of no effect once it has finished.
    package func cancel(reason: String) async {
        guard !isCancelled else { return }
        switch state {
        case .over: return
        case .waiting:
            isCancelled = true
            connecting?.cancel()
        case .running(let exchange, let session):
            isCancelled = true
            // First: an answer that comes now would reach a server that has not heard of the cancellation yet.
            withdrawQuestions(reason: "the call that asked has ended")
            session.withdrawQuestions(ofCancelled: self)
            await exchange.cancel(reason: reason)
            if let ownTask { session.cancelTask(ownTask) }
        }
    }

    private func end(_ outcome: RunOutcome) -> RunEvent {
        let failed =
            switch outcome {
            case .failed, .cancelled: true
            case .result, .error, .stream: false
            }
        // A result that is still arriving needs its session: see ``handOver(_:of:)``.
        if case .stream = outcome {
            withdrawQuestions(reason: "the call that asked has ended")
        } else if case .running(_, let session) = state {
            leave(session, wasAnswered: !failed)
        }
        state = .over
        stopTimer()
        leavePlace(failed: failed)
        return .finished(outcome, facts)
    }

    /// Ends this run's part in a session: open questions are taken back, and the session may be closed.
    private func leave(_ session: UpstreamSession, wasAnswered: Bool) {
        withdrawQuestions(reason: "the call that asked has ended")
        session.end(self, wasAnswered: wasAnswered)
    }

    // MARK: Steps

    private func takePlace() throws(UpstreamFailure) {
        let configuration = current.upstream.configuration
        guard allCalls.enter() else {
            throw UpstreamFailure(
                server: configuration.name, stage: "limit",
                detail:
                    "\(allCalls.limit) calls are in flight, which is the limit of the gateway (limits.maxInFlight)",
                isRetryable: true)
        }
        guard current.upstream.meter.enter(limit: configuration.maxInFlight) else {
            allCalls.leave()
            throw UpstreamFailure(
                server: configuration.name, stage: "limit",
                detail: "\(configuration.maxInFlight) calls are in flight, which is its limit (maxInFlight)",
                isRetryable: true)
        }
        place = current.upstream.meter
    }

    private func begin() async throws(UpstreamFailure) {
        if place == nil { try takePlace() }
        guard let session = try await joinSession() else { return }
        let connection = session.connection
        let id = connection.makeRequestID()
        self.session = session
        sentToken = id
        do throws(MCPClientError) {
            let revision = connection.revision
            let context = revision.isModern ? caller.fullContext : RequestContext()
            let description = revision.isModern ? connection.selfDescription(for: context) : nil
            let params = current.params(
                for: NextHop(progressToken: id, revision: revision, selfDescription: description))
            let exchange = try await connection.begin(
                id: id, method: current.method, params: params, context: context, on: loop)
            state = .running(exchange, session)
            startTimer()
        } catch {
            try await recover(from: error, session)
        }
    }

    /// The session for the call, which is noted in it.
    ///
    /// - Returns: `nil` if the call was cancelled meanwhile.
    private func joinSession() async throws(UpstreamFailure) -> UpstreamSession? {
        let usual: UpstreamSession
        if let ready = current.pinnedSession ?? current.upstream.readySession(for: caller) {
            usual = ready
        } else {
            usual = try await waitForSession()
            guard !isCancelled else {
                usual.end(self, wasAnswered: false)
                return nil
            }
        }
        if usual.begin(self, mustStay: current.pinnedSession != nil) { return usual }
        let own: UpstreamSession
        do throws(UpstreamFailure) {
            own = try await waitForSession(isAlone: true)
        } catch {
            // Without room for another one, most calls are still better off there: not all are asked something.
            guard error.stage == "limit", !isCancelled, usual.begin(self, mustStay: true) else { throw error }
            return usual
        }
        guard !isCancelled, own.begin(self, mustStay: true) else {
            own.end(self, wasAnswered: false)
            return nil
        }
        return own
    }

    private func waitForSession(isAlone: Bool = false) async throws(UpstreamFailure) -> UpstreamSession {
        let deadline = budget.deadline(start: start, lastSign: nil)
        let (upstream, caller) = (current.upstream, caller)
        // A task of its own, so that cancelling the call ends the wait.
        let task = Task(executorPreference: loop) { () -> Result<UpstreamSession, UpstreamFailure> in
            do throws(UpstreamFailure) {
                return .success(try await upstream.session(for: caller, isAlone: isAlone, until: deadline))
            } catch {
                return .failure(error)
            }
        }
        connecting = task
        defer { connecting = nil }
        let outcome = await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            task.cancel()
        }
        if case .failure(let failure) = outcome, failure.stage == "connect", MonotonicInstant.now >= deadline {
            let (_, words) = budget.exceeded(start: start, lastSign: nil, now: .now)
            throw UpstreamFailure(
                server: failure.server, stage: "connect", detail: "\(failure.detail): \(words)", isRetryable: true)
        }
        return try outcome.get()
    }

    private func advance(
        _ exchange: any MCPExchange, _ session: UpstreamSession
    ) async throws(UpstreamFailure) -> RunEvent? {
        let event: ExchangeEvent
        do throws(MCPClientError) {
            // The run's own timer ends the wait: its deadline moves, with signs of life and with questions.
            event = try await exchange.next(until: .distantFuture)
        } catch {
            if let exceeded {
                await exchange.cancel(reason: exceeded.words)
                if let ownTask { session.cancelTask(ownTask) }
                throw UpstreamFailure(
                    server: current.server, stage: exceeded.stage, detail: exceeded.words, isRetryable: false)
            }
            if let lostAnswer {
                let detail = "the answer to its question was not delivered: \(lostAnswer.detail)"
                throw UpstreamFailure(
                    server: current.server,
                    MCPClientError(lostAnswer.kind, detail, mayHaveExecuted: true))
            }
            if error.kind == .cancelled { await exchange.cancel(reason: "cancelled") }
            try await recover(from: error, session)
            return nil
        }
        lastSign = .now
        switch event {
        case .notification(let notification):
            if notification.method == "notifications/cancelled" {
                withdrawQuestion(named: notification.params)
                return nil
            }
            return translate(notification).map { .notification(method: notification.method, params: $0) }
        case .request(let request):
            ask(request, in: session)
            return nil
        case .alive: return nil
        case .response(let response):
            switch response.outcome {
            case .result(let result):
                if current.runsAsTask, ownTask == nil, let id = result.taskIDs(in: .createResult).first {
                    try await awaitTask(id, in: session)
                    return nil
                }
                hasPlainResult = response.hasPlainResult
                return end(.result(result))
            case .error(let error):
                if let next = alternatives.popFirst() {
                    leave(session, wasAnswered: true)
                    refusal = refusal ?? (error, current)
                    retarget(to: next)
                    return nil
                }
                if let refusal { current = refusal.by }
                return end(.error(refusal?.error ?? error))
            }
        case .stream(let stream):
            return end(.stream(handOver(stream, of: session)))
        }
    }

    /// Lets others have the place among the calls in flight while a person is waited for.
    func yieldPlace() {
        guard let place, !placeIsYielded else { return }
        placeIsYielded = true
        place.yield()
        allCalls.leave()
    }

    /// Takes the place again, also where all are taken: the call is in progress.
    func retakePlace() {
        guard let place, placeIsYielded else { return }
        placeIsYielded = false
        place.resume()
        allCalls.resume()
    }

    private func leavePlace(failed: Bool) {
        retakePlace()
        guard let place else { return }
        self.place = nil
        place.leave(after: MonotonicInstant.now - start, failed: failed)
        allCalls.leave()
    }

    /// Turns to the next server that may know the thing.
    private func retarget(to next: ClientCall) {
        leavePlace(failed: false)
        current = next
        state = .waiting
        stopTimer()
    }

    /// The rest of a large answer, with the call's budgets and its place.
    private func handOver(_ stream: any OutcomeStream, of session: UpstreamSession) -> RunStream {
        retakePlace()
        let (place, allCalls, start) = (place, allCalls, start)
        self.place = nil
        return RunStream(stream, budget: budget, start: start, loop: loop) { [self] failed in
            session.end(self, wasAnswered: !failed)
            place?.leave(after: MonotonicInstant.now - start, failed: failed)
            allCalls.leave()
        }
    }

    /// Sends the call once more where it was certainly not executed, or where that does no harm.
    private func recover(from error: MCPClientError, _ session: UpstreamSession) async throws(UpstreamFailure) {
        leave(session, wasAnswered: false)
        state = .waiting
        stopTimer()
        switch error.kind {
        case .sessionExpired, .connectionFailed: await current.upstream.replace(session, because: error)
        // One broken HTTP connection is not the end of a session that others use; a broken pipe is.
        case .closed where session.connection.processID != nil:
            await current.upstream.replace(session, because: error)
        default: break
        }
        let wasLost = current.isSafe && error.kind == .closed
        guard !error.mayHaveExecuted || wasLost, !hasReplayed, !isCancelled, current.pinnedSession == nil,
            ownTask == nil, error.kind == .sessionExpired || error.kind == .connectionFailed || wasLost
        else { throw UpstreamFailure(server: current.server, error) }
        hasReplayed = true
    }
}
