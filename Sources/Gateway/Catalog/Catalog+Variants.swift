import AsyncIO
import MCPProtocol
import Synchronization

/// What clients see that servers show other lists to.
extension Catalog {
    // MARK: Reading

    /// The catalogue as a client's session sees it: its own variant, else that of its capabilities, else what everybody
    /// sees.
    ///
    /// - Parameter session: `nil` for operators.
    package func snapshot(for session: FrontSession?) -> CatalogSnapshot { snapshot(for: session?.listVariant) }

    func snapshot(for variant: CatalogVariant?) -> CatalogSnapshot {
        guard let variant else { return snapshot }
        switch snapshots.withLock({ $0.find(variant) }) {
        case .present(let snapshot): return snapshot
        case .missing: return makeSnapshot(for: variant)
        }
    }

    /// Made when somebody first wants it: most changes are followed by others before that.
    private func makeSnapshot(for variant: CatalogVariant) -> CatalogSnapshot {
        state.withLock { state in
            let layer: CatalogVariant
            switch snapshots.withLock({ $0.find(variant) }) {
            // Another was faster, or the variant is gone.
            case .present(let snapshot): return snapshot
            case .missing(let missing): layer = missing
            }
            let parts = state.overlays.all(for: layer, over: state.parts)
            let merge = CatalogMerge(parts, configuration: configuration, keepingKeysOf: snapshot)
            return makeSnapshot(merge) { snapshots, new in snapshots.variants[layer]?.line.replace(with: new) }
        }
    }

    // MARK: Publishing

    /// Replaces what a server lists to clients of these capabilities. Nothing is kept of what equals the lists that
    /// everybody sees.
    ///
    /// - Returns: remarks about entries that are left out, in words.
    package func publish(
        _ lists: ServerLists, of server: ServerConfiguration, forCapabilities fingerprint: String,
        announced: Set<ListKind> = [], since: MonotonicInstant = .now
    ) -> [String] {
        overlay(lists, of: server, .capabilities(fingerprint), announced, since) { state in
            state.explorations.has(fingerprint)
        }
    }

    /// Replaces what a server lists in the session of its own that a client's session has.
    ///
    /// - Returns: remarks about entries that are left out, in words.
    package func publish(
        _ lists: ServerLists, of server: ServerConfiguration, for session: FrontSession,
        announced: Set<ListKind> = [], since: MonotonicInstant = .now
    ) -> [String] {
        // Looked at under the lock: behind it, the end of the session removes what was published.
        overlay(lists, of: server, session.listVariant, announced, since) { _ in !session.hasEnded }
    }

    private func overlay(
        _ lists: ServerLists, of server: ServerConfiguration, _ variant: CatalogVariant, _ announced: Set<ListKind>,
        _ since: MonotonicInstant, isWanted: (State) -> Bool
    ) -> [String] {
        var remarks: [String] = []
        update { state in
            guard isWanted(state), let below = state.part(of: server.name, for: variant.below),
                let previous = state.part(of: server.name, for: variant)
            else { return nil }
            var part = below
            let difference = part.replace(with: lists, of: server, naming: ExposedName(configuration))
            let changed = part.differences(from: previous)
            remarks = changed.isEmpty ? [] : difference.remarks
            state.overlays[variant, server.name] = difference.isEmpty ? nil : part
            return overlayChanged(
                &state, variant, server.name, changed, announced, since, facts: part.facts != previous.facts)
        }
        return remarks
    }

    /// What a server listed in a client's own session ends with that session.
    func endOwnLists(of server: String, for session: FrontSession) {
        update { state in
            let variant = session.listVariant
            guard let own = state.overlays[variant, server] else { return nil }
            state.overlays[variant, server] = nil
            guard let below = state.part(of: server, for: variant.below) else { return nil }
            return overlayChanged(&state, variant, server, below.differences(from: own), [], .now, facts: true)
        }
    }

    private func overlayChanged(
        _ state: inout State, _ variant: CatalogVariant, _ server: String, _ changed: Set<ListKind>,
        _ announced: Set<ListKind>, _ since: MonotonicInstant, facts: Bool
    ) -> CatalogChange {
        var exempt = state.overlays.variants(of: server)
        exempt.remove(variant)
        if !changed.isEmpty || facts {
            state.overlays.removeEqual(of: server, over: state.parts)
            let overlays = state.overlays
            snapshots.withLock { $0.invalidate(variant) { overlays.has($0) } }
        }
        return CatalogChange(of: variant, changed: changed, announced: announced, since: since, exempt: exempt)
    }

    /// What a server listed last to those of a variant, in the server's own words; `nil` if it never did.
    func lists(of server: String, for variant: CatalogVariant) -> ServerLists? {
        state.withLock { $0.part(of: server, for: variant)?.source }
    }

    /// Whether a server lists something else in this session than to others like it.
    func hasOwnLists(_ session: FrontSession, of server: String) -> Bool {
        state.withLock { $0.overlays[session.listVariant, server] != nil }
    }

    // MARK: Sessions

    /// A client's session begins.
    func begin(_ session: FrontSession) {
        guard let fingerprint = session.fingerprint else { return }
        state.withLock { state in
            guard let forgotten = state.explorations.join(fingerprint, session: session.id) else { return }
            state.overlays.remove(.capabilities(forgotten))
            snapshots.withLock { $0.remove(.capabilities(forgotten)) }
        }
    }

    /// A client's session has ended, and what was listed to it alone is gone.
    func end(_ session: FrontSession) {
        state.withLock { state in
            if let fingerprint = session.fingerprint { state.explorations.leave(fingerprint, session: session.id) }
            state.overlays.remove(session.listVariant)
            snapshots.withLock { $0.remove(session.listVariant) }
        }
    }
}
