import AsyncIO
import MCPClient
import MCPProtocol
import Synchronization

/// Keeps what the server lists to clients that do not see what everybody sees: those with capabilities of their own, and
/// those for whom it has changed a list in their session alone.
extension Upstream {
    // MARK: Exploring

    /// Finds out, in the background, what the server shows to clients that declare what this one does, unless that is
    /// known: from the client's own session with the server, which is opened for it. From any thread.
    ///
    /// A failure costs nothing: such clients then see what everybody sees.
    ///
    /// - Parameter onlyOutdated: only if it was known and has changed since.
    nonisolated func explore(for front: FrontSession, onlyOutdated: Bool) {
        // Who shares everybody's session sees everybody's lists.
        guard UpstreamShare(configuration.pool.share, for: front) != .everybody, let fingerprint = front.fingerprint,
            catalog.beginExploring(configuration.name, for: front, onlyOutdated: onlyOutdated)
        else { return }
        // It is done for all that declare the same, however soon this one has no more use for it.
        front.hold()
        Task(executorPreference: loop) {
            await self.runExploration(for: front, fingerprint)
            front.letGo()
        }
    }

    private func runExploration(for front: FrontSession, _ fingerprint: String) async {
        do throws(UpstreamFailure) {
            let deadline = MonotonicInstant.now + (configuration.timeouts.connect ?? .seconds(3600))
            let session = try await session(for: Caller(session: front, link: nil), until: deadline)
            defer { if session.share == .call { callEnded(in: session) } }
            try await publish(.all, from: session, forCapabilities: fingerprint)
            catalog.endExploring(configuration.name, fingerprint, hasSucceeded: true)
        } catch {
            log.debug(
                "lists for clients with capabilities not fetched",
                ["server": configuration.name, "reason": error.detail])
            catalog.endExploring(configuration.name, fingerprint, hasSucceeded: false)
            // Another may have relied on this one.
            if front.hasEnded, state == .ready { exploreForClients() }
        }
    }

    /// Explores on behalf of the clients that are there.
    func exploreForClients() {
        for front in sessions.all where front.fingerprint != nil && !front.hasEnded {
            explore(for: front, onlyOutdated: false)
        }
    }

    // MARK: Refreshing

    /// Everybody's lists have been fetched again: those of clients with capabilities are, too, as far as a client is
    /// there whose session can be asked.
    func refreshClientLists(
        _ kinds: Set<ListKind>, announced: Set<ListKind>, since: MonotonicInstant, hasChanged: Bool
    ) {
        for fingerprint in catalog.exploredCapabilities(of: configuration.name) {
            switch representative(of: fingerprint) {
            case .session(let session):
                Task { await self.refresh(kinds, from: session, fingerprint, announced: announced, since: since) }
            case .beingRefreshed: break
            case .nobody:
                guard hasChanged || !announced.isEmpty else { continue }
                catalog.noteOutdated(configuration.name, fingerprint, announced: announced, since: since)
            }
        }
    }

    private func refresh(
        _ kinds: Set<ListKind>, from session: UpstreamSession, _ fingerprint: String, announced: Set<ListKind>,
        since: MonotonicInstant
    ) async {
        do throws(UpstreamFailure) {
            try await publish(kinds, from: session, forCapabilities: fingerprint, announced: announced, since: since)
        } catch {
            noteNotRefreshed(error)
            catalog.noteOutdated(configuration.name, fingerprint, announced: announced, since: since)
        }
    }

    private enum Representative {
        case session(UpstreamSession)
        /// Its own announcement is being dealt with.
        case beingRefreshed
        case nobody
    }

    /// A session that shows what all clients of these capabilities see.
    private func representative(of fingerprint: String) -> Representative {
        var isBeingRefreshed = false
        for (share, session) in ready.withLock({ $0 }) {
            switch share {
            case .user(_, fingerprint):
                if ownChanges[share] == nil { return .session(session) }
                isBeingRefreshed = true
            case .client:
                // One that has announced a change may list what no other does.
                guard let owner = session.inbox.owner, owner.fingerprint == fingerprint, ownChanges[share] == nil,
                    !catalog.hasOwnLists(owner, of: configuration.name)
                else { continue }
                return .session(session)
            case .user, .everybody, .call: continue
            }
        }
        return isBeingRefreshed ? .beingRefreshed : .nobody
    }

    // MARK: Lists of one session

    /// The server announced a change in a client's own session: its lists are fetched from there, and are that client's
    /// alone.
    func noteOwnChange(of kinds: Set<ListKind>, in share: UpstreamShare, at time: MonotonicInstant) {
        let isNew = ownChanges[share] == nil
        ownChanges[share, default: ListChanges()].note(kinds, at: time, isAnnounced: true)
        if isNew { Task { await self.followOwnChanges(in: share) } }
    }

    private func followOwnChanges(in share: UpstreamShare) async {
        while state != .stopped {
            do throws(CancellationError) {
                try await loop.sleep(for: Self.coalescing)
            } catch {
                break
            }
            guard let changes = ownChanges[share], !changes.kinds.isEmpty,
                let session = ready.withLock({ $0[share] })
            else { break }
            // Stays there while the lists are fetched, so that nobody takes them for those of others.
            ownChanges[share] = ListChanges()
            do throws(UpstreamFailure) {
                try await publishOwn(changes, from: session)
            } catch {
                noteNotRefreshed(error)
            }
        }
        ownChanges[share] = nil
    }

    private func publishOwn(_ changes: ListChanges, from session: UpstreamSession) async throws(UpstreamFailure) {
        switch session.share {
        case .user(_, let fingerprint):
            try await publish(
                changes.kinds, from: session, forCapabilities: fingerprint, announced: changes.announced,
                since: changes.since)
        case .client:
            guard let owner = session.inbox.owner else { return }
            let (lists, remarks) = try await fetch(changes.kinds, from: session, for: owner.listVariant)
            // Read again after the wait: a session that has ended has no lists.
            guard ready.withLock({ $0[session.share] === session }) else { return }
            report(
                remarks
                    + catalog.publish(
                        lists, of: configuration, for: owner, announced: changes.announced, since: changes.since))
        case .everybody, .call: break
        }
    }

    /// What was listed in a client's own session ends with it.
    func endOwnLists(of session: UpstreamSession) {
        guard case .client = session.share, let owner = session.inbox.owner else { return }
        catalog.endOwnLists(of: configuration.name, for: owner)
    }

    // MARK: Fetching

    private func publish(
        _ kinds: Set<ListKind>, from session: UpstreamSession, forCapabilities fingerprint: String,
        announced: Set<ListKind> = [], since: MonotonicInstant = .now
    ) async throws(UpstreamFailure) {
        let (lists, remarks) = try await fetch(kinds, from: session, for: .capabilities(fingerprint))
        report(
            remarks
                + catalog.publish(
                    lists, of: configuration, forCapabilities: fingerprint, announced: announced, since: since))
    }

    private func fetch(
        _ kinds: Set<ListKind>, from session: UpstreamSession, for variant: CatalogVariant
    ) async throws(UpstreamFailure) -> (ServerLists, remarks: [String]) {
        let known = catalog.lists(of: configuration.name, for: variant)
        var lists = known ?? ServerLists()
        lists.describe(session.connection)
        let outcome = await lister(session).fetch(known == nil ? .all : kinds, into: lists) { _ in }
        do throws(MCPClientError) {
            return (try outcome.lists.get(), outcome.remarks)
        } catch {
            throw UpstreamFailure(server: configuration.name, error)
        }
    }

    private func noteNotRefreshed(_ failure: UpstreamFailure) {
        log.warning("list of a client not refreshed", ["server": configuration.name, "reason": failure.detail])
    }
}
