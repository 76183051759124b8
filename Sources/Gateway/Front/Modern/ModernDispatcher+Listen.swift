import AsyncIO
import MCPProtocol
import Synchronization

/// `subscriptions/listen`: MCP 2026-07-28, "Subscriptions".
extension ModernDispatcher {
    /// How long the acknowledgement waits for servers; who takes longer joins later.
    private static let acknowledgeWithin = Duration.seconds(3)

    /// Over HTTP: the answer is a stream of its own.
    func listen(_ request: ModernRequest, _ accepts: AcceptedAnswers, _ exchange: HTTPExchange) async {
        guard accepts.events else {
            await exchange.respond(
                HTTPProblem(406, detail: "the answer is text/event-stream, which the Accept header does not allow"))
            return
        }
        let loop = exchange.loop
        let carrier = EventChannel(HTTPEventStream(loop: loop, maxBacklogBytes: limits.maxStreamBacklogBytes))
        let opened: (session: FrontSession, channel: ListenChannel, filter: SubscriptionFilter)
        do throws(JSONRPCError) {
            opened = try open(request, over: carrier, ownsCarrier: true)
        } catch {
            let answer = Answer(request.id, error)
            await exchange.respond(LegacyEndpoint.jsonHead(answer.status), body: answer.message)
            return
        }
        let (session, channel) = (opened.session, opened.channel)
        exchange.detachStream(
            LegacyEndpoint.eventHead(), to: carrier.events, keepAlive: limits.streamKeepAlive
        ) { _ in
            Task(executorPreference: loop) { await self.endListening(session, channel) }
        }
        Task(executorPreference: loop) { await self.serve(session, channel, opened.filter, request, on: loop) }
    }

    /// Over a channel that the client's other requests share.
    ///
    /// - Returns: whether the subscription has begun; it lasts until it is given up or the channel ends.
    func listen(
        _ request: ModernRequest, over carrier: any FrontChannel, _ cancellation: RequestCancellation,
        on loop: EventLoop
    ) async -> Bool {
        do throws(JSONRPCError) {
            let (session, channel, filter) = try open(request, over: carrier, ownsCarrier: false)
            cancellation.handle {
                Task(executorPreference: loop) { await self.endListening(session, channel) }
            }
            await serve(session, channel, filter, request, on: loop)
            return true
        } catch {
            carrier.push(JSONRPC.error(id: request.id, error))
            return false
        }
    }

    private func open(
        _ request: ModernRequest, over carrier: any FrontChannel, ownsCarrier: Bool
    ) throws(JSONRPCError) -> (session: FrontSession, channel: ListenChannel, filter: SubscriptionFilter) {
        let filter: SubscriptionFilter
        do throws(MessageError) {
            filter = try SubscriptionFilter(params: request.request.params)
        } catch {
            throw .invalidParams("\(error)")
        }
        guard filter.resourceSubscriptions.count <= limits.maxSubscriptions else {
            throw .invalidParams(
                "params.notifications.resourceSubscriptions has \(filter.resourceSubscriptions.count) URIs; "
                    + "\(limits.maxSubscriptions) is the limit (limits.maxSubscriptions)")
        }
        if !filter.taskIDs.isEmpty { try Self.requireTasks(of: request) }
        guard filter.taskIDs.count <= limits.maxSubscriptions else {
            throw .invalidParams(
                "params.notifications.taskIds has \(filter.taskIDs.count) ids; \(limits.maxSubscriptions) is the limit "
                    + "(limits.maxSubscriptions)")
        }
        let channel = ListenChannel(
            over: carrier, ownsCarrier: ownsCarrier, id: request.id, serverInfo: encodedServerInfo)
        let session = FrontSession(
            id: SessionStore.makeID(), revision: .v2026_07_28,
            clientInfo: Implementation(request.meta.clientInfo), capabilities: request.partition.capabilities,
            limits: limits, channel: channel, sharing: request.partition)
        guard router.sessions.add(session) else { throw LegacyDispatcher.tooManySessions(limits) }
        session.holdWhole()
        return (session, channel, filter)
    }

    private func serve(
        _ session: FrontSession, _ channel: ListenChannel, _ filter: SubscriptionFilter, _ request: ModernRequest,
        on loop: EventLoop
    ) async {
        await router.settle(for: request.partition, on: loop)
        let all = router.capabilities(for: request.partition)
        var accepted = SubscriptionFilter()
        accepted.toolsListChanged = filter.toolsListChanged && all.tools
        accepted.promptsListChanged = filter.promptsListChanged && all.prompts
        accepted.resourcesListChanged = filter.resourcesListChanged && all.resources
        if !filter.resourceSubscriptions.isEmpty {
            accepted.resourceSubscriptions = await subscribe(session, to: filter.resourceSubscriptions, on: loop)
        }
        let tasks = knownTasks(filter.taskIDs, of: request)
        accepted.taskIDs = tasks.map(\.id)
        channel.acknowledge(accepted)
        for task in tasks { await task.tell(session) }
        _ = session.noteInitialized()
    }

    /// Subscribes to all at once, each at the server that has it.
    ///
    /// - Returns: those that are subscribed to in time.
    private func subscribe(_ session: FrontSession, to uris: [String], on loop: EventLoop) async -> [String] {
        let progress = SubscriptionProgress(count: uris.count, loop: loop)
        for uri in uris {
            Task(executorPreference: loop) {
                var isTaken = true
                do throws(JSONRPCError) {
                    try await router.subscribe(
                        RawJSON.emptyObject.replacing([(["uri"], JSONWriter.quote(uri))]), by: session)
                    // The client may have gone meanwhile, and nobody else would unsubscribe.
                    if session.hasEnded { router.release(session) }
                } catch {
                    isTaken = false
                    log.debug("not subscribed", ["uri": uri.prefix(200), "reason": error.message])
                }
                progress.note(uri, isTaken: isTaken)
            }
        }
        _ = await progress.done.wait(until: .now + Self.acknowledgeWithin)
        let taken = progress.taken
        return uris.filter(taken.contains)
    }

    private func endListening(_ session: FrontSession, _ channel: ListenChannel) async {
        channel.abandon()
        await router.sessions.end(session, reason: "the client closed its subscription")
    }
}

/// Which of several subscriptions have been taken so far.
private final class SubscriptionProgress: Sendable {
    private struct State {
        var taken: Set<String> = []
        var missing: Int
    }

    private let state: Mutex<State>
    private let loop: EventLoop
    let done: LoopSignal

    init(count: Int, loop: EventLoop) {
        state = Mutex(State(missing: count))
        self.loop = loop
        done = LoopSignal(loop: loop)
    }

    var taken: Set<String> { state.withLock { $0.taken } }

    func note(_ uri: String, isTaken: Bool) {
        let isLast = state.withLock { state in
            if isTaken { state.taken.insert(uri) }
            state.missing -= 1
            return state.missing == 0
        }
        if isLast { done.signal() }
    }
}
