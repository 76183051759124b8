import AsyncIO
import MCPProtocol
import Synchronization

/// A client whose messages all come one way and whose answers all go another: HTTP+SSE, stdio.
final class ChannelSession: Sendable {
    private let dispatcher: LegacyDispatcher
    /// For requests that describe themselves; `nil` where the transport is older than they are.
    private let modern: ModernDispatcher?
    private let channel: any FrontChannel
    private let id: String
    private let state = Mutex(State())

    private struct State {
        var session: FrontSession?
        var isOpening = false
        var hasEnded = false
        /// What came while the handshake is being answered, from a client that does not wait.
        var early: [JSONRPCPayload] = []
        /// Messages being answered.
        var inProgress = 0
        var isDraining = false
        /// Requests that describe themselves and can be given up: those in progress, and subscriptions.
        var modern: [RequestID: RequestCancellation] = [:]
        /// Wait for the last answer.
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    /// Messages one client may have in progress; the next request is refused.
    private static let maxInProgress = 1024

    init(
        _ dispatcher: LegacyDispatcher, modern: ModernDispatcher? = nil, channel: any FrontChannel,
        id: String = SessionStore.makeID()
    ) {
        self.dispatcher = dispatcher
        self.modern = modern
        self.channel = channel
        self.id = id
    }

    var session: FrontSession? { state.withLock { $0.session } }

    /// Takes what one line or one body holds. Answers go to the channel, in the background.
    ///
    /// - Returns: what has to be done before the sender's next message is taken: an answer must not overtake the
    ///   cancellation of what it is about. On one loop it always is.
    /// - Throws: what is wrong with the text; it has been said over the channel.
    @discardableResult
    func take(_ text: ArraySlice<UInt8>, on loop: EventLoop) throws(JSONRPCParseError) -> Task<Void, Never>? {
        let payload: JSONRPCPayload
        do throws(JSONRPCParseError) {
            payload = try JSONRPCPayload(parsing: text, limits: dispatcher.jsonLimits)
        } catch {
            channel.push(refusal(error.rpcError, id: error.id))
            throw error
        }
        let mustWait = state.withLock { state in
            guard state.isOpening, state.session == nil, state.early.count < Self.maxInProgress else { return false }
            state.early.append(payload)
            return true
        }
        return mustWait ? nil : take(payload, on: loop)
    }

    @discardableResult
    private func take(_ payload: JSONRPCPayload, on loop: EventLoop) -> Task<Void, Never>? {
        switch payload {
        case .single(.request(let request)):
            let (members, client) =
                modern?.partitions.members(of: request.params) ?? (RequestMembers(request.params), nil)
            if let modern, RequestEra(request, members, versionHeader: nil) == .modern {
                start(request, members, client, modern, on: loop)
            } else {
                start(request, members, on: loop)
            }
        case .single(let message):
            guard !cancelsModern(message), let session else { return nil }
            // In the order they came, as a cancellation must not overtake what it is about.
            return Task(executorPreference: loop) { await self.dispatcher.take(message, session) }
        case .batch(let entries): start(entries, on: loop)
        }
        return nil
    }

    private func refusal(_ error: JSONRPCError, id: RequestID?) -> [UInt8] {
        let omits = session.map { $0.revision >= .v2025_11_25 } ?? false
        return JSONRPC.error(id: id, error, omitsMissingID: omits)
    }

    private func start(_ request: JSONRPCRequest, _ members: RequestMembers, on loop: EventLoop) {
        if request.method == InitializeRequest.method { return initialize(request, on: loop) }
        guard let session else {
            channel.push(
                request.method == "ping"
                    ? LegacyDispatcher.empty(request.id) : JSONRPC.error(id: request.id, noSession))
            return
        }
        guard begin() else {
            channel.push(
                JSONRPC.error(
                    id: request.id,
                    .internalError("\(Self.maxInProgress) requests are in progress, which is the limit")))
            return
        }
        Task(executorPreference: loop) {
            await self.answer(request, members, session, on: loop)
            self.answered()
        }
    }

    /// The answer to a request that neither belongs to a session nor describes itself.
    private var noSession: JSONRPCError {
        guard modern != nil else { return .invalidRequest("initialize comes first") }
        return .invalidParams(
            "initialize comes first, or params._meta must have \"\(MetaKey.protocolVersion)\" and "
                + "\"\(MetaKey.clientCapabilities)\"")
    }

    private func begin() -> Bool {
        state.withLock { state in
            guard state.inProgress < Self.maxInProgress else { return false }
            state.inProgress += 1
            return true
        }
    }

    /// An answer is on its way.
    private func answered() {
        let (isLast, waiters) = state.withLock { state -> (Bool, [CheckedContinuation<Void, Never>]) in
            state.inProgress -= 1
            guard state.inProgress == 0 else { return (false, []) }
            defer { state.waiters = [] }
            return (state.isDraining, state.waiters)
        }
        if isLast { channel.close() }
        for waiter in waiters { waiter.resume() }
    }

    /// Waits for the answers that are being made, but no longer than `limit`.
    func finish(within limit: Duration, on loop: EventLoop) async {
        let timer = Task(executorPreference: loop) {
            do { try await loop.sleep(for: limit) } catch { return }
            let waiters = self.state.withLock { state in
                defer { state.waiters = [] }
                return state.waiters
            }
            for waiter in waiters { waiter.resume() }
        }
        await withCheckedContinuation { continuation in
            let isDone = state.withLock { state in
                if state.inProgress > 0 { state.waiters.append(continuation) }
                return state.inProgress == 0
            }
            if isDone { continuation.resume() }
        }
        timer.cancel()
    }

    /// Before the end: closes the channel behind the last answer that is being made.
    func drain() {
        let isUnused = state.withLock { state in
            state.isDraining = true
            return state.inProgress == 0
        }
        if isUnused { channel.close() }
    }

    // MARK: Requests that describe themselves

    /// Each stands for itself, whatever session there is (MCP 2026-07-28, Transports, "stdio").
    private func start(
        _ request: JSONRPCRequest, _ members: RequestMembers, _ client: DescribedClient?, _ modern: ModernDispatcher,
        on loop: EventLoop
    ) {
        let read: ModernRequest
        do throws(ModernDispatcher.Refusal) {
            read = try modern.read(request, members, client, headers: nil, origin: id)
        } catch {
            channel.push(error.answer.message)
            return
        }
        let cancellation = RequestCancellation()
        let problem = state.withLock { state -> JSONRPCError? in
            guard state.modern[request.id] == nil else {
                return .invalidRequest("a request with this id is in progress")
            }
            guard state.modern.count < Self.maxInProgress else {
                return .internalError("\(Self.maxInProgress) requests are in progress, which is the limit")
            }
            state.modern[request.id] = cancellation
            state.inProgress += 1
            return nil
        }
        if let problem {
            channel.push(JSONRPC.error(id: request.id, problem))
            return
        }
        Task(executorPreference: loop) {
            var goesOn = false
            if request.method == SubscriptionFilter.method {
                goesOn = await modern.listen(read, over: self.channel, cancellation, on: loop)
            } else {
                await modern.answer(read, ChannelReply(self.channel, id: request.id), cancellation, on: loop)
            }
            if !goesOn { self.state.withLock { $0.modern[request.id] = nil } }
            self.answered()
        }
    }

    /// - Returns: whether the message gives up a request that describes itself; nothing more is said of that one.
    private func cancelsModern(_ message: JSONRPCMessage) -> Bool {
        guard case .notification(let notification) = message, notification.method == "notifications/cancelled",
            let id = notification.params?.member("requestId").flatMap(RequestID.init(_:)),
            let cancellation = state.withLock({ $0.modern.removeValue(forKey: id) })
        else { return false }
        cancellation.cancel()
        return true
    }

    private func answer(
        _ request: JSONRPCRequest, _ members: RequestMembers, _ session: FrontSession, on loop: EventLoop
    ) async {
        let reply = ChannelReply(channel, id: request.id)
        switch await dispatcher.dispatch(request, members, session, reply, on: loop) {
        case .ready(let message): channel.push(message)
        case .run(let run):
            guard session.begin(run, as: request.id) else {
                channel.push(LegacyDispatcher.idInUse(request.id))
                return
            }
            await dispatcher.relay(run, request.id, session, reply)
        }
    }

    private func initialize(_ request: JSONRPCRequest, on loop: EventLoop) {
        let isFirst = state.withLock { state in
            defer { state.isOpening = true }
            return !state.isOpening
        }
        guard isFirst else {
            channel.push(JSONRPC.error(id: request.id, .invalidRequest("the session is initialized already")))
            return
        }
        state.withLock { $0.inProgress += 1 }
        Task(executorPreference: loop) {
            do throws(JSONRPCError) {
                let opened = try await self.dispatcher.initialize(
                    request, id: self.id, channel: self.channel, on: loop)
                self.channel.push(opened.answer)
                self.opened(opened.session, on: loop)
                if self.state.withLock({ $0.hasEnded }) {
                    // Nobody else would: the client was gone before there was a session to end.
                    await self.dispatcher.sessions.end(opened.session, reason: "the client is gone")
                }
            } catch {
                self.channel.push(JSONRPC.error(id: request.id, error))
                self.opened(nil, on: loop)
            }
            self.answered()
        }
    }

    /// The handshake has been answered.
    ///
    /// - Parameter session: `nil` if it was refused; the client may try again.
    private func opened(_ session: FrontSession?, on loop: EventLoop) {
        let early = state.withLock { state in
            state.session = session
            state.isOpening = session != nil
            defer { state.early = [] }
            return state.early
        }
        for payload in early { take(payload, on: loop) }
    }

    private func start(_ entries: [Result<JSONRPCMessage, JSONRPCParseError>], on loop: EventLoop) {
        guard let session, session.revision.allowsBatch else {
            channel.push(refusal(LegacyDispatcher.noBatches(session?.revision ?? .latestLegacy), id: nil))
            return
        }
        guard begin() else {
            channel.push(
                refusal(.internalError("\(Self.maxInProgress) requests are in progress, which is the limit"), id: nil))
            return
        }
        Task(executorPreference: loop) {
            let answers = await self.dispatcher.answers(to: entries, session, on: loop)
            if !answers.isEmpty { self.channel.push(JSONRPC.batch(answers)) }
            self.answered()
        }
    }

    /// The client is gone, or ends the session.
    func end(reason: String) async {
        let (session, modern) = state.withLock { state in
            state.hasEnded = true
            defer { state.modern = [:] }
            return (state.session, Array(state.modern.values))
        }
        for cancellation in modern { cancellation.cancel() }
        if let session { await dispatcher.sessions.end(session, reason: reason) } else { channel.close() }
    }
}
