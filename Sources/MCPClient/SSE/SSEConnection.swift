import AsyncIO
import MCPProtocol
import Synchronization

/// A session with a server over HTTP+SSE: everything the server says comes on one stream of events, everything it is
/// told is posted to the address that the stream named first (MCP 2024-11-05, Transports, "HTTP with SSE").
///
/// The stream is the session: nothing survives its end.
package actor SSEConnection: MCPConnection {
    package nonisolated let loop: EventLoop
    package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    /// A request being posted. Servers may hold the answer to the POST back until they have answered the request, so
    /// it has no deadline of its own.
    private struct Post {
        let cancellation: HTTPCancellation
        /// Ends it, once the request is over.
        var limit: TimerToken?
    }

    private let endpoint: HTTPEndpoint
    private let options: ConnectionOptions
    private let client: HTTPClient
    private let stream: HTTPClientResponse
    private let messages: MessageEndpoint
    private let headers: [(name: String, value: String)]
    private var parser: SSEParser
    private var unparsed: ArraySlice<UInt8>
    private var reader: Task<Void, Never>?
    private var exchanges = MailboxTable()
    private var posts: [Int64: Post] = [:]
    private nonisolated let sideMessages: SideMessages
    private var isClosing = false
    private var hasEnded = false
    private nonisolated let nextID = Atomic<Int64>(1)
    /// Set once, by the handshake, before anyone else holds the connection.
    private nonisolated let handshake = Mutex<(result: InitializeResult, revision: ProtocolRevision)?>(nil)
    private nonisolated let knownVerdict = Mutex<EraVerdict?>(nil)

    package var lateAnswers: Int { exchanges.lateAnswers }
    /// Requests that have neither been answered nor given up.
    package var exchangesInProgress: Int { exchanges.count }

    /// Opens the stream, learns from it where to post, and shakes hands.
    ///
    /// - Parameter deadline: for the whole.
    package static func open(
        _ endpoint: HTTPEndpoint, clients: HTTPClientGroup, on loop: EventLoop, options: ConnectionOptions,
        until deadline: MonotonicInstant
    ) async throws(MCPClientError) -> SSEConnection {
        let client = clients.client(for: loop)
        let greeting = try await SSEGreeting.receive(from: endpoint, client: client, options: options, until: deadline)
        return try await open(greeting, endpoint, client: client, options: options, until: deadline)
    }

    /// Shakes hands on a stream that has been opened.
    static func open(
        _ greeting: SSEGreeting, _ endpoint: HTTPEndpoint, client: HTTPClient, options: ConnectionOptions,
        until deadline: MonotonicInstant
    ) async throws(MCPClientError) -> SSEConnection {
        let connection = SSEConnection(greeting, endpoint, client: client, options: options)
        do throws(MCPClientError) {
            try await connection.shakeHands(until: deadline)
        } catch {
            await connection.close()
            throw error
        }
        return connection
    }

    private init(_ greeting: SSEGreeting, _ endpoint: HTTPEndpoint, client: HTTPClient, options: ConnectionOptions) {
        self.endpoint = endpoint
        self.options = options
        self.client = client
        loop = client.loop
        stream = greeting.response
        messages = greeting.messages
        parser = greeting.parser
        unparsed = greeting.unparsed
        headers = endpoint.headers + [("Content-Type", "application/json")]
        sideMessages = SideMessages(on: client.loop, log: options.log)
    }

    private func shakeHands(until deadline: MonotonicInstant) async throws(MCPClientError) {
        reader = Task { await self.readEvents() }
        let response = try await request("initialize", params: Handshake.params(options), until: deadline, on: loop)
        let accepted = try Handshake.accept(response)
        handshake.withLock { $0 = accepted }
        try await notify(method: "notifications/initialized", params: nil)
    }

    // MARK: What the server said in the handshake

    package nonisolated var initializeResult: InitializeResult {
        guard let known = handshake.withLock({ $0 }) else { preconditionFailure("used before its handshake") }
        return known.result
    }

    package nonisolated var revision: ProtocolRevision {
        guard let known = handshake.withLock({ $0 }) else { preconditionFailure("used before its handshake") }
        return known.revision
    }

    private nonisolated var isOpen: Bool { handshake.withLock { $0 != nil } }

    package nonisolated var transport: MCPTransportKind { .sse }
    package nonisolated var verdict: EraVerdict? { knownVerdict.withLock { $0 } }
    nonisolated func note(_ verdict: EraVerdict) { knownVerdict.withLock { $0 = verdict } }
    package nonisolated var processID: Int32? { nil }
    package nonisolated func recentErrors() async -> [String] { [] }

    // MARK: Sending

    package nonisolated func makeRequestID() -> Int64 { nextID.wrappingAdd(1, ordering: .relaxed).oldValue }

    package func begin(
        id: Int64, method: String, params: OutgoingParams, context _: RequestContext, on _: EventLoop
    ) async throws(MCPClientError) -> any MCPExchange {
        try checkRunning()
        guard method != "initialize" || !isOpen else { throw .secondInitialize }
        let exchange = MailboxExchange(id: id, loop: loop) { [self] reason in
            assumeIsolated { $0.abandon(id, reason: reason) }
        }
        exchanges.add(exchange)
        let message = JSONRPC.request(id: .integer(id), method: method, params: params.bytes)
        let cancellation = HTTPCancellation(on: loop)
        posts[id] = Post(cancellation: cancellation)
        Task {
            await self.postRequest(message, id: id, mayRepeat: SafeMethods.contains(method), cancellation)
        }
        return exchange
    }

    package func notify(method: String, params: [UInt8]?) async throws(MCPClientError) {
        try checkRunning()
        try await postSideMessage(
            params.map { JSONRPC.notification(method: method, params: $0) } ?? JSONRPC.notification(method: method))
    }

    package func reply(to id: RequestID, _ outcome: JSONRPCResponse.Outcome) async throws(MCPClientError) {
        try checkRunning()
        try await postSideMessage(ServerRequests.message(answering: id, outcome))
    }

    private func checkRunning() throws(MCPClientError) {
        guard !hasEnded, !isClosing else {
            throw MCPClientError(.connectionFailed, "the connection was closed", mayHaveExecuted: false)
        }
    }

    private func postRequest(
        _ message: [UInt8], id: Int64, mayRepeat: Bool, _ cancellation: HTTPCancellation
    ) async {
        do throws(MCPClientError) {
            let (status, body) = try await post(message, mayRepeat: mayRepeat, deadline: nil, cancellation)
            if (400..<600).contains(status), let answer = JSONRPCResponse(refusing: id, body, options),
                answer.id != nil
            {
                // Its own word on this very request, though not where it belongs.
                exchanges.deliver(answer)
            } else {
                try check(status, body)
            }
        } catch {
            exchanges.fail(id, error)
            if error.kind == .sessionExpired { end(error) }
        }
        if let limit = posts.removeValue(forKey: id)?.limit { loop.cancel(limit) }
    }

    /// A message that nothing answers.
    private func postSideMessage(_ message: [UInt8]) async throws(MCPClientError) {
        do throws(MCPClientError) {
            let (status, body) = try await post(
                message, mayRepeat: true, deadline: .now + StreamableHTTPConnection.sideMessageTimeout, nil)
            try check(status, body)
        } catch {
            if error.kind == .sessionExpired { end(error) }
            throw error
        }
    }

    /// Posts a message and waits for what the server says to that.
    private func post(
        _ message: [UInt8], mayRepeat: Bool, deadline: MonotonicInstant?, _ cancellation: HTTPCancellation?
    ) async throws(MCPClientError) -> (status: Int, body: [UInt8]) {
        let request = HTTPClientRequest(
            method: "POST", url: messages.url, headers: headers, body: message[...], mayRepeat: mayRepeat)
        let response: HTTPClientResponse
        do throws(HTTPClientError) {
            response = try await client.send(
                request, connectTimeout: endpoint.connectTimeout, deadline: deadline, cancellation: cancellation)
        } catch {
            throw MCPClientError(error)
        }
        do throws(HTTPClientError) {
            // Read to its end, the connection can be used again; the content of a success means nothing.
            return (response.status, try await response.readAll(upTo: 64 << 10, until: .now + .seconds(1)))
        } catch {
            response.cancel()
            return (response.status, [])
        }
    }

    private nonisolated func check(_ status: Int, _ body: [UInt8]) throws(MCPClientError) {
        switch status {
        case 200..<300: return
        case 400 where isOpen, 404 where isOpen:
            let said = MCPClientError.sample(body).map { ": \($0)" } ?? ""
            throw MCPClientError(
                .sessionExpired, "the server no longer knows the session (HTTP status \(status)\(said))",
                mayHaveExecuted: false)
        default: throw MCPClientError(refusedWith: status, body)
        }
    }

    /// Forgets a request and, unless the connection is gone, tells the server.
    private func abandon(_ id: Int64, reason: String?) {
        guard exchanges.remove(id) != nil else { return }
        letGo(ofPost: id)
        // `initialize` must not be cancelled.
        guard let reason, !hasEnded, !isClosing, isOpen else { return }
        let message = CancelledNotification(requestID: .integer(id), reason: reason).encode()
        sideMessages.send { [self] () async throws(MCPClientError) in try await postSideMessage(message) }
    }

    /// Called when a request is over: the answer to its POST is of no interest any more, but may be on its way, and a
    /// connection that is read to the end can be used again.
    private func letGo(ofPost id: Int64) {
        guard let cancellation = posts[id]?.cancellation else { return }
        posts[id]?.limit = loop.schedule(at: .now + StreamableHTTPConnection.farewellTimeout) { cancellation.cancel() }
    }

    // MARK: Receiving

    private func readEvents() async {
        var share = LoopShare()
        var cause = MCPClientError(.closed, "the server ended the stream", mayHaveExecuted: true)
        do throws(MCPClientError) {
            while true {
                while let event = try parser.nextEvent(in: &unparsed) { handle(event) }
                guard let chunk = try await JSONOutcomeStream.chunk(of: stream, until: .distantFuture) else { break }
                if share.isUsedUp(by: chunk.count) { await loop.giveWay() }
                unparsed = chunk[...]
            }
        } catch {
            let kind = error.kind == .cancelled ? .closed : error.kind
            cause = MCPClientError(kind, error.detail, mayHaveExecuted: true)
        }
        end(cause)
    }

    private func handle(_ event: ServerSentEvent) {
        if event.event == "endpoint" {
            options.log.warning("server named another address for messages in mid-session; it is not used")
            return
        }
        event.payload(options)?.forEachMessage(options) { handle($0) }
    }

    package func passOn(_ message: JSONRPCMessage) async {
        if case .notification(let notification) = message {
            if !isClosing { options.onNotification(notification) }
        } else {
            handle(message)
        }
    }

    private func handle(_ message: JSONRPCMessage) {
        switch message {
        case .response(let response):
            if let id = exchanges.deliver(response) { letGo(ofPost: id) }
        case .notification(let notification):
            guard !isClosing, !exchanges.deliver(notification) else { return }
            options.onNotification(notification)
        case .request(let request):
            guard !isClosing else { return }
            guard let answer = ServerRequests.localAnswer(to: request, hasListener: options.onRequest != nil) else {
                options.onRequest?(request)
                return
            }
            sideMessages.send { [self] () async throws(MCPClientError) in try await postSideMessage(answer) }
        }
    }

    // MARK: Ending

    private func end(_ cause: MCPClientError) {
        guard !hasEnded else { return }
        hasEnded = true
        stream.cancel()
        exchanges.failAll(
            MCPClientError(cause.kind == .sessionExpired ? .closed : cause.kind, cause.detail, mayHaveExecuted: true))
        for post in posts.values { post.cancellation.cancel() }
        guard !isClosing, isOpen else { return }
        options.onClose(cause)
    }

    package func close() async {
        isClosing = true
        // The stream is the session: what is on its way has to arrive before it ends.
        await sideMessages.finish(within: StreamableHTTPConnection.farewellTimeout)
        end(MCPClientError(.closed, "the connection was closed", mayHaveExecuted: true))
        await reader?.value
    }
}
