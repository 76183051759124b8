import AsyncIO
import MCPProtocol

/// Listens for what a session wants to hear of a server beside its requests: changes of lists, and of the resources it has
/// subscribed to (MCP 2026-07-28, "Subscriptions"). Lives on the session's loop.
///
/// What a subscription is about cannot be changed. A larger one is therefore opened beside the present one, which ends
/// after the new one has begun; what both tell is told once. One that breaks off is opened again, and then everything it
/// was about may have changed in between.
actor SubscriptionWatcher {
    /// One `subscriptions/listen` that the server has acknowledged.
    private final class Subscription {
        let id: Int64
        let exchange: any MCPExchange
        /// What the server does tell, of what it was asked for.
        let honoured: SubscriptionFilter
        /// What was wanted when it was opened: see ``SubscriptionWatcher/wish``.
        let wish: Int
        let begin = MonotonicInstant.now
        var reader: Task<Void, Never>?
        /// Ends it, once it is replaced.
        var farewell: Task<Void, Never>?

        init(_ exchange: any MCPExchange, honoured: SubscriptionFilter, wish: Int) {
            id = exchange.id
            self.exchange = exchange
            self.honoured = honoured
            self.wish = wish
        }
    }

    private struct Refusal {
        let wish: Int
        /// The server's own error, or why there is none.
        let outcome: Result<JSONRPCError, MCPClientError>
    }

    private nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    private let server: ModernServer
    private let options: ConnectionOptions
    private var wanted = SubscriptionFilter()
    /// Counts the changes of ``wanted`` that need a new subscription.
    private var wish = 0
    private var current: Subscription?
    /// Replaced ones that are still read for a moment: what was on its way must not be lost.
    private var replaced: [Int64: Subscription] = [:]
    private var overlap = SubscriptionOverlap()
    /// Why the last attempt failed.
    private var refusal: Refusal?
    /// How the server refused subscriptions altogether.
    private var unsupported: JSONRPCError?
    /// There was a time without a subscription.
    private var hasMissed = false
    private var nextAttempt = MonotonicInstant.now
    private var backoff = SubscriptionWatcher.firstBackoff
    private var waiters: [LoopSignal] = []
    private var driver: Task<Void, Never>?
    /// Something has happened that the driver waits for.
    private lazy var wake = LoopSignal(loop: loop)
    private var isClosed = false

    private static let acknowledgementPatience = Duration.seconds(10)
    /// How long a replaced subscription is still read.
    private static let farewell = Duration.seconds(1)
    private static let firstBackoff = Duration.milliseconds(500)
    private static let longestBackoff = Duration.seconds(30)
    /// A subscription that lasted this long was a success.
    private static let stableAfter = Duration.seconds(10)

    init(_ server: ModernServer, options: ConnectionOptions, loop: EventLoop) {
        self.server = server
        self.options = options
        self.loop = loop
    }

    // MARK: Wishes

    /// Listens, from now on, for changes of the lists that the server announces changes of.
    nonisolated func watchLists(ofServerWith capabilities: RawJSON) {
        func announces(_ kind: String) -> Bool { capabilities[kind, "listChanged"]?.boolValue ?? false }
        var lists = SubscriptionFilter()
        lists.toolsListChanged = announces("tools")
        lists.promptsListChanged = announces("prompts")
        lists.resourcesListChanged = announces("resources")
        guard lists != SubscriptionFilter() else { return }
        Task(executorPreference: loop) { [lists] in await self.watch(lists) }
    }

    private func watch(_ lists: SubscriptionFilter) {
        guard !isClosed else { return }
        var filter = lists
        filter.resourceSubscriptions = wanted.resourceSubscriptions
        wanted = filter
        wishChanged()
    }

    /// - Returns: an empty result once the server has agreed; an error where it does not tell of that resource.
    func subscribe(_ uri: String, until deadline: MonotonicInstant) async throws(MCPClientError)
        -> JSONRPCResponse.Outcome
    {
        if !wanted.resourceSubscriptions.contains(uri) {
            wanted.resourceSubscriptions.append(uri)
            let isHeard =
                current.map { $0.wish == self.wish && $0.honoured.resourceSubscriptions.contains(uri) } ?? false
            if !isHeard { wishChanged() }
        }
        let wish = self.wish
        while true {
            guard !isClosed else {
                throw MCPClientError(.closed, "the connection was closed", mayHaveExecuted: false)
            }
            if let current, current.wish >= wish {
                if current.honoured.resourceSubscriptions.contains(uri) { return .result(.emptyObject) }
                unsubscribe(uri)
                return .error(
                    JSONRPCError(
                        code: ErrorCode.invalidParams, message: "the server does not tell of changes of this resource"))
            }
            if let unsupported {
                unsubscribe(uri)
                return .error(unsupported)
            }
            if let refusal, refusal.wish >= wish {
                unsubscribe(uri)
                switch refusal.outcome {
                case .success(let error): return .error(error)
                case .failure(let error): throw error
                }
            }
            let signal = LoopSignal(loop: loop)
            waiters.append(signal)
            let wake = await signal.wait(until: deadline)
            waiters.removeAll { $0 === signal }
            switch wake {
            case .signalled: continue
            case .timedOut:
                throw MCPClientError(.timedOut, "the server has not acknowledged in time", mayHaveExecuted: true)
            case .cancelled: throw MCPClientError(.cancelled, "cancelled", mayHaveExecuted: true)
            }
        }
    }

    /// The server goes on telling of it until the next subscription; nobody is told.
    func unsubscribe(_ uri: String) { wanted.resourceSubscriptions.removeAll { $0 == uri } }

    private func wishChanged() {
        wish += 1
        nextAttempt = .now
        if driver == nil { driver = Task { await self.drive() } }
        wake.signal()
    }

    func close() async {
        guard !isClosed else { return }
        isClosed = true
        driver?.cancel()
        wake.signal()
        tellWaiters()
        for subscription in replaced.values { await end(subscription) }
        if let current { await end(current) }
        await driver?.value
        driver = nil
    }

    private func end(_ subscription: Subscription) async {
        subscription.farewell?.cancel()
        await subscription.exchange.cancel(reason: "no longer needed")
        await subscription.reader?.value
    }

    private func tellWaiters() {
        let waiting = waiters
        waiters = []
        for waiter in waiting { waiter.signal() }
    }

    // MARK: Subscriptions

    /// Keeps a subscription open that is what is wanted.
    private func drive() async {
        while !isClosed, unsupported == nil {
            if wanted == SubscriptionFilter() || current?.wish == wish {
                _ = await wake.wait()
            } else if MonotonicInstant.now < nextAttempt {
                _ = await wake.wait(until: nextAttempt)
            } else {
                await renew()
            }
        }
    }

    private func renew() async {
        let wish = self.wish
        refusal = nil
        do throws(MCPClientError) {
            let opened = try await open(wanted, wish: wish)
            guard !isClosed else { return await opened.exchange.cancel(reason: "no longer needed") }
            adopt(opened)
        } catch {
            guard !isClosed else { return }
            options.log.debug("no subscription", ["reason": error.detail])
            if refusal == nil { refusal = Refusal(wish: wish, outcome: .failure(error)) }
            hasMissed = hasMissed || current == nil
            delayNextAttempt()
            tellWaiters()
        }
    }

    private func delayNextAttempt() {
        nextAttempt = .now + backoff * Double.random(in: 0.8...1.2)
        backoff = min(backoff * 2, Self.longestBackoff)
    }

    /// Opens a subscription and waits for the server to acknowledge it.
    private func open(_ filter: SubscriptionFilter, wish: Int) async throws(MCPClientError) -> Subscription {
        let params = RawJSON.emptyObject.replacing([(["notifications"], filter.encode())])
            .requestParams(
                capabilities: options.capabilities,
                clientInfo: RawJSON(unchecked: options.clientInfo.encode(for: .v2026_07_28)[...]), logLevel: nil,
                affinity: options.affinity)
        let exchange = try await server.carrier.carry(
            id: server.carrier.makeRequestID(), method: SubscriptionFilter.method, params: Array(params.bytes),
            headers: server.carrier.allHeaders(with: [(MirroredHeaders.method, SubscriptionFilter.method)]),
            on: loop)
        do throws(MCPClientError) {
            let deadline = MonotonicInstant.now + Self.acknowledgementPatience
            while true {
                switch try await exchange.next(until: deadline) {
                case .notification(let notification) where notification.method == SubscriptionFilter.acknowledged:
                    return Subscription(exchange, honoured: try Self.honoured(notification), wish: wish)
                case .notification(let notification): pass(notification, of: exchange.id)
                case .request, .alive: continue
                case .response(let response):
                    if case .error(let error) = response.outcome {
                        refusal = Refusal(wish: wish, outcome: .success(error))
                        // A server without subscriptions has none later, either.
                        if error.code == ErrorCode.methodNotFound { unsupported = error }
                    }
                    throw MCPClientError(.closed, "the server ended the subscription", mayHaveExecuted: true)
                case .stream:
                    throw MCPClientError(.protocolViolation, "the server answered at length", mayHaveExecuted: true)
                }
            }
        } catch {
            await exchange.cancel(reason: "no longer needed")
            throw error
        }
    }

    private static func honoured(_ acknowledgement: JSONRPCNotification) throws(MCPClientError) -> SubscriptionFilter {
        do throws(MessageError) {
            return try SubscriptionFilter(params: acknowledgement.params)
        } catch {
            throw MCPClientError(
                .protocolViolation, "the acknowledgement of a subscription is invalid: \(error)",
                mayHaveExecuted: true)
        }
    }

    private func adopt(_ opened: Subscription) {
        if let old = current {
            replaced[old.id] = old
            overlap.begin(until: .now + Self.farewell)
            old.farewell = Task {
                do throws(CancellationError) {
                    try await loop.sleep(for: Self.farewell)
                } catch {
                    return  // Whoever cancels ends it, too.
                }
                await old.exchange.cancel(reason: "replaced by a larger one")
            }
        }
        current = opened
        if hasMissed { announceEverything(of: opened.honoured) }
        hasMissed = false
        opened.reader = Task { await self.read(opened) }
        tellWaiters()
    }

    private func read(_ subscription: Subscription) async {
        do throws(MCPClientError) {
            reading: while true {
                switch try await subscription.exchange.next(until: .distantFuture) {
                case .notification(let notification) where notification.method == "notifications/cancelled":
                    await subscription.exchange.cancel(reason: "ended by the server")
                    break reading
                case .notification(let notification): pass(notification, of: subscription.id)
                case .request, .alive: continue
                case .response, .stream: break reading
                }
            }
        } catch {
            if !isClosed { options.log.debug("subscription ended", ["reason": error.detail]) }
        }
        replaced[subscription.id] = nil
        guard current === subscription else { return }
        current = nil
        hasMissed = true
        if MonotonicInstant.now - subscription.begin > Self.stableAfter { backoff = Self.firstBackoff }
        delayNextAttempt()
        wake.signal()
    }

    // MARK: News

    private func pass(_ notification: JSONRPCNotification, of subscription: Int64) {
        guard !isClosed, notification.method != SubscriptionFilter.acknowledged else { return }
        let uri = notification.params?.member("uri")?.stringValue
        guard overlap.isNews(notification.method, uri, of: subscription, at: .now) else { return }
        if notification.method == "notifications/resources/updated", let uri, !isWanted(uri) { return }
        options.onNotification(
            JSONRPCNotification(method: notification.method, params: notification.params?.withoutEnvelope))
    }

    /// What has a subscribed URI as its beginning is a part of that resource (MCP 2025-11-25, Resources, "Subscriptions").
    private func isWanted(_ uri: String) -> Bool { wanted.resourceSubscriptions.contains { uri.hasPrefix($0) } }

    private func announceEverything(of filter: SubscriptionFilter) {
        func tell(_ method: String, _ params: RawJSON? = nil) {
            options.onNotification(JSONRPCNotification(method: method, params: params))
        }
        if filter.toolsListChanged { tell("notifications/tools/list_changed") }
        if filter.promptsListChanged { tell("notifications/prompts/list_changed") }
        if filter.resourcesListChanged { tell("notifications/resources/list_changed") }
        for uri in filter.resourceSubscriptions where isWanted(uri) {
            let params = RawJSON.emptyObject.replacing([(["uri"], JSONWriter.quote(uri))])
            tell("notifications/resources/updated", params)
        }
    }
}
