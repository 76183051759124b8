import AsyncIO
import MCPProtocol
import Synchronization

/// Finding out what servers show to clients of certain capabilities.
extension Catalog {
    /// Notes that a session's own session with a server is asked for its lists, for all clients of its capabilities.
    ///
    /// - Parameter onlyOutdated: only if what is known is no longer right.
    /// - Returns: `false` if that need not be, or is happening already.
    func beginExploring(_ server: String, for session: FrontSession, onlyOutdated: Bool) -> Bool {
        guard let fingerprint = session.fingerprint else { return false }
        return state.withLock { state in
            // What is listed to this session alone says nothing of others.
            guard state.overlays[session.listVariant, server] == nil else { return false }
            return state.explorations.begin(
                server, fingerprint, onlyOutdated: onlyOutdated, deadline: .now + configuration.catalog.listWait)
        }
    }

    func endExploring(_ server: String, _ fingerprint: String, hasSucceeded: Bool) {
        update { state in
            // Whatever was found out while it ran is newer.
            guard state.explorations.progress(server, fingerprint) == .running else { return nil }
            state.explorations.note(hasSucceeded ? .known : .failed, server, fingerprint)
            return nil
        }
    }

    /// Capabilities for which it is known what the server lists.
    func exploredCapabilities(of server: String) -> [String] { state.withLock { $0.explorations.known(server) } }

    /// Notes that a server's lists have changed and nobody is there to ask it on behalf of clients of these capabilities:
    /// the next one to come does.
    func noteOutdated(
        _ server: String, _ fingerprint: String, announced: Set<ListKind>, since: MonotonicInstant
    ) {
        update { state in
            state.explorations.note(.outdated, server, fingerprint)
            let variant = CatalogVariant.capabilities(fingerprint)
            var exempt = state.overlays.variants(of: server)
            exempt.remove(variant)
            return CatalogChange(of: variant, changed: [], announced: announced, since: since, exempt: exempt)
        }
    }

    /// Whether something that a session sees is to be asked for again.
    func isOutdated(for session: FrontSession) -> Bool {
        guard let fingerprint = session.fingerprint else { return false }
        return state.withLock { $0.explorations.hasOutdated(fingerprint) }
    }

    /// Whether every server has been seen, or has failed, both by anybody and by a client like this one.
    func isWhole(for session: FrontSession) -> Bool {
        guard isSettled else { return false }
        guard let fingerprint = session.fingerprint else { return true }
        return state.withLock { !$0.explorations.isRunning(fingerprint) }
    }

    /// Waits until it is known what servers show to clients like this one, but no longer than `listWait` after that was
    /// first asked.
    func waitUntilExplored(for session: FrontSession, on loop: EventLoop) async {
        guard let fingerprint = session.fingerprint,
            let deadline = state.withLock({ state in
                state.explorations.isRunning(fingerprint) ? state.explorations.deadline(fingerprint) : nil
            })
        else { return }
        await wait(for: .explored(fingerprint), until: deadline, on: loop)
    }
}
