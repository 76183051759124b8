import AsyncIO
import MCPProtocol
import Synchronization

/// A session with a server that is a child process: one JSON-RPC message per line on its stdin and stdout
/// (MCP 2025-11-25, Transports, "stdio"). Toward a server of 2026-07-28 it only carries the messages of the
/// ``ModernConnection``s that share the process: see ``ModernCarrier``.
package actor StdioConnection: MCPConnection {
    package nonisolated let loop: EventLoop
    package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    private let child: ChildProcess
    private var options: ConnectionOptions
    private let ladder: TerminationLadder
    private var framer: LineFramer
    private var outbox: StdioOutbox
    private var exchanges = MailboxTable()
    private var isClosing = false
    private var hasEnded = false
    private nonisolated let nextID = Atomic<Int64>(1)
    /// Set once, by the handshake, before anyone else holds the connection.
    private nonisolated let handshake = Mutex<(result: InitializeResult, revision: ProtocolRevision)?>(nil)
    private nonisolated let knownVerdict = Mutex<EraVerdict?>(nil)

    /// Lines that were no JSON-RPC message: harmless, but worth counting.
    package private(set) var ignoredLines = 0
    package var lateAnswers: Int { exchanges.lateAnswers }
    /// Requests that have neither been answered nor given up.
    package var exchangesInProgress: Int { exchanges.count }

    /// Starts the server and shakes hands.
    ///
    /// - Parameter deadline: for the whole. A server that is not ready by then is terminated.
    package static func open(
        _ command: ChildCommand, spawner: ProcessSpawner, on loop: EventLoop, options: ConnectionOptions,
        ladder: TerminationLadder = TerminationLadder(), until deadline: MonotonicInstant
    ) async throws(MCPClientError) -> StdioConnection {
        let connection = try await start(command, spawner: spawner, on: loop, options: options, ladder: ladder)
        do throws(MCPClientError) {
            try await connection.shakeHands(until: deadline)
        } catch {
            throw await connection.end(explaining: error, awaited: "initialize")
        }
        return connection
    }

    /// Starts the server and says nothing yet.
    static func start(
        _ command: ChildCommand, spawner: ProcessSpawner, on loop: EventLoop, options: ConnectionOptions,
        ladder: TerminationLadder
    ) async throws(MCPClientError) -> StdioConnection {
        let child: ChildProcess
        do {
            child = try await ChildProcess.start(
                command, spawner: spawner, on: loop, maxErrorBytes: options.maxStderrBytes
            ) { line in
                options.log.debug("server wrote to stderr", ["line": line])
            }
        } catch {
            throw MCPClientError(.connectionFailed, error.description, mayHaveExecuted: false)
        }
        let connection = StdioConnection(child: child, loop: loop, options: options, ladder: ladder)
        Task { await connection.readLines() }
        return connection
    }

    private init(child: ChildProcess, loop: EventLoop, options: ConnectionOptions, ladder: TerminationLadder) {
        self.child = child
        self.loop = loop
        self.options = options
        self.ladder = ladder
        framer = LineFramer(maxMessageBytes: options.maxMessageBytes)
        outbox = StdioOutbox()
    }

    func shakeHands(until deadline: MonotonicInstant) async throws(MCPClientError) {
        let response = try await request(
            "initialize", params: Handshake.params(options), until: deadline, on: loop)
        let accepted = try Handshake.accept(response)
        handshake.withLock { $0 = accepted }
        try await notify(method: "notifications/initialized", params: nil)
    }

    /// The server speaks 2026-07-28: from now on, what it says belongs to those that use the connection.
    func becomeModern(
        _ discovery: DiscoverResult, onNotification: @escaping @Sendable (JSONRPCNotification) -> Void,
        onClose: @escaping @Sendable (MCPClientError) -> Void
    ) {
        options.onNotification = onNotification
        options.onClose = onClose
        options.onRequest = nil
        handshake.withLock { $0 = (InitializeResult(discovery), .v2026_07_28) }
    }

    nonisolated func note(_ verdict: EraVerdict) { knownVerdict.withLock { $0 = verdict } }

    /// Terminates a server that is of no use.
    ///
    /// - Parameter awaited: the method of the request that it has not answered as it should have.
    /// - Returns: the error, with what only the process can tell: how it ended and its last words.
    func end(explaining error: MCPClientError, awaited method: String) async -> MCPClientError {
        let explained = await explain(error, awaited: method)
        await close()
        return explained
    }

    private func explain(_ error: MCPClientError, awaited method: String) async -> MCPClientError {
        guard error.kind == .closed || error.kind == .timedOut else { return error }
        // The end of its output and the news of its exit are two events, in no fixed order.
        let status = await child.waitForExit(until: .now + (error.kind == .closed ? .milliseconds(500) : .zero))
        var detail = status.map { "the server \($0) before it answered \(method)" } ?? error.detail
        if status == nil, error.kind == .timedOut { detail = "no answer to \(method) in time" }
        let errors = await child.finalErrors(until: .now + (status == nil ? .zero : .milliseconds(200)))
        if let last = errors.last(where: { !$0.isEmpty }) { detail += "; its stderr ends: \(last)" }
        return MCPClientError(error.kind, detail, mayHaveExecuted: false)
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

    package nonisolated var transport: MCPTransportKind { .stdio }
    package nonisolated var verdict: EraVerdict? { knownVerdict.withLock { $0 } }
    private nonisolated var isModern: Bool { handshake.withLock { $0?.revision.isModern ?? false } }

    package nonisolated var processID: Int32? { child.pid }

    package func recentErrors() async -> [String] { await child.recentErrors }

    // MARK: Sending

    package nonisolated func makeRequestID() -> Int64 { nextID.wrappingAdd(1, ordering: .relaxed).oldValue }

    package func begin(
        id: Int64, method: String, params: OutgoingParams, context _: RequestContext, on _: EventLoop
    ) async throws(MCPClientError) -> any MCPExchange {
        try checkRunning()
        guard method != "initialize" || handshake.withLock({ $0 == nil }) else { throw .secondInitialize }
        let exchange = MailboxExchange(
            id: id, loop: loop, takesLogs: method != SubscriptionFilter.method
        ) { [self] reason in
            assumeIsolated { $0.abandon(id, reason: reason) }
        }
        exchanges.add(exchange)
        do throws(MCPClientError) {
            try send(JSONRPC.request(id: .integer(id), method: method, params: params.bytes))
        } catch {
            _ = exchanges.remove(id)
            throw error
        }
        return exchange
    }

    package func notify(method: String, params: [UInt8]?) async throws(MCPClientError) {
        try checkRunning()
        try send(
            params.map { JSONRPC.notification(method: method, params: $0) }
                ?? JSONRPC.notification(method: method))
    }

    package func reply(to id: RequestID, _ outcome: JSONRPCResponse.Outcome) async throws(MCPClientError) {
        try checkRunning()
        try send(ServerRequests.message(answering: id, outcome))
    }

    private func checkRunning() throws(MCPClientError) {
        guard !hasEnded, !isClosing else {
            throw MCPClientError(.connectionFailed, "the server is not running", mayHaveExecuted: false)
        }
    }

    /// Queues a message and sees to it that someone writes.
    private func send(_ message: [UInt8]) throws(MCPClientError) {
        guard outbox.append(message) else {
            throw MCPClientError(
                .overloaded, "the server does not read its input: \(StdioOutbox.maxWaitingBytes) bytes wait",
                mayHaveExecuted: false)
        }
        guard !outbox.isBeingWritten else { return }
        outbox.isBeingWritten = true
        Task { await self.writeOutbox() }
    }

    private func writeOutbox() async {
        while let bytes = outbox.takeAll() {
            do {
                // No deadline: every call has one, and the reader notices the process's end.
                try await child.input.write(bytes)
            } catch {
                // The process is gone or going; the reader's end of stream says so to everyone who waits.
                break
            }
        }
        outbox.isBeingWritten = false
    }

    /// Forgets a request and, unless the connection is gone, tells the server.
    func abandon(_ id: Int64, reason: String?) {
        guard exchanges.remove(id) != nil, let reason, !hasEnded, !isClosing else { return }
        let isHandshake = handshake.withLock { $0 == nil }
        guard !isHandshake else { return }  // `initialize` must not be cancelled.
        do throws(MCPClientError) {
            try send(CancelledNotification(requestID: .integer(id), reason: reason).encode())
        } catch {
            options.log.warning("cancellation not sent", ["reason": error.detail])
        }
    }

    // MARK: Receiving

    private func readLines() async {
        var failure: MCPClientError?
        var share = LoopShare()
        do {
            while let count = try await child.output.read({
                framer.append($0); return $0.count
            }) {
                while let line = try framer.next() { handle(line) }
                if share.isUsedUp(by: count) { await loop.giveWay() }
            }
        } catch let error as LineFramer.Failure {
            failure = MCPClientError(
                .tooLarge(limit: options.maxMessageBytes), "the server wrote a \(error)", mayHaveExecuted: true)
        } catch {
            failure = MCPClientError(.closed, "reading from the server failed: \(error)", mayHaveExecuted: true)
        }
        await end(failure)
    }

    private func handle(_ line: ArraySlice<UInt8>) {
        let payload: JSONRPCPayload
        do {
            payload = try JSONRPCPayload(parsing: line, limits: options.jsonLimits)
        } catch {
            ignore(line, because: error.message)
            return
        }
        switch payload {
        case .single(let message): handle(message)
        case .batch(let entries):
            for entry in entries {
                switch entry {
                case .success(let message): handle(message)
                case .failure(let error): ignore(line, because: error.message)
                }
            }
        }
    }

    /// Many servers print banners and prints of their own; none of that ends a session.
    private func ignore(_ line: ArraySlice<UInt8>, because reason: String) {
        ignoredLines += 1
        options.log.warning(
            "server wrote a line that is no JSON-RPC message",
            ["reason": reason, "line": String(decoding: line.prefix(200), as: UTF8.self)])
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
            exchanges.deliver(response)
        case .notification(let notification):
            guard !isClosing, !exchanges.deliver(notification) else { return }
            options.onNotification(notification)
        case .request(let request) where isModern:
            // Its questions travel in results.
            options.log.warning("server sent a request, which it must not", ["method": request.method])
        case .request(let request):
            guard !isClosing else { return }
            guard let answer = ServerRequests.localAnswer(to: request, hasListener: options.onRequest != nil) else {
                options.onRequest?(request)
                return
            }
            do throws(MCPClientError) {
                try send(answer)
            } catch {
                options.log.warning("answer to the server not sent", ["reason": error.detail])
            }
        }
    }

    // MARK: Ending

    private func end(_ failure: MCPClientError?) async {
        guard !hasEnded else { return }
        hasEnded = true
        let cause: MCPClientError
        if let failure {
            cause = failure
        } else {
            let status = await child.waitForExit(until: .now + .milliseconds(500))
            let detail = status.map { "the server \($0)" } ?? "the server closed its output"
            cause = MCPClientError(.closed, detail, mayHaveExecuted: true)
        }
        exchanges.failAll(cause)
        guard !isClosing else { return }
        await child.terminate(ladder)
        guard handshake.withLock({ $0 != nil }) else { return }
        options.onClose(cause)
    }

    package func close() async {
        isClosing = true
        await child.terminate(ladder)
        await end(MCPClientError(.closed, "the connection was closed", mayHaveExecuted: true))
    }
}
