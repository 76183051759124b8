import AsyncIO
import MCPProtocol
import Synchronization

/// A session with a server over Streamable HTTP (MCP 2025-03-26 to 2025-11-25, Transports).
///
/// The session is a matter of headers, not of a connection: exchanges run on the loop of whoever begins them, over
/// that loop's own pool of connections. Toward a server of 2026-07-28, which has no sessions, it only carries the
/// requests of a ``ModernConnection``: see ``ModernCarrier``.
package final class StreamableHTTPConnection: MCPConnection {
    private struct State {
        var sessionID: String?
        var handshake: (result: InitializeResult, revision: ProtocolRevision)?
        /// Sent with every request; built once, so that equal header sets are cheap for the client below.
        var headers: [(name: String, value: String)] = []
        var verdict: EraVerdict?
        /// The HTTP status under which `initialize` or `server/discover` was refused.
        var refusal: HandshakeRefusal?
        var isClosed = false
        var isExpired = false
        var hasNoStream = false
        var listener: Task<Void, Never>?
    }

    let endpoint: HTTPEndpoint
    let options: ConnectionOptions
    let era: ServerEra
    private let clients: HTTPClientGroup
    /// Where what belongs to no caller runs: the stream for unsolicited messages, replies, farewells.
    private let home: EventLoop
    private let nextID = Atomic<Int64>(1)
    /// Of all that carry requests without a session: nothing else tells two of them apart for who watches the wire.
    private static let nextModernID = Atomic<Int64>(1)
    private let droppedAnswers = Atomic<Int>(0)
    private let state = Mutex(State())
    private let sideMessages: SideMessages

    /// How long a message that gets no answer (a notification, a reply, DELETE) may take to be taken.
    static let sideMessageTimeout = Duration.seconds(10)
    static let farewellTimeout = Duration.seconds(2)

    /// Opens a session: `initialize`, then `notifications/initialized`, then the stream for unsolicited messages.
    package static func open(
        _ endpoint: HTTPEndpoint, clients: HTTPClientGroup, on loop: EventLoop, options: ConnectionOptions,
        until deadline: MonotonicInstant
    ) async throws(MCPClientError) -> StreamableHTTPConnection {
        do throws(HandshakeFailure) {
            return try await attempt(endpoint, clients: clients, on: loop, options: options, until: deadline)
        } catch {
            throw error.error
        }
    }

    /// ``open(_:clients:on:options:until:)`` for those who want to know what the failure says about the server.
    static func attempt(
        _ endpoint: HTTPEndpoint, clients: HTTPClientGroup, on loop: EventLoop, options: ConnectionOptions,
        until deadline: MonotonicInstant
    ) async throws(HandshakeFailure) -> StreamableHTTPConnection {
        let connection = StreamableHTTPConnection(endpoint, .legacy, clients: clients, home: loop, options: options)
        do throws(MCPClientError) {
            try await connection.shakeHands(until: deadline)
        } catch {
            await connection.close()
            throw HandshakeFailure(error: error, refusal: connection.refusal)
        }
        connection.listen()
        return connection
    }

    /// Sends nothing.
    ///
    /// - Parameter era: the legacy one waits for its handshake: see ``open(_:clients:on:options:until:)``.
    init(
        _ endpoint: HTTPEndpoint, _ era: ServerEra, clients: HTTPClientGroup, home: EventLoop,
        options: ConnectionOptions
    ) {
        self.endpoint = endpoint
        self.era = era
        self.clients = clients
        self.home = home
        self.options = options
        sideMessages = SideMessages(on: home, log: options.log)
        let revision: ProtocolRevision? = era == .modern ? .v2026_07_28 : nil
        state.withLock { $0.headers = Self.makeHeaders(endpoint, sessionID: nil, revision: revision) }
    }

    private static func makeHeaders(
        _ endpoint: HTTPEndpoint, sessionID: String?, revision: ProtocolRevision?
    ) -> [(name: String, value: String)] {
        var headers = endpoint.headers
        headers.append(("Content-Type", "application/json"))
        headers.append(("Accept", "application/json, text/event-stream"))
        if let sessionID { headers.append(("Mcp-Session-Id", sessionID)) }
        if let revision, revision.hasVersionHeader { headers.append((MirroredHeaders.version, revision.rawValue)) }
        return headers
    }

    private func shakeHands(until deadline: MonotonicInstant) async throws(MCPClientError) {
        let response = try await request("initialize", params: Handshake.params(options), until: deadline, on: home)
        let accepted = try Handshake.accept(response)
        state.withLock { state in
            state.handshake = accepted
            state.headers = Self.makeHeaders(endpoint, sessionID: state.sessionID, revision: accepted.revision)
        }
        try await notify(method: "notifications/initialized", params: nil)
    }

    /// Called with the head of the answer to `initialize`.
    func noteSession(_ id: String?) {
        guard let id, SessionID(id) != nil else { return }
        state.withLock { state in
            guard state.handshake == nil else { return }
            state.sessionID = id
            state.headers = Self.makeHeaders(endpoint, sessionID: id, revision: nil)
        }
    }

    /// Called when `initialize` or `server/discover` was answered with an error status.
    func noteRefusal(_ refusal: HandshakeRefusal) { state.withLock { $0.refusal = refusal } }

    var refusal: HandshakeRefusal? { state.withLock { $0.refusal } }

    func note(_ verdict: EraVerdict) { state.withLock { $0.verdict = verdict } }

    var hasSession: Bool { state.withLock { $0.sessionID != nil } }

    // MARK: MCPConnection

    package var initializeResult: InitializeResult {
        guard let known = state.withLock({ $0.handshake }) else { preconditionFailure("used before its handshake") }
        return known.result
    }

    package var revision: ProtocolRevision {
        guard let known = state.withLock({ $0.handshake?.revision }) else {
            preconditionFailure("used before its handshake")
        }
        return known
    }

    package var transport: MCPTransportKind { .streamableHTTP }
    package var verdict: EraVerdict? { state.withLock { $0.verdict } }
    package var lateAnswers: Int { get async { droppedAnswers.load(ordering: .relaxed) } }
    package var processID: Int32? { nil }
    package func recentErrors() async -> [String] { [] }

    package func makeRequestID() -> Int64 {
        era == .legacy
            ? nextID.wrappingAdd(1, ordering: .relaxed).oldValue
            : Self.nextModernID.wrappingAdd(1, ordering: .relaxed).oldValue
    }

    package func begin(
        id: Int64, method: String, params: OutgoingParams, context _: RequestContext, on loop: EventLoop
    ) async throws(MCPClientError) -> any MCPExchange {
        let isOpen = state.withLock { $0.handshake != nil }
        guard method != "initialize" || !isOpen else { throw .secondInitialize }
        return try send(id: id, method: method, params: params.bytes, headers: commonHeaders, on: loop)
    }

    /// Those of every request.
    var commonHeaders: [(name: String, value: String)] { state.withLock { $0.headers } }

    /// - Parameter headers: all of them.
    func send(
        id: Int64, method: String, params: [UInt8], headers: [(name: String, value: String)], on loop: EventLoop
    ) throws(MCPClientError) -> any MCPExchange {
        try checkNotClosed()
        let request = HTTPClientRequest(
            method: "POST", url: endpoint.url, headers: headers,
            body: JSONRPC.request(id: .integer(id), method: method, params: params)[...],
            mayRepeat: SafeMethods.contains(method))
        return StreamableHTTPExchange(
            id: id, method: method, request: request, connection: self, client: clients.client(for: loop), loop: loop)
    }

    package func notify(method: String, params: [UInt8]?) async throws(MCPClientError) {
        try checkNotClosed()
        // MCP 2026-07-28 leaves open which headers a notification has: those of a request cannot be wrong.
        let headers = era == .modern ? [(MirroredHeaders.method, method)] : []
        try await post(
            params.map { JSONRPC.notification(method: method, params: $0) } ?? JSONRPC.notification(method: method),
            headers: headers)
    }

    package func reply(to id: RequestID, _ outcome: JSONRPCResponse.Outcome) async throws(MCPClientError) {
        try checkNotClosed()
        try await post(ServerRequests.message(answering: id, outcome))
    }

    private func checkNotClosed() throws(MCPClientError) {
        guard !(state.withLock { $0.isClosed }) else {
            throw MCPClientError(.connectionFailed, "the connection was closed", mayHaveExecuted: false)
        }
    }

    package func close() async {
        let (isFirst, listener, session, headers) = state.withLock { state in
            defer {
                state.isClosed = true
                state.listener = nil
            }
            return (!state.isClosed, state.listener, state.sessionID, state.headers)
        }
        guard isFirst else { return }
        listener?.cancel()
        await listener?.value
        await sideMessages.finish(within: Self.farewellTimeout)
        guard session != nil else { return }
        // A task of its own: the cancellation that most often brings us here must not keep the farewell back.
        await Task(executorPreference: home) { await self.deleteSession(headers) }.value
    }

    private func deleteSession(_ headers: [(name: String, value: String)]) async {
        let request = HTTPClientRequest(method: "DELETE", url: endpoint.url, headers: headers)
        do {
            let response = try await clients.client(for: home).send(
                request, connectTimeout: Self.farewellTimeout, deadline: .now + Self.farewellTimeout)
            response.cancel()
        } catch {
            // 405, refused or gone: the session then ends by the server's own rules.
            options.log.debug("session not deleted", ["reason": error.description])
        }
    }

    // MARK: Side messages

    /// Posts a message that gets no answer.
    ///
    /// - Parameter own: headers beside those of every message.
    func post(
        _ message: [UInt8], headers own: [(name: String, value: String)] = []
    ) async throws(MCPClientError) {
        let headers = state.withLock { $0.headers } + own
        let request = HTTPClientRequest(
            method: "POST", url: endpoint.url, headers: headers, body: message[...], mayRepeat: true)
        let deadline = MonotonicInstant.now + Self.sideMessageTimeout
        let status: Int
        do throws(HTTPClientError) {
            let response = try await clients.client(for: home).send(
                request, connectTimeout: endpoint.connectTimeout, deadline: deadline)
            status = response.status
            // Read to its end, the connection can be used again; the content means nothing.
            _ = try await response.readAll(upTo: 64 << 10, until: deadline)
        } catch {
            throw MCPClientError(error)
        }
        guard (200..<300).contains(status) else {
            if status == 404, hasSession {
                reportExpiry()
                throw MCPClientError(
                    .sessionExpired, "the server no longer knows the session", mayHaveExecuted: false)
            }
            throw MCPClientError(
                status == 401 || status == 403 ? .unauthorized : .unexpectedStatus(status),
                "the server answered a message with HTTP status \(status)", mayHaveExecuted: false)
        }
    }

    /// Sends a message in the background; a failure is logged. Only ``close()`` waits for it.
    func postLater(_ message: [UInt8]) {
        guard !(state.withLock { $0.isClosed }) else { return }
        sideMessages.send { [self] () async throws(MCPClientError) in try await post(message) }
    }

    package func passOn(_ message: JSONRPCMessage) async { handle(message) }

    /// Handles what belongs to no request in progress. From any loop; the owner is told on the connection's own.
    func handle(_ message: JSONRPCMessage) {
        guard !(state.withLock { $0.isClosed }) else { return }
        switch message {
        case .notification(let notification):
            onHome { [options] in options.onNotification(notification) }
        case .request(let request) where era == .modern:
            // Its questions travel in results, and there is no way to answer this one.
            options.log.warning("server sent a request, which it must not", ["method": request.method])
        case .request(let request):
            if let answer = ServerRequests.localAnswer(to: request, hasListener: options.onRequest != nil) {
                postLater(answer)
            } else if let onRequest = options.onRequest {
                onHome { onRequest(request) }
            }
        case .response:
            droppedAnswers.wrappingAdd(1, ordering: .relaxed)
        }
    }

    private func onHome(_ body: @escaping @Sendable () -> Void) {
        if home.isCurrent { body() } else { home.execute(body) }
    }

    // MARK: Unsolicited messages

    private func listen() {
        let stream = ServerStream(connection: self, client: clients.client(for: home))
        let task = Task(executorPreference: home) { await stream.run() }
        let isClosed = state.withLock { state in
            if !state.isClosed { state.listener = task }
            return state.isClosed
        }
        if isClosed { task.cancel() }
    }

    var streamHeaders: [(name: String, value: String)] {
        state.withLock { state in
            state.headers.compactMap { header in
                switch header.name {
                case "Content-Type": nil
                case "Accept": (header.name, "text/event-stream")
                default: header
                }
            }
        }
    }

    /// Called when the server turned out to offer no such stream.
    func noteNoStream() { state.withLock { $0.hasNoStream = true } }

    package var hearsUnsolicited: Bool { state.withLock { !$0.hasNoStream } }

    /// Called when the server turned out to have forgotten the session.
    func reportExpiry() {
        let isNews = state.withLock { state in
            defer { state.isExpired = true }
            return !state.isClosed && !state.isExpired && state.handshake != nil
        }
        guard isNews else { return }
        options.onClose(
            MCPClientError(.sessionExpired, "the server no longer knows the session", mayHaveExecuted: false))
    }
}
