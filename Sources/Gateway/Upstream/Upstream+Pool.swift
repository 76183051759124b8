import AsyncIO
import MCPClient
import MCPProtocol
import Synchronization

/// Sessions of their own, for clients that must not share one: see `pool` in the configuration.
extension Upstream {
    /// A session on its way, and who waits for it.
    final class Opening {
        var waiters: [LoopSignal] = []
        /// Opens it; ``Upstream/stop()`` ends and awaits it.
        var task: Task<Void, Never>?
        var outcome: Result<UpstreamSession, UpstreamFailure>?
    }

    /// The session a caller uses, if it is open already. From any thread.
    nonisolated func readySession(for caller: Caller) -> UpstreamSession? {
        let share = UpstreamShare(configuration.pool.share, for: caller.session)
        return share == .everybody ? live.withLock { $0 } : ready.withLock { $0[share] }
    }

    /// Whether a session is in use, so that what lives in it can be reached. From any thread.
    nonisolated func holds(_ session: UpstreamSession) -> Bool {
        session.share == .everybody
            ? live.withLock { $0 === session } : ready.withLock { $0[session.share] === session }
    }

    /// The session a caller uses, opened if it has to be.
    ///
    /// - Parameter isAlone: opens one for this call only, whatever the configuration says.
    /// - Throws: when the server is down, cannot be reached by the deadline, or has as many sessions as it may.
    func session(
        for caller: Caller, isAlone: Bool = false, until deadline: MonotonicInstant
    ) async throws(UpstreamFailure) -> UpstreamSession {
        let share = isAlone ? .call : UpstreamShare(configuration.pool.share, for: caller.session)
        switch share {
        case .everybody: return try await waitForCommonSession(until: deadline)
        case .call: return try await openForOneCall(caller)
        case .user, .client: return try await ownSession(share, caller, until: deadline)
        }
    }

    private func ownSession(
        _ share: UpstreamShare, _ caller: Caller, until deadline: MonotonicInstant
    ) async throws(UpstreamFailure) -> UpstreamSession {
        if let session = ready.withLock({ $0[share] }) { return session }
        let opening: Opening
        if let present = openings[share] {
            opening = present
        } else {
            try refuseIfDown()
            try makeRoom()
            opening = Opening()
            openings[share] = opening
            // A task of its own: the session is opened for all who wait, whoever gives up.
            opening.task = Task { await self.complete(opening, share, owner: caller.session) }
        }
        while opening.outcome == nil {
            let signal = LoopSignal(loop: loop)
            opening.waiters.append(signal)
            let wake = await signal.wait(until: deadline)
            opening.waiters.removeAll { $0 === signal }
            if opening.outcome == nil { try goOn(after: wake) }
        }
        guard let outcome = opening.outcome else { preconditionFailure("an opening ended without an outcome") }
        return try outcome.get()
    }

    private func complete(_ opening: Opening, _ share: UpstreamShare, owner: FrontSession?) async {
        do throws(MCPClientError) {
            let session = try await open(share, owner: owner) { [weak self] error in
                Task { await self?.ownSessionEnded(share, error) }
            }
            if state == .stopped || owner?.hasEnded == true {
                retire(session)
                throw MCPClientError(.cancelled, "no longer needed", mayHaveExecuted: false)
            }
            ready.withLock { $0[share] = session }
            opening.outcome = .success(session)
            renewSubscriptions(in: session)
        } catch {
            opening.outcome = .failure(UpstreamFailure(server: configuration.name, error))
            // That nobody needs it any more is no fault of the server's.
            if error.kind != .cancelled {
                note(error)
                log.warning("session not opened", ["server": configuration.name, "reason": error.detail])
            }
        }
        openings[share] = nil
        let waiters = opening.waiters
        opening.waiters = []
        for waiter in waiters { waiter.signal() }
    }

    private func openForOneCall(_ caller: Caller) async throws(UpstreamFailure) -> UpstreamSession {
        try refuseIfDown()
        try makeRoom()
        callSessions += 1
        do throws(MCPClientError) {
            return try await open(.call, owner: caller.session) { _ in }
        } catch {
            callSessions -= 1
            throw UpstreamFailure(server: configuration.name, error)
        }
    }

    /// The call that a session was opened for has ended.
    func callEnded(in session: UpstreamSession) {
        callSessions -= 1
        retire(session)
    }

    /// Closes a session nobody will use any more, in the background.
    func retire(_ session: UpstreamSession) {
        session.inbox.withdrawAllQuestions()
        let id = ObjectIdentifier(session)
        guard retiring[id] == nil else { return }
        retiring[id] = Task {
            await session.close()
            self.retiring[id] = nil
        }
    }

    // MARK: Bounds

    /// Sessions beside the common one, open or being opened.
    var ownSessionCount: Int { ready.withLock { $0.count } + openings.count + callSessions }

    /// Sees to it that one more session may be opened: if need be by closing the one unused for longest.
    private func makeRoom() throws(UpstreamFailure) {
        guard !sharesConnection else { return }
        // The common session is one of them.
        guard ownSessionCount + 1 >= configuration.pool.max else { return }
        let now = MonotonicInstant.now
        // What a client keeps in a session of its own by configuration must not vanish under it.
        let keeps = configuration.pool.share == .session
        let idle = ready.withLock { ready in
            ready.compactMap { share, session in
                let isKept = keeps && !session.isUnused && session.inbox.owner?.isAbandoned(now: now) != true
                return subscriptions.has(share) || isKept
                    ? nil : session.idleTime(now: now).map { (share: share, time: $0) }
            }
        }
        if let oldest = idle.max(by: { $0.time < $1.time }) { return close(oldest.share) }
        throw UpstreamFailure(
            server: configuration.name, stage: "limit",
            detail: "\(configuration.pool.max) sessions are open and in use, which is the limit (pool.max)",
            isRetryable: true)
    }

    /// Closes sessions nobody has used for long.
    package func closeIdleSessions(now: MonotonicInstant) {
        guard let limit = configuration.pool.idle else { return }
        let idle = ready.withLock { ready in
            ready.filter { ($0.value.idleTime(now: now) ?? .zero) > limit && !subscriptions.has($0.key) }.map(\.key)
        }
        for share in idle { close(share) }
    }

    private func close(_ share: UpstreamShare) {
        guard let session = ready.withLock({ $0.removeValue(forKey: share) }) else { return }
        retire(session)
        endOwnLists(of: session)
    }

    // MARK: Ends

    /// A client's session has ended: what was opened for it ends, too.
    func release(_ session: FrontSession) {
        if !session.isPart { close(.client(session.id)) }
        let orphaned = Dictionary(grouping: subscriptions.remove(session), by: \.share)
        for (share, subscriptions) in orphaned { unsubscribe(subscriptions.map(\.uri), in: share) }
        if session.requestedLogLevel != nil { renewCommonLogLevel() }
    }

    /// A caller found its session dead.
    func forget(_ session: UpstreamSession, because error: MCPClientError) {
        let isPresent = ready.withLock { ready in
            guard ready[session.share] === session else { return false }
            ready[session.share] = nil
            return true
        }
        guard isPresent else { return }
        retire(session)
        endOwnLists(of: session)
        reopenForSubscribers(session.share)
    }

    private func ownSessionEnded(_ share: UpstreamShare, _ error: MCPClientError) {
        guard let session = ready.withLock({ $0.removeValue(forKey: share) }) else { return }
        log.info("session with a server ended", ["server": configuration.name, "reason": error.detail])
        retire(session)
        endOwnLists(of: session)
        reopenForSubscribers(share)
    }

    func closeOwnSessions() async {
        for task in openings.values.compactMap(\.task) {
            task.cancel()
            await task.value
        }
        let sessions = ready.withLock { ready in
            defer { ready = [:] }
            return Array(ready.values)
        }
        for session in sessions { retire(session) }
        for task in retiring.values { await task.value }
    }
}
