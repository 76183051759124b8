import AsyncIO
import MCPProtocol

/// A session with one MCP server, over any transport, past its handshake.
package protocol MCPConnection: AnyObject, Sendable {
    /// What the server said in the handshake.
    var initializeResult: InitializeResult { get }
    /// The revision both sides speak.
    var revision: ProtocolRevision { get }
    var transport: MCPTransportKind { get }
    /// What was found out about the server's era, and how; `nil` where it was not asked.
    var verdict: EraVerdict? { get }

    /// Whether the server has a way to say what belongs to no request. Not known at once: `true` until it is.
    var hearsUnsolicited: Bool { get }

    /// Another session with the same server, over the same connection or process, without a word to the server: what it
    /// declares travels with its requests. It ends with this one, and closing it closes nothing else.
    ///
    /// - Returns: `nil` where a session needs a handshake of its own.
    func sibling(_ options: ConnectionOptions) -> (any MCPConnection)?

    /// A number never used on this connection before: the id of the next request, and its progress token.
    func makeRequestID() -> Int64

    /// What a request has to say of itself and of its client: the members of `_meta`, without braces. Who makes params anew
    /// may put it there right away, see ``OutgoingParams``; else the connection does.
    ///
    /// - Returns: `nil` where requests say nothing of the kind.
    func selfDescription(for context: RequestContext) -> [UInt8]?

    /// Sends a request.
    ///
    /// - Parameters:
    ///   - id: from ``makeRequestID()``.
    ///   - method: any but `initialize`, which the connection has sent itself.
    ///   - params: what they do not say of themselves yet, the connection adds.
    ///   - context: what the server has to know of the client the request is made for, where it was not told so at the
    ///     beginning of the session.
    ///   - loop: where the caller runs; an HTTP exchange uses that loop's own connections.
    func begin(
        id: Int64, method: String, params: OutgoingParams, context: RequestContext, on loop: EventLoop
    ) async throws(MCPClientError) -> any MCPExchange

    /// Sends a notification.
    ///
    /// - Throws: where the connection is gone, takes no more or, over HTTP, the server refused the message.
    func notify(method: String, params: [UInt8]?) async throws(MCPClientError)

    /// Answers a request of the server's.
    ///
    /// - Parameter id: the server's own, exactly as it came.
    /// - Throws: as ``notify(method:params:)`` does.
    func reply(to id: RequestID, _ outcome: JSONRPCResponse.Outcome) async throws(MCPClientError)

    /// Treats a message that an exchange handed out as one that came outside of any: gives it to the owner's
    /// ``ConnectionOptions/onRequest`` or ``ConnectionOptions/onNotification``, and refuses a question nobody takes.
    func passOn(_ message: JSONRPCMessage) async

    /// Ends the session as its transport demands (DELETE; end of input, SIGTERM, SIGKILL) and waits for that.
    func close() async

    /// Answers that nobody waited for (any more), and were dropped.
    var lateAnswers: Int { get async }

    /// The process behind a stdio connection.
    var processID: Int32? { get }
    /// The last lines the server's process wrote to stderr; empty for other transports.
    func recentErrors() async -> [String]
}

/// What a connection needs to know and whom it tells.
package struct ConnectionOptions: Sendable {
    package var clientInfo: Implementation
    /// The client capabilities to declare, a JSON object.
    package var capabilities: RawJSON
    /// What keeps the requests of this connection apart from those of others that declare the same, where the server is a
    /// gateway of ours and has no sessions: see ``MCPProtocol/RequestMeta/affinity``. `nil`: nothing does.
    package var affinity: String?
    /// Which era to speak, where the server is not known to speak one.
    package var era: EraPreference
    /// The newest revision to offer in a handshake.
    package var revision: ProtocolRevision
    /// One message: a line on stdio, an event of a stream, a body that is not streamed through.
    package var maxMessageBytes: Int
    /// The whole of one answer that is streamed through.
    package var maxResultBytes: Int
    package var maxJSONDepth: Int
    /// What is kept of the stderr of a server's process.
    package var maxStderrBytes: Int
    /// Answers beyond this are handed out as a stream, where the transport can hold the rest back.
    package var streamThreshold: Int
    /// How many times a server may ask in the course of one request.
    package var maxQuestionRounds: Int
    package var log: Log
    /// Called on the connection's loop for a notification that belongs to no request in progress.
    package var onNotification: @Sendable (JSONRPCNotification) -> Void
    /// Called on the connection's loop for a request of the server's that came outside any exchange's own stream; it is
    /// answered with ``MCPConnection/reply(to:_:)``. `nil`: the connection refuses such requests (-32601).
    package var onRequest: (@Sendable (JSONRPCRequest) -> Void)?
    /// Called once, when a connection that was open ends without ``MCPConnection/close()``.
    package var onClose: @Sendable (MCPClientError) -> Void

    package init(
        clientInfo: Implementation, capabilities: RawJSON, affinity: String? = nil, era: EraPreference = .auto,
        revision: ProtocolRevision = .latestLegacy,
        maxMessageBytes: Int = 16 << 20, maxResultBytes: Int = 64 << 20, maxJSONDepth: Int = 128,
        maxStderrBytes: Int = 64 << 10, streamThreshold: Int = 256 << 10,
        maxQuestionRounds: Int = 10, log: Log = .silent,
        onNotification: @escaping @Sendable (JSONRPCNotification) -> Void = { _ in },
        onRequest: (@Sendable (JSONRPCRequest) -> Void)? = nil,
        onClose: @escaping @Sendable (MCPClientError) -> Void = { _ in }
    ) {
        self.clientInfo = clientInfo
        self.capabilities = capabilities
        self.affinity = affinity
        self.era = era
        self.revision = revision
        self.maxMessageBytes = maxMessageBytes
        self.maxResultBytes = maxResultBytes
        self.maxJSONDepth = maxJSONDepth
        self.maxStderrBytes = maxStderrBytes
        self.streamThreshold = streamThreshold
        self.maxQuestionRounds = maxQuestionRounds
        self.log = log
        self.onNotification = onNotification
        self.onRequest = onRequest
        self.onClose = onClose
    }

    package var jsonLimits: JSONLimits { JSONLimits(maxBytes: maxMessageBytes, maxDepth: maxJSONDepth) }
}

extension MCPConnection {
    package func selfDescription(for _: RequestContext) -> [UInt8]? { nil }

    package var hearsUnsolicited: Bool { true }

    package func sibling(_: ConnectionOptions) -> (any MCPConnection)? { nil }

    /// Sends a request whose params are an object as it was made for servers of any revision.
    package func begin(
        id: Int64, method: String, params: [UInt8], context: RequestContext, on loop: EventLoop
    ) async throws(MCPClientError) -> any MCPExchange {
        try await begin(id: id, method: method, params: OutgoingParams(params), context: context, on: loop)
    }

    /// Sends a request that is made for nobody in particular.
    package func begin(
        id: Int64, method: String, params: [UInt8], on loop: EventLoop
    ) async throws(MCPClientError) -> any MCPExchange {
        try await begin(id: id, method: method, params: params, context: RequestContext(), on: loop)
    }

    /// Sends a request and waits for its answer. What the server asks meanwhile goes to the connection's owner.
    ///
    /// - Parameters:
    ///   - id: from ``makeRequestID()``, where `params` names it as progress token; `nil`: a new one.
    ///   - context: as in ``begin(id:method:params:context:on:)``.
    ///   - deadline: for the whole; the request is cancelled at the server when it passes.
    ///   - onNotification: gets the progress and log messages that belong to the request, as they come.
    package func request(
        _ method: String, id: Int64? = nil, params: [UInt8], context: RequestContext = RequestContext(),
        until deadline: MonotonicInstant, on loop: EventLoop,
        onNotification: (JSONRPCNotification) -> Void = { _ in }
    ) async throws(MCPClientError) -> JSONRPCResponse {
        let exchange = try await begin(
            id: id ?? makeRequestID(), method: method, params: params, context: context, on: loop)
        do {
            while true {
                switch try await exchange.next(until: deadline) {
                case .notification(let notification) where notification.method == "notifications/cancelled":
                    await passOn(.notification(notification))
                case .notification(let notification): onNotification(notification)
                case .request(let request): await passOn(.request(request))
                case .alive: continue
                case .response(let response): return response
                case .stream(let stream): return try await Self.collect(stream, id: exchange.id, until: deadline)
                }
            }
        } catch {
            await exchange.cancel(reason: error.kind == .timedOut ? "timed out" : "no longer needed")
            throw error
        }
    }

    /// Puts a streamed answer together, for callers who need it whole.
    static func collect(
        _ stream: any OutcomeStream, id: Int64, until deadline: MonotonicInstant
    ) async throws(MCPClientError) -> JSONRPCResponse {
        var bytes: [UInt8] = []
        while let piece = try await stream.next(until: deadline) { bytes += piece }
        let value = RawJSON(unchecked: bytes[...])
        if stream.member == "result" { return JSONRPCResponse(id: .integer(id), outcome: .result(value)) }
        guard let error = JSONRPCError(value) else {
            throw MCPClientError(
                .protocolViolation, "the answer's error is not an error object", mayHaveExecuted: true)
        }
        return JSONRPCResponse(id: .integer(id), outcome: .error(error))
    }
}
