import MCPProtocol

/// One client of the legacy era, from `initialize` on: a process's standard streams, or an HTTP session.
///
/// Knows messages, not transports: a message and a sink go in, an answer comes out, at once or through the sink.
@LoopActor
final class LegacySession: ServerObserver {
    /// The longest message taken, in bytes.
    static let maxMessageBytes = 64 << 20

    /// What the client said of itself.
    struct ClientFacts {
        var capabilities = RawJSON.emptyObject
        var info = RawJSON.emptyObject
    }

    let server: Server
    let transport: TransportKind
    /// Tells this session from others in a record.
    let label: String
    /// `nil` before `initialize`.
    private(set) var revision: ProtocolRevision?
    private(set) var client = ClientFacts()
    /// Takes what belongs to no request, such as list changes; answers whether there was somewhere to send it.
    var sendUnsolicited: (@LoopActor (OutgoingMessage) -> Bool)?
    /// There may be somewhere to send what belongs to no request now.
    private(set) lazy var channelOpened = Broadcast()
    /// Whether the transport can carry what belongs to no request.
    let canAnnounce: Bool
    private(set) var logLevel = LogLevel.debug
    var subscriptions: Set<String> = []
    // Made only when needed: over HTTP without sessions, this is all for one request.
    private(set) lazy var questions = QuestionDesk(usesStringIDs: server.options.usesStringIDs)
    private(set) lazy var tasks = TaskStore(pages: PageCutter(size: server.options.pageSize))
    /// Whether answers need a task of their own, because more is sent than they are.
    private let mustDisturbAnswers: Bool
    private var counter = 0
    private var running: [RequestID: Task<Void, any Error>] = [:]
    /// What goes on beside requests.
    private var background: [Int: Task<Void, any Error>] = [:]

    /// - Parameters:
    ///   - label: tells this session from others in a record.
    ///   - revision: known from the start where there is no `initialize`, as over HTTP without sessions.
    ///   - canAnnounce: whether the transport can carry what belongs to no request.
    init(
        server: Server, transport: TransportKind, label: String, revision: ProtocolRevision? = nil,
        canAnnounce: Bool = true
    ) {
        self.server = server
        self.transport = transport
        self.label = label
        self.revision = revision
        self.canAnnounce = canAnnounce
        mustDisturbAnswers =
            server.options.answersTooMuch || server.options.sendsUnknownResponses
            || server.options.sendsUnknownProgress
    }

    /// Ends everything that runs. Nothing is answered any more.
    func close() {
        server.remove(self)
        sendUnsolicited = nil
        questions.close()
        tasks.close()
        channelOpened.send()
        for task in running.values { task.cancel() }
        for task in background.values { task.cancel() }
    }

    func count() -> Int {
        counter += 1
        return counter
    }

    // MARK: Receiving

    /// Takes what one line or one HTTP body holds.
    ///
    /// - Parameter text: the same as it came.
    func receive(_ payload: JSONRPCPayload, text: ArraySlice<UInt8>, sink: any MessageSink) -> Reception {
        server.recorder?.record(
            Array(text), from: .client, session: label, transport: transport, revision: revision)
        switch payload {
        case .single(let message): return receive(message, sink: sink)
        case .batch(let entries):
            guard revision?.allowsBatch == true else { return .answer(recorded(Self.batchRefusal)) }
            let batch = BatchSink(sink)
            for entry in entries {
                switch entry {
                case .success(.request(let request)) where request.method == InitializeRequest.method:
                    let refusal = Self.error(request.id, ErrorCode.invalidRequest, "initialize in a batch")
                    batch.add(.answer(recorded(refusal)))
                case .success(let message): batch.add(receive(message, sink: batch))
                case .failure(let error): batch.add(.answer(recorded(Self.error(error))))
                }
            }
            return batch.close()
        }
    }

    static let batchRefusal = error(nil, ErrorCode.invalidRequest, "batches belong to 2025-03-26 only")

    private func receive(_ message: JSONRPCMessage, sink: any MessageSink) -> Reception {
        switch message {
        case .request(var request):
            server.statistics.count(request.method)
            if server.options.isSilent { return .pending }
            if server.options.echoesStringIDs { request.id = Self.echoedID(request.id) }
            let reception = answer(request, sink)
            guard case .answer(let answer) = reception else { return reception }
            if mustDisturbAnswers, request.method != InitializeRequest.method {
                return start(request, sink) { answer }
            }
            return .answer(recorded(answer))
        case .notification(let notification):
            server.statistics.count(notification.method)
            receive(notification)
            return .accepted
        case .response(let response):
            questions.receive(response)
            return .accepted
        }
    }

    private func receive(_ notification: JSONRPCNotification) {
        switch notification.method {
        case "notifications/cancelled":
            guard let raw = notification.params?.member("requestId"), let id = RequestID(raw) else { return }
            server.rememberCancellation(of: raw)
            running[server.options.echoesStringIDs ? Self.echoedID(id) : id]?.cancel()
        case "notifications/initialized":
            if let question = server.options.questionAtStart { askOutsideCalls(question) }
        default: break
        }
    }

    private func answer(_ request: JSONRPCRequest, _ sink: any MessageSink) -> Reception {
        if request.method == InitializeRequest.method { return initialize(request, sink) }
        if request.method == "ping" { return .answer(Self.response(request.id, RawJSON.emptyObject)) }
        guard let revision else {
            return .answer(Self.error(request.id, ErrorCode.invalidRequest, "initialize comes first"))
        }
        switch request.method {
        case "tools/call": return call(request, revision, sink)
        case "tools/list": return list(.tools, request, revision, sink)
        case "resources/list": return list(.resources, request, revision, sink)
        case "resources/templates/list": return list(.resourceTemplates, request, revision, sink)
        case "prompts/list": return list(.prompts, request, revision, sink)
        case "resources/read": return readResource(request, revision)
        case "resources/subscribe": return setSubscription(request, revision, to: true)
        case "resources/unsubscribe": return setSubscription(request, revision, to: false)
        case "prompts/get": return getPrompt(request, revision)
        case "completion/complete": return complete(request, revision)
        case "logging/setLevel": return setLevel(request)
        case "tasks/get" where hasTasks: return getTask(request)
        case "tasks/result" where hasTasks: return taskResult(request, sink)
        case "tasks/list" where hasTasks: return listTasks(request)
        case "tasks/cancel" where hasTasks: return cancelTask(request)
        default:
            return .answer(
                Self.error(request.id, ErrorCode.methodNotFound, "method \"\(request.method)\" is unknown"))
        }
    }

    // MARK: Requests

    private func initialize(_ request: JSONRPCRequest, _ sink: any MessageSink) -> Reception {
        guard revision == nil else {
            return .answer(Self.error(request.id, ErrorCode.invalidRequest, "the session is initialized already"))
        }
        let wanted: InitializeRequest
        do { wanted = try InitializeRequest(params: request.params) } catch {
            return .answer(Self.error(request.id, ErrorCode.invalidParams, error.description))
        }
        let options = server.options
        let revision = min(.negotiated(forRequested: wanted.protocolVersion), options.newestRevision)
        self.revision = revision
        client = ClientFacts(
            capabilities: wanted.capabilities.detached(),
            info: request.params?.member("clientInfo")?.detached() ?? .emptyObject)
        server.add(self)
        let result = InitializeResult(
            protocolVersion: revision, capabilities: capabilities(for: revision),
            serverInfo: Implementation(name: options.name, version: ServerOptions.version),
            instructions: options.instructions)
        let answer = OutgoingMessage(JSONRPC.response(id: request.id, result: result.encode()))
        guard options.startDelay > .zero else { return .answer(answer) }
        return start(request, sink) { () async throws(ToolFailure) in
            try await Self.sleep(for: options.startDelay)
            return answer
        }
    }

    private func capabilities(for revision: ProtocolRevision) -> RawJSON {
        let changes: JSONValue = ["listChanged": .bool(canAnnounce)]
        var object: JSONObject = [
            "tools": changes, "logging": [:],
            "resources": ["subscribe": .bool(canAnnounce), "listChanged": .bool(canAnnounce)], "prompts": changes,
        ]
        if revision.hasCompletionsCapability { object["completions"] = [:] }
        if hasTasks { object["tasks"] = ["list": [:], "cancel": [:], "requests": ["tools": ["call": [:]]]] }
        return JSONValue.object(object).raw
    }

    private func setLevel(_ request: JSONRPCRequest) -> Reception {
        guard let level = LogLevel(rawValue: request.params?.member("level")?.stringValue ?? "") else {
            let fact = "params.level must be one of \(LogLevel.words)"
            return .answer(Self.error(request.id, ErrorCode.invalidParams, fact))
        }
        logLevel = level
        return .answer(Self.response(request.id, .emptyObject))
    }

    // MARK: Running

    /// Does the work of a request in a task of its own, which ends when the client takes the request back.
    func start(
        _ request: JSONRPCRequest, _ sink: any MessageSink,
        _ work: @escaping @LoopActor () async throws(ToolFailure) -> OutgoingMessage
    ) -> Reception {
        let (id, method) = (request.id, request.method)
        guard running[id] == nil else {
            return .answer(Self.error(id, ErrorCode.invalidRequest, "a request with this id is running already"))
        }
        server.callStarted()
        // The task starts after this method, for both need the loop.
        running[id] = LoopActor.start { [self] in
            var answer: OutgoingMessage?
            do throws(ToolFailure) {
                answer = try await work()
            } catch {
                answer = Self.error(id, error)
            }
            if Task.isCancelled { answer = server.options.answersTooMuch ? Self.unwantedAnswer(id) : nil }
            running[id] = nil
            server.callEnded()
            if let answer, mustDisturbAnswers { await disturb(before: answer, to: method, sink) }
            sink.finish(answer.map(recorded))
        }
        return .pending
    }

    /// Does something that belongs to no request; it ends with the session.
    func startInBackground(_ work: @escaping @LoopActor () async -> Void) {
        let number = server.makeNumber()
        background[number] = LoopActor.start { [self] in
            await work()
            background[number] = nil
        }
    }

    static func sleep(for duration: Duration) async throws(ToolFailure) {
        do { try await LoopActor.loop.sleep(for: duration) } catch { throw .cancelled }
    }
}
