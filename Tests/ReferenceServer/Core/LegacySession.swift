import MCPProtocol

/// One client of the legacy era, from `initialize` on: a process's standard streams, or an HTTP session.
///
/// Knows messages, not transports: a message and a sink go in, an answer comes out, at once or through the sink.
@LoopActor
final class LegacySession: ToolListObserver {
    /// The longest message taken, in bytes.
    static let maxMessageBytes = 64 << 20

    let server: Server
    /// `nil` before `initialize`.
    private(set) var revision: ProtocolRevision?
    /// Takes what belongs to no request, such as list changes; `nil` while nobody listens.
    var sendUnsolicited: (@LoopActor (OutgoingMessage) -> Void)?
    private let canAnnounce: Bool
    private(set) var logLevel = LogLevel.debug
    private var counter = 0
    private var running: [RequestID: Task<Void, any Error>] = [:]
    private var isClosed = false

    /// - Parameters:
    ///   - revision: known from the start where there is no `initialize`, as over HTTP without sessions.
    ///   - canAnnounce: whether the transport can carry what belongs to no request.
    init(server: Server, revision: ProtocolRevision? = nil, canAnnounce: Bool = true) {
        self.server = server
        self.revision = revision
        self.canAnnounce = canAnnounce
    }

    /// Ends everything that runs. Nothing is answered any more.
    func close() {
        isClosed = true
        server.remove(self)
        sendUnsolicited = nil
        for task in running.values { task.cancel() }
    }

    func count() -> Int {
        counter += 1
        return counter
    }

    func toolsDidChange() {
        sendUnsolicited?(OutgoingMessage(JSONRPC.notification(method: "notifications/tools/list_changed")))
    }

    // MARK: Receiving

    /// Takes what one line or one HTTP body holds.
    func receive(_ payload: JSONRPCPayload, sink: any MessageSink) -> Reception {
        switch payload {
        case .single(let message): return receive(message, sink: sink)
        case .batch(let entries):
            guard revision?.allowsBatch == true else {
                return .answer(
                    Self.error(nil, ErrorCode.invalidRequest, "batches belong to 2025-03-26 only"))
            }
            let batch = BatchSink(sink)
            for entry in entries {
                switch entry {
                case .success(.request(let request)) where request.method == InitializeRequest.method:
                    batch.add(
                        .answer(Self.error(request.id, ErrorCode.invalidRequest, "initialize in a batch")))
                case .success(let message): batch.add(receive(message, sink: batch))
                case .failure(let error): batch.add(.answer(Self.error(error)))
                }
            }
            return batch.close()
        }
    }

    private func receive(_ message: JSONRPCMessage, sink: any MessageSink) -> Reception {
        switch message {
        case .request(let request):
            server.statistics.count(request.method)
            return server.options.isSilent ? .pending : answer(request, sink)
        case .notification(let notification):
            server.statistics.count(notification.method)
            receive(notification)
            return .accepted
        case .response:
            return .accepted  // This server asks nothing yet, so nothing waits for it.
        }
    }

    private func receive(_ notification: JSONRPCNotification) {
        guard notification.method == "notifications/cancelled" else { return }
        guard let raw = notification.params?.member("requestId"), let id = RequestID(raw) else { return }
        server.rememberCancellation(of: raw)
        running[id]?.cancel()
    }

    private func answer(_ request: JSONRPCRequest, _ sink: any MessageSink) -> Reception {
        if request.method == InitializeRequest.method { return initialize(request, sink) }
        if request.method == "ping" { return .answer(Self.response(request.id, RawJSON.emptyObject)) }
        guard let revision else {
            return .answer(Self.error(request.id, ErrorCode.invalidRequest, "initialize comes first"))
        }
        switch request.method {
        case "tools/call": return call(request, revision, sink)
        case "tools/list": return list(request, revision, sink)
        case "logging/setLevel": return setLevel(request)
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
        server.add(self)
        let result = InitializeResult(
            protocolVersion: revision, capabilities: capabilities,
            serverInfo: Implementation(name: options.name, version: ServerOptions.version),
            instructions: options.instructions)
        let answer = OutgoingMessage(JSONRPC.response(id: request.id, result: result.encode()))
        guard options.startDelay > .zero else { return .answer(answer) }
        return start(request.id, sink) { () async throws(ToolFailure) in
            try await Self.sleep(for: options.startDelay)
            return answer
        }
    }

    private var capabilities: RawJSON {
        let value: JSONValue = .object([
            "tools": .object(["listChanged": .bool(canAnnounce)]), "logging": .object([:]),
        ])
        return value.raw
    }

    private func list(_ request: JSONRPCRequest, _ revision: ProtocolRevision, _ sink: any MessageSink) -> Reception {
        let cursor = request.params?.member("cursor")
        let answer: OutgoingMessage
        if let cursor, cursor.kind != .string {
            answer = Self.error(request.id, ErrorCode.invalidParams, "params.cursor must be a string")
        } else {
            do {
                let page = try server.catalogue.page(at: cursor?.stringValue, for: revision)
                answer = OutgoingMessage(JSONRPC.response(id: request.id, result: page))
            } catch {
                answer = Self.error(request.id, ErrorCode.invalidParams, "params.cursor is not one of this server")
            }
        }
        let delay = server.options.listDelay
        guard delay > .zero else { return .answer(answer) }
        return start(request.id, sink) { () async throws(ToolFailure) in
            try await Self.sleep(for: delay)
            return answer
        }
    }

    private func setLevel(_ request: JSONRPCRequest) -> Reception {
        guard let level = LogLevel(rawValue: request.params?.member("level")?.stringValue ?? "") else {
            let known = LogLevel.allCases.map(\.rawValue).joined(separator: ", ")
            return .answer(Self.error(request.id, ErrorCode.invalidParams, "params.level must be one of \(known)"))
        }
        logLevel = level
        return .answer(Self.response(request.id, .emptyObject))
    }

    private func call(_ request: JSONRPCRequest, _ revision: ProtocolRevision, _ sink: any MessageSink) -> Reception {
        guard let (name, arguments, meta) = request.params?.members("name", "arguments", "_meta"),
            let name = name?.stringValue
        else { return .answer(Self.error(request.id, ErrorCode.invalidParams, "params.name must be a string")) }
        guard let tool = server.catalogue.tool(named: name, for: revision) else {
            return .answer(Self.error(request.id, ErrorCode.invalidParams, "tool \"\(name)\" is unknown"))
        }
        if let arguments, arguments.kind != .object {
            return .answer(Self.error(request.id, ErrorCode.invalidParams, "params.arguments must be an object"))
        }
        if let bytes = server.takeLongLine() { _ = sink.misbehave(.garbage([], fillerBytes: bytes)) }

        let client = LegacyCallClient(
            session: self, sink: sink, revision: revision, progressToken: meta?.member("progressToken"))
        let call = Call(server: server, client: client, arguments: ToolArguments(object: arguments), meta: meta)
        let (id, latency) = (request.id, server.options.latency)
        switch tool.body {
        case .immediate(let body) where latency == .zero:
            do throws(ToolFailure) {
                return .answer(Self.response(id, try body(call)))
            } catch {
                return Self.error(id, error).map(Reception.answer) ?? .accepted
            }
        case .immediate(let body):
            return start(id, sink) { () async throws(ToolFailure) in
                try await call.sleep(for: latency)
                return Self.response(id, try body(call))
            }
        case .suspending(let body):
            return start(id, sink) { () async throws(ToolFailure) in
                try await call.sleep(for: latency)
                return Self.response(id, try await body(call))
            }
        }
    }

    // MARK: Running

    private func start(
        _ id: RequestID, _ sink: any MessageSink,
        _ work: @escaping @LoopActor () async throws(ToolFailure) -> OutgoingMessage
    ) -> Reception {
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
            if Task.isCancelled { answer = nil }
            running[id] = nil
            server.callEnded()
            sink.finish(answer)
        }
        return .pending
    }

    private static func sleep(for duration: Duration) async throws(ToolFailure) {
        do { try await LoopActor.loop.sleep(for: duration) } catch { throw .cancelled }
    }

    // MARK: Answers

    static func response(_ id: RequestID, _ result: RawJSON) -> OutgoingMessage {
        OutgoingMessage(JSONRPC.response(id: id, result: result))
    }

    private static func response(_ id: RequestID, _ result: ToolResult) -> OutgoingMessage {
        guard result.fillerBytes > 0 else {
            return OutgoingMessage(JSONRPC.response(id: id, result: result.head + result.tail))
        }
        return OutgoingMessage(
            head: Array(#"{"jsonrpc":"2.0","id":"#.utf8) + id.encode() + Array(#","result":"#.utf8) + result.head,
            fillerBytes: result.fillerBytes, tail: result.tail + [UInt8(ascii: "}")])
    }

    static func error(_ id: RequestID?, _ code: Int, _ message: String) -> OutgoingMessage {
        OutgoingMessage(JSONRPC.error(id: id, JSONRPCError(code: code, message: message)))
    }

    static func error(_ error: JSONRPCParseError) -> OutgoingMessage {
        OutgoingMessage(JSONRPC.error(id: error.id, error.rpcError))
    }

    /// `nil` when nothing is to be answered.
    private static func error(_ id: RequestID, _ failure: ToolFailure) -> OutgoingMessage? {
        switch failure {
        case .failed(let message): response(id, ToolResult(error: message))
        case .protocolError(let code, let message): error(id, Int(code), message)
        case .cancelled: nil
        }
    }
}
