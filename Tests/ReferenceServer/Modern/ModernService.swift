import MCPProtocol

/// The server of 2026-07-28: every request is answered from what it says itself, whoever sent it before.
@LoopActor
final class ModernService {
    private struct RunningKey: Hashable {
        let caller: String
        let id: RequestID
    }

    static let revision = ProtocolRevision.v2026_07_28

    unowned let server: Server
    private(set) var subscriptions: [Subscription] = []
    /// By their ids.
    var tasks: [String: ModernTask] = [:]
    private var running: [RunningKey: Task<Void, any Error>] = [:]
    /// Who answers, as JSON.
    private(set) lazy var encodedIdentity = identity.serialized()
    /// Whether answers need a task of their own, because more is sent than they are.
    private let mustDisturbAnswers: Bool

    init(server: Server) {
        self.server = server
        mustDisturbAnswers =
            server.options.answersTooMuch || server.options.sendsUnknownResponses
            || server.options.sendsUnknownProgress
    }

    // MARK: Receiving

    /// Takes what one line or one HTTP body holds.
    ///
    /// - Parameter text: the same as it came.
    func receive(
        _ payload: JSONRPCPayload, text: ArraySlice<UInt8>, from caller: ModernCaller, sink: any MessageSink
    ) -> Reception {
        record(Array(text), from: .client, caller)
        switch payload {
        case .single(.request(var request)):
            server.statistics.count(request.method)
            if server.options.isSilent { return .pending }
            if server.options.echoesStringIDs { request.id = LegacySession.echoedID(request.id) }
            return receive(request, from: caller, sink: sink)
        case .single(.notification(let notification)):
            server.statistics.count(notification.method)
            if notification.method == "notifications/cancelled", caller.headers == nil,
                let raw = notification.params?.member("requestId"), let id = RequestID(raw)
            {
                cancel(server.options.echoesStringIDs ? LegacySession.echoedID(id) : id, of: caller, knows: raw)
            }
            return .accepted
        case .single(.response(let response)):
            return refuse(.invalidRequest("responses are not taken: this server asks nothing"), response.id, caller)
        case .batch:
            return refuse(.invalidRequest("batches belong to 2025-03-26 only"), nil, caller)
        }
    }

    /// Refuses what is no message at all.
    func refuse(_ error: JSONRPCParseError, from caller: ModernCaller) -> OutgoingMessage {
        var message = OutgoingMessage(JSONRPC.error(id: error.id, error.rpcError, omitsMissingID: true))
        message.status = 400
        return recorded(message, caller)
    }

    private func refuse(_ refusal: ModernRefusal, _ id: RequestID?, _ caller: ModernCaller) -> Reception {
        .answer(recorded(refusal.answer(to: id), caller))
    }

    private func receive(
        _ request: JSONRPCRequest, from caller: ModernCaller, sink: any MessageSink
    ) -> Reception {
        let reception: Reception
        do throws(ModernRefusal) {
            let envelope = try check(request, caller)
            let exchange = ModernExchange(request, envelope, caller, sink)
            reception = try answer(exchange)
            if mustDisturbAnswers, case .answer(let answer) = reception {
                return start(exchange) { () async throws(ToolFailure) in answer }
            }
        } catch {
            reception = .answer(error.answer(to: request.id))
        }
        guard case .answer(let answer) = reception else { return reception }
        return .answer(recorded(answer, caller))
    }

    // MARK: The order of checks

    /// Which of several faults is answered is part of the protocol (Transports, "Error Responses").
    private func check(_ request: JSONRPCRequest, _ caller: ModernCaller) throws(ModernRefusal) -> ModernEnvelope {
        if request.method == "initialize", !ModernEnvelope.isClaimed(in: request.params) {
            // Names what a client with a handshake only cannot know.
            let wanted = request.params?.member("protocolVersion").map { JSONValue($0) } ?? .null
            throw .unsupportedVersion(wanted, supported: server.supportedVersions)
        }
        let envelope = try ModernEnvelope(request.params)
        if let headers = caller.headers {
            let rules = HeaderRules(headers: headers)
            try rules.checkVersion(envelope)
            try rules.checkMethod(request)
            try rules.checkName(request)
        }
        guard envelope.version == Self.revision.rawValue else {
            throw .unsupportedVersion(.string(envelope.version), supported: server.supportedVersions)
        }
        return envelope
    }

    private func answer(_ exchange: ModernExchange) throws(ModernRefusal) -> Reception {
        switch exchange.request.method {
        case "server/discover": return discover(exchange)
        case "tools/call": return try call(exchange)
        case "resources/read": return .answer(try readResource(exchange))
        case "prompts/get": return .answer(try getPrompt(exchange))
        case "completion/complete": return .answer(try complete(exchange))
        case "subscriptions/listen": return try listen(exchange)
        case "tasks/get": return .answer(try getTask(exchange))
        case "tasks/update": return .answer(try updateTask(exchange))
        case "tasks/cancel": return .answer(try cancelTask(exchange))
        case let method:
            guard let list = ListKind(method: method) else { throw .methodNotFound(method) }
            return try self.list(list, exchange)
        }
    }

    // MARK: Running

    /// Does the work of a request in a task of its own, which ends when the client takes the request back.
    func start(
        _ exchange: ModernExchange, _ work: @escaping @LoopActor () async throws(ToolFailure) -> OutgoingMessage
    ) -> Reception {
        let key = RunningKey(caller: exchange.caller.label, id: exchange.id)
        guard running[key] == nil else {
            return .answer(
                ModernRefusal.invalidRequest("a request with this id is running already").answer(to: exchange.id))
        }
        let isCall = exchange.request.method != SubscriptionFilter.method
        if isCall { server.callStarted() }
        // The task starts after this method, for both need the loop.
        running[key] = LoopActor.start { [self] in
            var answer: OutgoingMessage?
            do throws(ToolFailure) {
                answer = try await work()
            } catch {
                answer = self.answer(exchange, error, asked: nil)
            }
            if Task.isCancelled {
                answer = server.options.answersTooMuch ? LegacySession.unwantedAnswer(exchange.id) : nil
            }
            running[key] = nil
            if isCall { server.callEnded() }
            if let answer, mustDisturbAnswers { await disturb(before: answer, exchange) }
            exchange.sink.finish(answer.map { recorded($0, exchange.caller) })
        }
        return .pending
    }

    /// The client wants no answer any more.
    ///
    /// - Parameter raw: the id as it came, to be remembered.
    func cancel(_ id: RequestID, of caller: ModernCaller, knows raw: RawJSON) {
        guard let task = running[RunningKey(caller: caller.label, id: id)] else { return }
        if !subscriptions.contains(where: { $0.id == id && $0.caller == caller.label }) {
            server.rememberCancellation(of: raw)
        }
        task.cancel()
    }

    func isRunning(_ id: RequestID, of caller: ModernCaller) -> Bool {
        running[RunningKey(caller: caller.label, id: id)] != nil
    }

    func add(_ subscription: Subscription) {
        subscriptions.append(subscription)
        server.add(subscription)
    }

    func remove(_ subscription: Subscription) {
        subscriptions.removeAll { $0 === subscription }
        server.remove(subscription)
    }

    // MARK: Sending

    /// Sends what comes before an answer, if there is a place for it.
    func send(_ message: [UInt8], _ exchange: ModernExchange) async {
        guard exchange.sink.carriesMessages else { return }
        await exchange.sink.send(recorded(OutgoingMessage(message), exchange.caller).head)
    }

    /// The message, which is about to be sent, after it has been recorded.
    func recorded(_ message: OutgoingMessage, _ caller: ModernCaller) -> OutgoingMessage {
        if server.recorder != nil {
            let filler = repeatElement(OutgoingMessage.filler, count: message.fillerBytes)
            record(message.head + filler + message.tail, from: .server, caller)
        }
        return message
    }

    private func record(_ bytes: [UInt8], from sender: Recorder.Sender, _ caller: ModernCaller) {
        server.recorder?.record(
            bytes, from: sender, session: caller.label, transport: caller.transport, revision: Self.revision)
    }

    /// Sends what nobody asked for, as the options want it.
    private func disturb(before answer: OutgoingMessage, _ exchange: ModernExchange) async {
        let options = server.options
        if options.sendsUnknownResponses {
            await send(JSONRPC.response(id: .string("nobody-asked"), result: .emptyObject), exchange)
        }
        if options.sendsUnknownProgress {
            let params: JSONValue = ["progressToken": "nobody-gave-this", "progress": 1]
            await send(JSONRPC.notification(method: "notifications/progress", params: params.serialized()), exchange)
        }
        if options.answersTooMuch, exchange.request.method == "tools/call", answer.fillerBytes == 0 {
            await send(answer.head + answer.tail, exchange)
        }
    }
}
