import AsyncIO
import MCPClient
import MCPProtocol

/// A call in progress at a server that may ask, made by a client that is asked in results: the call outlives the request
/// that began it, and each further request that brings answers waits for the same call (MCP 2026-07-28, "Multi Round-Trip
/// Requests").
///
/// While no request waits the call is parked. Every question is put and every answer delivered once, however often the
/// client asks again.
actor InteractiveCall: CallerLink {
    /// What a waiting request is told.
    enum Step: Sendable {
        /// The client has to answer these first.
        case asks([InputRequired.Question], round: Int64)
        case finished(RunOutcome, RunFacts)
        /// The request has been given up; nobody takes an answer.
        case abandoned
    }

    /// A request that waits.
    private struct Waiter {
        let request: WaitingRequest
        let continuation: CheckedContinuation<Step, Never>
    }

    nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
    /// Nobody can guess it.
    nonisolated let id: String
    nonisolated let partition: FrontSession
    /// Whom the caps count for.
    nonisolated let origin: String
    private nonisolated let parking: ParkedCalls
    private nonisolated let namesServer: Bool

    private var run: CallRun?
    /// Whether servers must keep what they hold for the client.
    private var holdsPartition = false
    private var questions = AskedQuestions()
    /// What the client has answered already, to a call before this one.
    private var recalled: RecalledAnswers?
    /// Questions that come together are put together: until this fires, nothing is asked.
    private var gathering: TimerToken?
    private var waiters: [Waiter] = []
    /// What the call came to. The client is told once it has answered what the call carried for others.
    private var outcome: Step?
    /// How many times the client was asked.
    private var round: Int64 = 0
    private var isParked = false
    private var wasParked = false
    private var isOver = false
    /// Ends the call nobody comes back for, or forgets an outcome that was fetched.
    private var expiry: TimerToken?
    /// What the client was not asked because it did not say that it can be.
    private(set) var refusedCapabilities: RawJSON?
    /// What was told while no request waited.
    private var missed: [JSONRPCNotification] = []

    /// How long questions are waited for that come with the first.
    private nonisolated let gatherTime: Duration
    /// Messages kept for a client that is about to come back; older ones go.
    private static let maxMissed = 64

    init(
        for partition: FrontSession, origin: String, namesServer: Bool, parking: ParkedCalls, on loop: EventLoop,
        recalling recalled: RecalledAnswers? = nil, gathering gatherTime: Duration = .milliseconds(20)
    ) {
        self.recalled = recalled
        self.gatherTime = gatherTime
        self.partition = partition
        self.origin = origin
        self.namesServer = namesServer
        self.parking = parking
        self.loop = loop
        id = SessionStore.makeID()
    }

    /// Begins to read what the call says. Once.
    func begin(_ run: CallRun) {
        self.run = run
        partition.parkedCallBegan()
        holdsPartition = true
        Task(executorPreference: loop) { await self.read(run) }
    }

    /// The call, for whoever reads its outcome; `nil` once that has been fetched or given up for good.
    var call: CallRun? { run }

    /// What tells these questions apart from others, by key, where the call may be made again.
    func digests(of asked: [InputRequired.Question]) -> [String: String] {
        let keys = Set(asked.map(\.key))
        return questions.digests.filter { keys.contains($0.key) }
    }

    /// Whether time decides its end: nobody waits for it.
    var isExpiring: Bool { expiry != nil }
    /// Requests that wait.
    var waiterCount: Int { waiters.count }
    /// Questions without an answer.
    var questionCount: Int { questions.count }
    /// Whether more questions are waited for before any is asked.
    var isGathering: Bool { gathering != nil }
    var hasEnded: Bool { isOver }

    private func read(_ run: CallRun) async {
        while true {
            switch await run.next() {
            case .notification(let method, let params):
                await pass(JSONRPCNotification(method: method, params: params))
            case .finished(var outcome, let facts):
                // Several may fetch it, or fetch it again, or later.
                if case .stream(let stream) = outcome, wasParked || waiters.count != 1 || !questions.isEmpty {
                    outcome = await run.collect(stream)
                }
                return finish(outcome, facts)
            }
        }
    }

    private func finish(_ outcome: RunOutcome, _ facts: RunFacts) {
        self.outcome = .finished(outcome, facts)
        questions.callEnded()
        finishIfAnswered()
    }

    /// Over stdio a call may carry what another one of the same client has led to, whose server then still waits.
    private func finishIfAnswered() {
        guard let outcome, questions.isEmpty, !isOver else { return }
        stopGathering()
        letPartitionGo()
        let waiting = waiters
        waiters = []
        for waiter in waiting { waiter.continuation.resume(returning: outcome) }
        guard wasParked else { return over() }
        isParked = waiting.isEmpty
        // The answer may get lost on its way: for a while it can be fetched again.
        parking.keep(self)
        expire(after: parking.limits.parkGrace)
    }

    // MARK: Requests

    /// Waits for what a request has to be answered with.
    ///
    /// - Parameter request: told of progress meanwhile.
    func next(for request: WaitingRequest) async -> Step {
        if let step = nextStep() { return step }
        resumeFromPark()
        while !missed.isEmpty { await request.pass(missed.removeFirst()) }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                // Behind the waits above there may be something new.
                if let step = nextStep() { return continuation.resume(returning: step) }
                waiters.append(Waiter(request: request, continuation: continuation))
                // Its client may have gone before it could be found among those that wait.
                if Task.isCancelled || request.isGone { Task { await self.abandon(request) } }
            }
        } onCancel: {
            Task { await self.abandon(request) }
        }
    }

    /// What a request need not wait for.
    private func nextStep() -> Step? {
        if let outcome, questions.isEmpty { return outcome }
        if isOver { return .abandoned }
        return !questions.isEmpty && gathering == nil ? ask() : nil
    }

    /// The client has closed the request's connection, which cancels the call, unless another request waits for it (MCP
    /// 2026-07-28, Transports, "Cancellation").
    func abandon(_ request: WaitingRequest) async {
        guard let index = waiters.firstIndex(where: { $0.request === request }) else { return }
        waiters.remove(at: index).continuation.resume(returning: .abandoned)
        if waiters.isEmpty { await cancel(reason: "the client closed its request") }
    }

    /// - Throws: what is wrong with an answer; nothing has been delivered then.
    func deliver(_ answers: [(key: String, value: RawJSON)]) throws(JSONRPCError) {
        if try questions.deliver(answers) { finishIfAnswered() }
    }

    // MARK: Questions

    nonisolated var canBeAsked: Bool { partition.capabilities.canBeAsked }

    nonisolated func ask(
        _ request: JSONRPCRequest, of server: ServerConfiguration, outlivesCall: Bool,
        answer: @escaping @Sendable (JSONRPCResponse.Outcome) -> Void
    ) -> QuestionOutcome {
        assumeIsolated { $0.take(request, of: server, outlivesCall: outlivesCall, answer: answer) }
    }

    private func take(
        _ request: JSONRPCRequest, of server: ServerConfiguration, outlivesCall: Bool,
        answer: @escaping @Sendable (JSONRPCResponse.Outcome) -> Void
    ) -> QuestionOutcome {
        let (params, conversion): (RawJSON?, AnswerConversion)
        switch partition.judge(request, namedAs: namesServer ? server.name : nil) {
        case .refuse(let outcome):
            refusedCapabilities = RequiredCapabilities.of(request) ?? refusedCapabilities
            return .answered(outcome)
        case .deliver(let shown, let answer): (params, conversion) = (shown, answer)
        }
        let digest = run?.call.mayBeRepeated == true ? RecalledAnswers.digest(of: request) : nil
        if let digest, let value = recalled?.take(digest, answering: request.method) {
            return .answered(conversion.convert(.result(value)))
        }
        guard !isOver, parking.admit(self) else {
            return .answered(UnansweredQuestion.outcome(of: request.method, parking.refusal(of: self)))
        }
        let ticket = questions.add(
            request.method, params, conversion, outlivesCall: outlivesCall, digest: digest, answer: answer)
        if gathering == nil {
            gathering = loop.schedule(at: .now + gatherTime) { [weak self] in
                self?.assumeIsolated { $0.gathered() }
            }
        }
        return .asked(ticket)
    }

    private func gathered() {
        gathering = nil
        guard !questions.isEmpty, !waiters.isEmpty else { return }
        let step = ask()
        let waiting = waiters
        waiters = []
        for waiter in waiting { waiter.continuation.resume(returning: step) }
    }

    private func stopGathering() {
        if let gathering { loop.cancel(gathering) }
        gathering = nil
    }

    /// What is not answered yet is asked, and the call parked.
    private func ask() -> Step {
        round += 1
        isParked = true
        wasParked = true
        run?.assumeIsolated { $0.yieldPlace() }
        expire(after: parking.limits.parkTimeout)
        return .asks(questions.shown, round: round)
    }

    nonisolated func withdraw(_ ticket: QuestionTicket, reason: String) {
        Task(executorPreference: loop) { await self.forget(ticket) }
    }

    /// The server takes a question back; an answer that comes later is for nothing.
    private func forget(_ ticket: QuestionTicket) {
        questions.forget(ticket)
        finishIfAnswered()
    }

    // MARK: Telling

    nonisolated func note(_ notification: JSONRPCNotification) {
        Task(executorPreference: loop) { await self.pass(notification) }
    }

    private func pass(_ notification: JSONRPCNotification) async {
        guard !waiters.isEmpty else {
            // Progress is of the moment (MCP 2026-07-28, "Progress"). Before the first request waits it is not yet late: a
            // server may be faster than the hop from the beginning to the wait.
            guard notification.method != "notifications/progress" || !wasParked else { return }
            if missed.count == Self.maxMissed { missed.removeFirst() }
            missed.append(notification)
            return
        }
        for waiter in waiters { await waiter.request.pass(notification) }
    }

    // MARK: Ends

    private func letPartitionGo() {
        if holdsPartition { partition.parkedCallEnded() }
        holdsPartition = false
    }

    private func resumeFromPark() {
        guard isParked else { return }
        isParked = false
        stopExpiry()
        run?.assumeIsolated { $0.retakePlace() }
    }

    private func expire(after limit: Duration?) {
        stopExpiry()
        guard let limit else { return }
        expiry = loop.schedule(at: .now + limit) { [weak self] in
            guard let self else { return }
            Task(executorPreference: self.loop) { await self.expired() }
        }
    }

    private func stopExpiry() {
        if let expiry { loop.cancel(expiry) }
        expiry = nil
    }

    private func expired() async {
        expiry = nil
        guard waiters.isEmpty else { return }
        if outcome != nil, questions.isEmpty { over() } else { await cancel(reason: "the client did not come back") }
    }

    /// Gives the call up: the server's questions are answered, so that it is not left waiting, then it is told.
    func cancel(reason: String) async {
        guard !isOver else { return }
        questions.refuseAll(reason)
        let run = self.run
        over()
        await run?.cancel(reason: reason)
    }

    private func over() {
        isOver = true
        stopGathering()
        stopExpiry()
        letPartitionGo()
        parking.forget(self)
        let waiting = waiters
        waiters = []
        for waiter in waiting { waiter.continuation.resume(returning: .abandoned) }
        missed = []
        // It holds this call as its way to the client.
        run = nil
    }
}
