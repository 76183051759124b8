import AsyncIO
import MCPProtocol
import Synchronization

/// A client whose messages all come one way and whose answers all go another: HTTP+SSE, stdio.
final class ChannelSession: Sendable {
    private let dispatcher: LegacyDispatcher
    private let channel: any FrontChannel
    private let id: String
    private let state = Mutex(State())

    private struct State {
        var session: FrontSession?
        var isOpening = false
        var hasEnded = false
        /// Messages being answered.
        var inProgress = 0
        var isDraining = false
    }

    /// Messages one client may have in progress; the next request is refused.
    private static let maxInProgress = 1024

    init(_ dispatcher: LegacyDispatcher, channel: any FrontChannel, id: String = SessionStore.makeID()) {
        self.dispatcher = dispatcher
        self.channel = channel
        self.id = id
    }

    var session: FrontSession? { state.withLock { $0.session } }

    /// Takes what one line or one body holds. Answers go to the channel, in the background.
    ///
    /// - Throws: what is wrong with the text; it has been said over the channel.
    func take(_ text: ArraySlice<UInt8>, on loop: EventLoop) throws(JSONRPCParseError) {
        let payload: JSONRPCPayload
        do throws(JSONRPCParseError) {
            payload = try JSONRPCPayload(parsing: text, limits: dispatcher.jsonLimits)
        } catch {
            channel.push(refusal(error.rpcError, id: error.id))
            throw error
        }
        switch payload {
        case .single(.request(let request)): start(request, on: loop)
        case .single(let message):
            guard let session else { return }
            // In the order they came, as a cancellation must not overtake what it is about.
            Task(executorPreference: loop) { await self.dispatcher.take(message, session) }
        case .batch(let entries): start(entries, on: loop)
        }
    }

    private func refusal(_ error: JSONRPCError, id: RequestID?) -> [UInt8] {
        let omits = session.map { $0.revision >= .v2025_11_25 } ?? false
        return JSONRPC.error(id: id, error, omitsMissingID: omits)
    }

    private func start(_ request: JSONRPCRequest, on loop: EventLoop) {
        if request.method == InitializeRequest.method { return initialize(request, on: loop) }
        guard let session else {
            channel.push(
                request.method == "ping"
                    ? LegacyDispatcher.empty(request.id)
                    : JSONRPC.error(id: request.id, .invalidRequest("initialize comes first")))
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
            await self.answer(request, session, on: loop)
            self.answered()
        }
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
        let isLast = state.withLock { state in
            state.inProgress -= 1
            return state.isDraining && state.inProgress == 0
        }
        if isLast { channel.close() }
    }

    /// Before the end: closes the channel behind the last answer that is being made.
    func drain() {
        let isUnused = state.withLock { state in
            state.isDraining = true
            return state.inProgress == 0
        }
        if isUnused { channel.close() }
    }

    private func answer(_ request: JSONRPCRequest, _ session: FrontSession, on loop: EventLoop) async {
        let reply = ChannelReply(channel, id: request.id)
        switch await dispatcher.dispatch(request, session, reply, on: loop) {
        case .ready(let message): channel.push(message)
        case .run(let run):
            guard session.begin(run, as: request.id) else { return channel.push(LegacyDispatcher.idInUse(request.id)) }
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
        Task(executorPreference: loop) {
            do throws(JSONRPCError) {
                let opened = try await self.dispatcher.initialize(
                    request, id: self.id, channel: self.channel, on: loop)
                let hasEnded = self.state.withLock { state in
                    state.session = opened.session
                    return state.hasEnded
                }
                if hasEnded {
                    // Nobody else would: the client was gone before there was a session to end.
                    await self.dispatcher.sessions.end(opened.session, reason: "the client is gone")
                } else {
                    self.channel.push(opened.answer)
                }
            } catch {
                self.state.withLock { $0.isOpening = false }
                self.channel.push(JSONRPC.error(id: request.id, error))
            }
        }
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
        let session = state.withLock { state in
            state.hasEnded = true
            return state.session
        }
        if let session { await dispatcher.sessions.end(session, reason: reason) } else { channel.close() }
    }
}
