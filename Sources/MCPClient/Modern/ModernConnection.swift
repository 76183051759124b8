import AsyncIO
import MCPProtocol
import Synchronization

/// What a session is to a server that knows none (MCP 2026-07-28): the same to its users as a session of the revisions with a
/// handshake.
///
/// Who the client is and what it can be asked stands in each request; so does the log level. What such a server asks in
/// its results comes out as requests, and the answers go back by asking again: see ``ModernExchange``. What it would
/// announce on a session's stream is listened for: see ``SubscriptionWatcher``.
package final class ModernConnection: MCPConnection {
    private struct State {
        var logLevel: String?
        var isClosed = false
        var nextQuestion: Int64 = 1
        /// Tasks whose news is told.
        var tasksTold = 0
        /// Which request asked it; those that are gone ask nothing any more.
        var questions: [RequestID: Asker] = [:]
    }

    private struct Asker {
        weak let exchange: ModernExchange?
    }

    let server: ModernServer
    let options: ConnectionOptions
    /// Where the owner is told what belongs to no request.
    let home: EventLoop
    /// Whether the way to the server ends with this session.
    let isPrimary: Bool
    private let clientInfo: RawJSON
    let watcher: SubscriptionWatcher
    private let state = Mutex(State())

    /// Opens a session with a server that has said what it is.
    ///
    /// - Parameter verdict: how that was found out; `nil`: just now.
    static func open(
        _ carrier: any ModernCarrier, _ discovery: DiscoverResult, _ verdict: EraVerdict? = nil,
        options: ConnectionOptions, home: EventLoop
    ) -> ModernConnection {
        let versions = discovery.supportedVersions.prefix(8).joined(separator: ", ")
        let verdict =
            verdict ?? EraVerdict(.modern, evidence: "server/discover lists \(versions)", discovery: discovery)
        let server = ModernServer(carrier, discovery, verdict)
        let session = ModernConnection(server, options: options, home: home, isPrimary: true)
        session.watcher.watchLists(ofServerWith: discovery.capabilities)
        return session
    }

    private init(_ server: ModernServer, options: ConnectionOptions, home: EventLoop, isPrimary: Bool) {
        self.server = server
        self.options = options
        self.home = home
        self.isPrimary = isPrimary
        clientInfo = RawJSON(unchecked: options.clientInfo.encode(for: .v2026_07_28)[...])
        watcher = SubscriptionWatcher(server, options: options, loop: home)
        server.join(self)
    }

    // MARK: What the server said

    package var initializeResult: InitializeResult {
        InitializeResult(
            protocolVersion: revision, capabilities: server.discovery.capabilities,
            serverInfo: server.discovery.serverInfo, instructions: server.discovery.instructions)
    }

    package var revision: ProtocolRevision { .v2026_07_28 }
    package var verdict: EraVerdict? { server.verdict }
    package var transport: MCPTransportKind { server.carrier.transport }
    package var processID: Int32? { server.carrier.processID }
    package var lateAnswers: Int { get async { await server.carrier.lateAnswers } }
    package func recentErrors() async -> [String] { await server.carrier.recentErrors() }

    package func sibling(_ options: ConnectionOptions) -> (any MCPConnection)? {
        guard !isClosed else { return nil }
        return ModernConnection(server, options: options, home: home, isPrimary: false)
    }

    // MARK: Requests

    package func makeRequestID() -> Int64 { server.carrier.makeRequestID() }

    package func begin(
        id: Int64, method: String, params outgoing: OutgoingParams, context: RequestContext, on loop: EventLoop
    ) async throws(MCPClientError) -> any MCPExchange {
        try checkOpen()
        if method == "tools/call" {
            return try await exchange(id: id, method: method, params: outgoing, context: context, on: loop)
        }
        let params = RawJSON(unchecked: outgoing.bytes[...])
        switch method {
        case "initialize": throw .secondInitialize
        case "ping": return LocalExchange(id: id, on: loop)
        case "logging/setLevel":
            let level = params.member("level")?.stringValue
            state.withLock { $0.logLevel = level }
            return LocalExchange(id: id, on: loop)
        case "resources/subscribe":
            let uri = params.member("uri")?.stringValue
            return LocalExchange(id: id, on: loop) {
                [watcher] (deadline: MonotonicInstant) async throws(MCPClientError) -> JSONRPCResponse.Outcome in
                guard let uri else { return .error(Self.missingURI) }
                return try await watcher.subscribe(uri, until: deadline)
            }
        case "resources/unsubscribe":
            let uri = params.member("uri")?.stringValue
            return LocalExchange(id: id, on: loop) { [watcher] _ in
                guard let uri else { return .error(Self.missingURI) }
                await watcher.unsubscribe(uri)
                return .result(.emptyObject)
            }
        default:
            if let exchange = await beginCore(id: id, method: method, params: params, context: context, on: loop) {
                return exchange
            }
            return try await exchange(id: id, method: method, params: outgoing, context: context, on: loop)
        }
    }

    private func exchange(
        id: Int64, method: String, params: OutgoingParams, context: RequestContext, on loop: EventLoop
    ) async throws(MCPClientError) -> any MCPExchange {
        let context = declaring(context)
        let first = try await carry(id: id, method: method, params: params, context: context, on: loop)
        return ModernExchange(
            id: id, method: method, params: params, context: context, connection: self, loop: loop, sentAs: first)
    }

    /// What a request says of its client, with the capabilities that its server is told of.
    func declaring(_ context: RequestContext) -> RequestContext {
        var context = context
        context.capabilities = capabilities(for: context)
        return context
    }

    private static let missingURI = JSONRPCError(
        code: ErrorCode.invalidParams, message: "params.uri must be a string")

    package func selfDescription(for context: RequestContext) -> [UInt8]? {
        SelfDescription.members(
            capabilities: capabilities(for: context), clientInfo: context.clientInfo ?? clientInfo,
            logLevel: logLevel(for: context), affinity: options.affinity)
    }

    /// What the server is told that can be asked.
    private func capabilities(for context: RequestContext) -> RawJSON {
        let own = context.capabilities ?? options.capabilities
        return context.tasks == .awaited ? own : TasksExtension.declared(in: own)
    }

    private func logLevel(for context: RequestContext) -> String? {
        context.logLevel ?? state.withLock { $0.logLevel }
    }

    /// Sends a request as it stands, once.
    func carry(
        id: Int64, method: String, params: OutgoingParams, context: RequestContext, on loop: EventLoop
    ) async throws(MCPClientError) -> any MCPExchange {
        var complete = RawJSON(unchecked: params.bytes[...])
        if !params.isOfItsHop {
            complete = complete.requestParams(
                capabilities: context.capabilities ?? options.capabilities,
                clientInfo: context.clientInfo ?? clientInfo, logLevel: logLevel(for: context),
                affinity: options.affinity)
        }
        var headers =
            transport == .streamableHTTP
            ? server.headers.all(for: method, complete, name: params.name, by: server.carrier)
            : server.carrier.allHeaders(with: [])
        if transport == .streamableHTTP, method == "tools/call" {
            headers = headers.adding(context.parameterHeaders)
        }
        return try await server.carrier.carry(
            id: id, method: method, params: params.isOfItsHop ? params.bytes : Array(complete.bytes), headers: headers,
            on: loop)
    }

    /// Notifications of a session mean nothing here: there is no handshake to end, roots are asked for anew each time, and
    /// an exchange cancels itself. Others pass.
    package func notify(method: String, params: [UInt8]?) async throws(MCPClientError) {
        try checkOpen()
        switch method {
        case "notifications/initialized", "notifications/roots/list_changed", "notifications/cancelled",
            "notifications/progress":
            return
        default: try await server.carrier.notify(method: method, params: params)
        }
    }

    private func checkOpen() throws(MCPClientError) {
        guard !isClosed else {
            throw MCPClientError(.connectionFailed, "the connection was closed", mayHaveExecuted: false)
        }
    }

    private var isClosed: Bool { state.withLock { $0.isClosed } }

    /// Whether the server, asked now, turns out to be no modern one any more.
    func isReplaced(on loop: EventLoop, until deadline: MonotonicInstant) async -> Bool {
        do throws(MCPClientError) {
            let answer = try await server.carrier.discover(options, on: loop, until: deadline)
            if case .modern = ProbeReading.reading(answer) { return false }
            return true
        } catch {
            // One that cannot be asked has not said so.
            guard case .legacy(_, let isCertain) = ProbeReading.reading(error, status: nil) else { return false }
            return isCertain
        }
    }

    // MARK: Tasks

    /// Tasks that are told of at a time.
    private static let maxTasksTold = 256

    func beginTelling() -> Bool {
        state.withLock { state in
            guard !state.isClosed, state.tasksTold < Self.maxTasksTold else { return false }
            state.tasksTold += 1
            return true
        }
    }

    func endTelling() { state.withLock { $0.tasksTold -= 1 } }

    // MARK: Questions

    /// An id for a question of the server's, never used before in this session.
    func open(questionOf exchange: ModernExchange) -> RequestID {
        state.withLock { state in
            let id = RequestID.integer(state.nextQuestion)
            state.nextQuestion += 1
            state.questions[id] = Asker(exchange: exchange)
            return id
        }
    }

    /// Nobody waits for an answer any more.
    func close(_ questions: some Collection<RequestID>) {
        guard !questions.isEmpty else { return }
        state.withLock { state in for id in questions { state.questions[id] = nil } }
    }

    package func reply(to id: RequestID, _ outcome: JSONRPCResponse.Outcome) async throws(MCPClientError) {
        let asker = state.withLock { $0.questions.removeValue(forKey: id) }
        guard let exchange = asker?.exchange, await exchange.take(outcome, answering: id) else {
            throw MCPClientError(
                .protocolViolation, "the answer is to a question that is not open", mayHaveExecuted: false)
        }
    }

    // MARK: What belongs to no request

    package func passOn(_ message: JSONRPCMessage) async {
        switch message {
        case .notification(let notification): take(notification)
        case .response: break
        case .request(let request):
            if let onRequest = options.onRequest { return onHome { onRequest(request) } }
            do throws(MCPClientError) {
                let refusal = JSONRPCError(
                    code: ErrorCode.methodNotFound, message: "\(request.method) is not supported by this client")
                try await reply(to: request.id, .error(refusal))
            } catch {
                options.log.debug("answer to the server not taken", ["reason": error.detail])
            }
        }
    }

    func take(_ notification: JSONRPCNotification) {
        guard !isClosed else { return }
        onHome { [options] in options.onNotification(notification) }
    }

    private func onHome(_ body: @escaping @Sendable () -> Void) {
        if home.isCurrent { body() } else { home.execute(body) }
    }

    // MARK: The end

    package func close() async {
        let error = MCPClientError(.closed, "the connection was closed", mayHaveExecuted: true)
        for exchange in endSession() ?? [] { await exchange.fail(error) }
        server.leave(self)
        await watcher.close()
        if isPrimary { await server.close() }
    }

    /// - Returns: the requests that wait for answers; `nil` if the session has ended already.
    private func endSession() -> [ModernExchange]? {
        state.withLock { state in
            guard !state.isClosed else { return nil }
            state.isClosed = true
            defer { state.questions = [:] }
            return state.questions.values.compactMap(\.exchange)
        }
    }

    /// The way to the server has ended, or the server speaks it no longer.
    func serverEnded(_ error: MCPClientError) {
        guard let asking = endSession() else { return }
        Task(executorPreference: home) { [watcher] in
            for exchange in asking { await exchange.fail(error) }
            await watcher.close()
        }
        onHome { [options] in options.onClose(error) }
    }
}
