import AsyncIO
import MCPClient
import MCPProtocol
import Synchronization

/// What clients' sessions want of a server beside calls: news of resources, and log messages of a level.
extension Upstream {
    /// How long a server may take to answer a request of ours that changes what it tells.
    private static let requestTimeout = Duration.seconds(10)

    // MARK: Subscriptions

    /// Subscribes a client to a resource; a server is asked once for all who share a session.
    ///
    /// - Parameters:
    ///   - uri: as the server knows it.
    ///   - exposed: as the client knows it.
    func subscribe(_ uri: String, exposedAs exposed: String, by front: FrontSession) async throws(JSONRPCError) {
        let session = try await subscriptionSession(for: front)
        // Behind the wait: many may have come in meanwhile.
        let limit = connector.limits.maxSubscriptions
        guard subscriptions.count(of: front) < limit else {
            throw .internalError("\(limit) resources are subscribed to, which is the limit (limits.maxSubscriptions)")
        }
        let subscriber = SubscriptionTable.Subscriber(session: front, exposedURI: exposed)
        guard subscriptions.add(subscriber, to: uri, in: session.share) else { return }
        do throws(JSONRPCError) {
            try await ask(session, "resources/subscribe", uri: uri)
        } catch {
            _ = subscriptions.remove(front, from: uri, in: session.share)
            throw error
        }
    }

    func unsubscribe(_ uri: String, by front: FrontSession) {
        let share = subscriptionShare(for: front)
        if subscriptions.remove(front, from: uri, in: share) { unsubscribe([uri], in: share) }
    }

    /// Tells the server, in the background, that nobody listens to these any more: one after the other, for a client may
    /// leave many behind at once.
    func unsubscribe(_ uris: [String], in share: UpstreamShare) {
        guard let session = present(share) else { return }
        Task {
            // Read again after every wait: somebody may listen again, and the session may be over.
            for uri in uris where subscriptions.subscribers(of: uri, in: share).isEmpty {
                guard present(share) === session else { return }
                do throws(JSONRPCError) {
                    try await self.ask(session, "resources/unsubscribe", uri: uri)
                } catch {
                    log.debug("not unsubscribed", ["server": configuration.name, "reason": error.message])
                }
            }
        }
    }

    /// A session for one call ends with it, so what lasts is kept in the common one.
    private func subscriptionShare(for front: FrontSession) -> UpstreamShare {
        let share = UpstreamShare(configuration.pool.share, for: front)
        return share == .call ? .everybody : share
    }

    private func subscriptionSession(for front: FrontSession) async throws(JSONRPCError) -> UpstreamSession {
        let deadline = MonotonicInstant.now + (configuration.timeouts.call ?? Self.requestTimeout)
        do throws(UpstreamFailure) {
            if subscriptionShare(for: front) == .everybody { return try await waitForCommonSession(until: deadline) }
            return try await session(for: Caller(session: front, link: nil), until: deadline)
        } catch {
            throw error.rpcError
        }
    }

    private func present(_ share: UpstreamShare) -> UpstreamSession? {
        share == .everybody ? live.withLock { $0 } : ready.withLock { $0[share] }
    }

    private func ask(_ session: UpstreamSession, _ method: String, uri: String) async throws(JSONRPCError) {
        var params = JSONWriter()
        params.beginObject()
        params.key("uri")
        params.string(uri)
        params.endObject()
        let response: JSONRPCResponse
        do throws(MCPClientError) {
            response = try await session.connection.request(
                method, params: params.finish(), until: .now + Self.requestTimeout, on: loop)
        } catch {
            throw UpstreamFailure(server: configuration.name, error).rpcError
        }
        if case .error(let error) = response.outcome { throw error }
    }

    /// A resource has changed: whoever is subscribed to it in that session hears of it, by the URI it knows.
    func resourceUpdated(_ uri: String, in share: UpstreamShare) {
        for (subscribed, subscriber) in subscriptions.concerned(by: uri, in: share) {
            let exposed =
                subscribed == uri
                ? subscriber.exposedURI : catalog.exposedURI(uri, of: configuration.name, for: subscriber.session)
            subscriber.session.resourceUpdated(exposed)
        }
    }

    /// Subscribes anew in a session that replaces another. What changed in between is unknown, so everything may have.
    func renewSubscriptions(in session: UpstreamSession) {
        let uris = subscriptions.uris(in: session.share)
        guard !uris.isEmpty else { return }
        Task {
            for uri in uris {
                do throws(JSONRPCError) {
                    try await self.ask(session, "resources/subscribe", uri: uri)
                } catch {
                    log.warning(
                        "subscription not renewed",
                        ["server": configuration.name, "uri": uri, "reason": error.message])
                }
                self.resourceUpdated(uri, in: session.share)
            }
        }
    }

    /// A session with subscribers has ended although nobody wanted that: it is opened again, with growing pauses.
    func reopenForSubscribers(_ share: UpstreamShare) {
        guard subscriptions.has(share), state != .stopped else { return }
        Task {
            var pause = Duration.milliseconds(500)
            while subscriptions.has(share), present(share) == nil, state != .stopped {
                guard let front = subscriptions.anySession(in: share), !front.hasEnded else { return }
                do {
                    try await loop.sleep(for: pause)
                    _ = try await self.session(
                        for: Caller(session: front, link: nil),
                        until: .now + (configuration.timeouts.connect ?? Self.requestTimeout))
                    return
                } catch {
                    log.debug("session not opened again", ["server": configuration.name, "reason": "\(error)"])
                    pause = min(pause * 2, .seconds(30))
                }
            }
        }
    }

    // MARK: Log levels

    /// A client has said what log messages it wants; returns when the sessions it uses know.
    func logLevelChanged(by front: FrontSession) async {
        let share = UpstreamShare(configuration.pool.share, for: front)
        guard let session = present(share) else { return }
        await applyLogLevel(to: session)
    }

    /// The common session's clients are others than before.
    func renewCommonLogLevel() {
        guard let session = live.withLock({ $0 }) else { return }
        Task { await self.applyLogLevel(to: session) }
    }

    /// Asks for the messages of the most verbose level that a client of the session wants; each client's own is applied
    /// to what it is sent. One that has not said wants whatever there is; only if nobody has, the server decides.
    func applyLogLevel(to session: UpstreamSession) async {
        let clients =
            session.inbox.owner.map { [$0] }
            ?? sessions.all.filter { front in
                UpstreamShare(configuration.pool.share, for: front) == session.share
            }
        // Of clients without sessions, only those that say so want any.
        let wanted = clients.map(\.requestedLogLevel).enumerated().filter { index, level in
            level != nil || clients[index].revision.isLegacy
        }.map(\.element)
        let known = wanted.compactMap { $0 }
        guard let mostVerbose = known.min() else { return }
        await sendLogLevel(known.count == wanted.count ? mostVerbose : .debug, to: session)
    }

    private func sendLogLevel(_ level: LoggingLevel, to session: UpstreamSession) async {
        guard session.capabilities.logging, session.isNews(level) else { return }
        do throws(MCPClientError) {
            _ = try await session.connection.request(
                "logging/setLevel", params: Array(#"{"level":"\#(level.rawValue)"}"#.utf8),
                until: .now + Self.requestTimeout, on: loop)
        } catch {
            log.warning("log level not set", ["server": configuration.name, "reason": error.detail])
        }
    }

    // MARK: Roots

    /// The client's roots have changed: the sessions opened for it are told.
    nonisolated func rootsChanged(of front: FrontSession) {
        let session = ready.withLock { $0[UpstreamShare(configuration.pool.share, for: front)] }
        session?.notify("notifications/roots/list_changed")
    }

    // MARK: Questions

    /// The client may have become able to take questions outside of any call.
    nonisolated func clientListens(_ front: FrontSession) {
        ready.withLock { $0[UpstreamShare(configuration.pool.share, for: front)] }?.inbox.ownerListens()
    }
}
