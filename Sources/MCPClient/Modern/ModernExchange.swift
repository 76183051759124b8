import AsyncIO
import MCPProtocol

/// A request to a server of 2026-07-28, in progress: as many requests on the wire as the server has rounds of questions.
/// Lives on the loop of whoever began it.
actor ModernExchange: MCPExchange {
    enum State {
        /// The server has the request.
        case asking(any MCPExchange)
        /// What it asked is being answered.
        case answering
        /// The request is to be sent again then.
        case pausing(QuestionRounds.Retry, until: MonotonicInstant)
        /// The task that became of the request is to be asked about then.
        case resting(until: MonotonicInstant)
        case over
    }

    nonisolated let id: Int64
    nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    let method: String
    /// As the caller made them.
    private let params: OutgoingParams
    private(set) var context: RequestContext
    let connection: ModernConnection
    var state: State
    /// Events the caller has not taken yet.
    var events: [ExchangeEvent] = []
    /// Why there will be no answer.
    private var failure: MCPClientError?
    private(set) lazy var signal = LoopSignal(loop: loop)

    /// Set once the server asks.
    private var rounds: QuestionRounds?
    private var questions: [RequestID: QuestionRounds.Open] = [:]
    /// The request as it was sent last.
    private(set) var sent: OutgoingParams
    var hasRenewedHeaders = false
    /// The task that became of the request, or that it asks the result of.
    var task: AwaitedTask?

    /// - Parameters:
    ///   - context: with what the server is told that can be asked.
    ///   - first: the request as it was sent first; `nil`: nothing has been sent yet.
    init(
        id: Int64, method: String, params: OutgoingParams, context: RequestContext, connection: ModernConnection,
        loop: EventLoop, sentAs first: (any MCPExchange)? = nil
    ) {
        self.id = id
        self.method = method
        self.params = params
        self.context = context
        self.connection = connection
        self.loop = loop
        sent = params
        state = first.map { .asking($0) } ?? .over
    }

    /// From now on the server may make a task of the request.
    private func declareTasks() {
        context.capabilities = TasksExtension.declared(in: capabilities)
        // What they say of the client no longer holds.
        sent = OutgoingParams(sent.bytes, name: sent.name)
    }

    /// What the server is told that can be asked.
    var capabilities: RawJSON { context.capabilities ?? connection.options.capabilities }

    /// Sends a request about the one that the exchange is for.
    func carry(_ method: String, _ params: RawJSON, as id: Int64) async throws(MCPClientError) -> any MCPExchange {
        try await connection.carry(
            id: id, method: method, params: OutgoingParams(Array(params.bytes)), context: context, on: loop)
    }

    func next(until deadline: MonotonicInstant) async throws(MCPClientError) -> ExchangeEvent {
        do throws(MCPClientError) {
            while events.isEmpty {
                if let failure { throw failure }
                switch state {
                case .asking(let exchange):
                    if let event = try await listen(to: exchange, until: deadline) { return event }
                case .answering: try await wait(until: deadline)
                case .pausing(let retry, let instant):
                    if MonotonicInstant.now < instant {
                        try await wait(until: min(instant, deadline), isPause: instant <= deadline)
                    } else {
                        try await askAgain(retry)
                    }
                case .resting(let instant):
                    if MonotonicInstant.now < instant, task?.hasAnswers != true {
                        try await wait(until: min(instant, deadline), isPause: instant <= deadline)
                    } else {
                        try await askAboutTask()
                    }
                case .over: throw .givenUp
                }
            }
            return events.removeFirst()
        } catch {
            // After its deadline a caller may wait on, or cancel.
            if error.kind != .timedOut, error.kind != .cancelled {
                giveUpTask()
                finish()
            }
            throw error
        }
    }

    func cancel(reason: String) {
        if case .asking(let exchange) = state {
            Task(executorPreference: loop) { await exchange.cancel(reason: reason) }
        }
        giveUpTask()
        events = []
        finish()
        signal.signal()
    }

    /// Ends the exchange without an answer.
    func fail(_ error: MCPClientError) {
        guard failure == nil, !isOver else { return }
        failure = error
        signal.signal()
    }

    private func finish() {
        state = .over
        connection.close(questions.keys)
        questions = [:]
        connection.close(task?.openQuestions ?? [])
        task = nil
    }

    var isOver: Bool { if case .over = state { true } else { false } }

    private func wait(until deadline: MonotonicInstant, isPause: Bool = false) async throws(MCPClientError) {
        switch await signal.wait(until: deadline) {
        case .signalled: return
        case .timedOut:
            if isPause { return }
            throw MCPClientError(.timedOut, "no answer in time", mayHaveExecuted: true)
        case .cancelled: throw MCPClientError(.cancelled, "cancelled", mayHaveExecuted: true)
        }
    }

    // MARK: What the server says

    /// - Returns: what is passed on as it is; anything else has been seen to.
    private func listen(
        to exchange: any MCPExchange, until deadline: MonotonicInstant
    ) async throws(MCPClientError) -> ExchangeEvent? {
        let event: ExchangeEvent
        do throws(MCPClientError) {
            event = try await exchange.next(until: deadline)
        } catch {
            guard case .asking = state else { throw .givenUp }
            if task != nil, error.kind != .timedOut, error.kind != .cancelled {
                try rest(after: error)
                return nil
            }
            // No status of a modern server's in place of an answer.
            if case .unexpectedStatus(let status) = error.kind, [400, 404, 405, 406, 415].contains(status) {
                try await refuseIfStale(error.detail, until: deadline)
            }
            throw error
        }
        guard case .asking = state else { throw .givenUp }
        switch event {
        // FastMCP 4 announces on the stream of the call that has changed something: it has no subscriptions.
        case .notification(let notification) where notification.method.hasSuffix("/list_changed"):
            connection.server.take(notification)
        case .notification(let notification) where notification.method == "notifications/resources/updated":
            connection.take(notification)
        case .notification(let notification): return .notification(restored(notification, from: exchange.id))
        case .alive: break
        case .request(let request):
            connection.options.log.warning("server sent a request, which it must not", ["method": request.method])
        case .response(let response):
            guard let answer = plainAnswer(response) else {
                try await take(response, until: deadline)
                return nil
            }
            finish()
            return answer
        case .stream(let stream): try await take(stream, until: deadline)
        }
        return nil
    }

    /// The answer that most requests have: to the first time they were sent, and nobody here has anything to do with it.
    private func plainAnswer(_ response: JSONRPCResponse) -> ExchangeEvent? {
        guard task == nil, rounds == nil, method != "tools/list", method != "tasks/get",
            case .result(let result) = response.outcome,
            InputRequired.isResultType("complete", of: result)
        else { return nil }
        var answer = JSONRPCResponse(id: .integer(id), outcome: response.outcome)
        answer.hasPlainResult = true
        return .response(answer)
    }

    /// Progress of a later round, as the caller knows it.
    private func restored(_ notification: JSONRPCNotification, from round: Int64) -> JSONRPCNotification {
        guard round != id, notification.method == "notifications/progress", let params = notification.params else {
            return notification
        }
        return JSONRPCNotification(
            method: notification.method, params: params.replacing([(["progressToken"], Array("\(id)".utf8))]))
    }

    private func take(_ response: JSONRPCResponse, until deadline: MonotonicInstant) async throws(MCPClientError) {
        if task != nil { return try takeOfTask(response.outcome) }
        switch response.outcome {
        case .result(let result): try take(result)
        case .error(let error):
            switch error.code {
            case ErrorCode.headerMismatch: try await renewHeaders(after: error, until: deadline)
            case ErrorCode.unsupportedProtocolVersion:
                try await refuseIfStale("error \(error.code): \(error.message)", until: deadline)
                throw violation("the server refused the revision that it says it supports: \(error.message)")
            // Not about this request: most likely that it has no session.
            case -32000 where response.id == nil, ErrorCode.invalidRequest where response.id == nil:
                try await refuseIfStale("error \(error.code): \(error.message)", until: deadline)
                end(.error(error))
            default:
                guard context.tasks == .awaited, !hasTasks, TasksExtension.isRequired(by: error) else {
                    return end(.error(error))
                }
                // Nothing has been executed; with a task it can be, and the task can be waited for.
                declareTasks()
                try await send(sent)
            }
        }
    }

    private func take(_ result: RawJSON) throws(MCPClientError) {
        switch result.member("resultType")?.stringValue ?? "complete" {
        case "complete":
            if method == "tools/list" { connection.server.headers.learn(fromTools: result) }
            end(.result(method == "tasks/get" && context.tasks == .core ? try coreTask(result) : result))
        case "input_required":
            guard mayAsk else { throw violation("a result of \(method) must not ask") }
            let asked: InputRequired?
            do throws(MessageError) {
                asked = try InputRequired(result: result)
            } catch {
                throw violation("what the server asks is invalid: \(error)")
            }
            if let asked, !context.handsOutQuestions { try ask(asked) } else { end(.result(result)) }
        case "task" where hasTasks: try take(task: result)
        case let type: throw violation("the result is of an unknown type, \"\(type.prefix(40))\"")
        }
    }

    func violation(_ fact: String) -> MCPClientError {
        MCPClientError(.protocolViolation, fact, mayHaveExecuted: true)
    }

    /// The only requests that may be answered with questions.
    private var mayAsk: Bool { ["tools/call", "prompts/get", "resources/read"].contains(method) }

    private var hasTasks: Bool { TasksExtension.isDeclared(in: capabilities) }

    func end(_ outcome: JSONRPCResponse.Outcome) {
        if case .result = outcome { announce(rounds?.finish()) }
        events.append(.response(JSONRPCResponse(id: .integer(id), outcome: outcome)))
        finish()
    }

    /// A large answer is handed out as it comes, unless it has to be looked into.
    private func take(_ stream: any OutcomeStream, until deadline: MonotonicInstant) async throws(MCPClientError) {
        let first = try await stream.next(until: deadline) ?? []
        let mustBeRead =
            method == "tools/list" || stream.member == "error" || mayAsk && InputRequired.mayBegin(first)
            || task != nil || method == "tasks/get" && context.tasks == .core
        guard mustBeRead else {
            announce(rounds?.finish())
            events.append(.stream(BegunStream(first, rest: stream, loop: loop)))
            return finish()
        }
        var bytes = Array(first)
        while let piece = try await stream.next(until: deadline) { bytes += piece }
        let value = RawJSON(unchecked: bytes[...])
        guard stream.member == "error" else {
            return try await take(JSONRPCResponse(id: .integer(id), outcome: .result(value)), until: deadline)
        }
        guard let error = JSONRPCError(value) else { throw violation("the answer's error is not an error object") }
        try await take(JSONRPCResponse(id: .integer(id), outcome: .error(error)), until: deadline)
    }

    // MARK: Questions

    private func ask(_ asked: InputRequired) throws(MCPClientError) {
        var completed: [String] = []
        var rounds = rounds ?? makeRounds()
        let step = try rounds.take(asked, completed: &completed)
        self.rounds = rounds
        announce(completed)
        switch step {
        case .askAgain(let retry, let pause): state = .pausing(retry, until: .now + pause)
        case .ask(let open):
            state = .answering
            for open in open {
                let id = connection.open(questionOf: self)
                questions[id] = open
                var params = open.question.params
                if let elicitationID = open.elicitationID {
                    params = params?.replacing([(["elicitationId"], JSONWriter.quote(elicitationID))])
                }
                events.append(.request(JSONRPCRequest(id: id, method: open.question.method, params: params)))
            }
        }
    }

    private func makeRounds() -> QuestionRounds {
        QuestionRounds(
            for: ClientCapabilities(capabilities, revision: .v2026_07_28),
            maxRounds: connection.options.maxQuestionRounds)
    }

    /// Tells that visits to URLs are over (MCP 2025-11-25, Elicitation, "Completion Notifications").
    private func announce(_ completed: [String]?) {
        for id in completed ?? [] {
            let params = RawJSON.emptyObject.replacing([(["elicitationId"], JSONWriter.quote(id))])
            events.append(
                .notification(JSONRPCNotification(method: "notifications/elicitation/complete", params: params)))
        }
    }

    /// - Returns: `false` if nobody waits for that answer.
    func take(_ outcome: JSONRPCResponse.Outcome, answering id: RequestID) -> Bool {
        if let question = task?.close(id) { return answerOfTask(outcome, to: question) }
        guard let open = questions.removeValue(forKey: id) else { return false }
        switch outcome {
        case .result(let result): rounds?.take(result.detached(), to: open)
        case .error where open.question.method == QuestionForClient.elicitation:
            rounds?.take(QuestionForClient.cancelled, to: open)
        case .error(let error):
            // Other refusals the server cannot be told.
            end(refusal(of: open.question, error))
            signal.signal()
            return true
        }
        if questions.isEmpty, case .answering = state, let rounds {
            state = .pausing(rounds.retry, until: .now)
            signal.signal()
        }
        return true
    }

    /// How a request ends whose question was not answered: a call of a tool with a result that the model can read (MCP
    /// 2025-11-25, Tools, "Error Handling").
    func refusal(of question: InputRequired.Question, _ error: JSONRPCError) -> JSONRPCResponse.Outcome {
        guard method == "tools/call" else { return .error(error) }
        return .result(.toolError("the client declined \(question.method): \(error.message)"))
    }

    private func askAgain(_ retry: QuestionRounds.Retry) async throws(MCPClientError) {
        let again = RawJSON(unchecked: params.bytes[...])
            .answering(retry.responses, requestState: retry.requestState)
        try await send(
            OutgoingParams(Array(again.bytes), isOfItsHop: params.isOfItsHop && sent.isOfItsHop, name: params.name))
    }

    /// Sends the request under an id of its own, which is its progress token, too.
    func send(_ params: OutgoingParams) async throws(MCPClientError) {
        let round = connection.makeRequestID()
        var params = params
        let given = RawJSON(unchecked: params.bytes[...])
        if given["_meta", MetaKey.progressToken] != nil {
            params.bytes = Array(given.replacing([(["_meta", MetaKey.progressToken], Array("\(round)".utf8))]).bytes)
        }
        sent = params
        let exchange = try await connection.carry(id: round, method: method, params: params, context: context, on: loop)
        guard !isOver else {
            await exchange.cancel(reason: "no longer needed")
            throw .givenUp
        }
        state = .asking(exchange)
    }
}
