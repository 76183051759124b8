import AsyncIO
import Crypto
import MCPProtocol
import Synchronization

/// The merged lists of all servers: each upstream publishes its own part, everybody reads snapshots of the whole.
package final class Catalog: Sendable {
    /// What is told of changes.
    package typealias Observer = @Sendable (CatalogChange) -> Void

    struct State {
        var parts: [String: CatalogPart] = [:]
        /// What differs from `parts` for some clients.
        var overlays = CatalogOverlays()
        var explorations = Explorations()
        /// Of the snapshot there is: ``CatalogMerge/displaced`` and ``CatalogMerge/remarks``.
        var displaced: [ListKind: [String]] = [:]
        var remarks: Set<String> = []
        /// Until when lists are worth waiting for: a moment after the first one was asked for.
        var patience: MonotonicInstant?
        var waiters: [UInt64: Waiter] = [:]
        var nextWaiter: UInt64 = 0
        var observers: [Observer] = []

        var isSettled: Bool { parts.values.allSatisfy(\.isSettled) }

        func has(_ awaited: Awaited) -> Bool {
            switch awaited {
            case .settled: isSettled
            case .explored(let fingerprint): !explorations.isRunning(fingerprint)
            }
        }

        /// What a server lists to those of a variant; `nil` if there is no such server.
        func part(of server: String, for variant: CatalogVariant?) -> CatalogPart? {
            overlays.part(of: server, for: variant, over: parts)
        }
    }

    let configuration: GatewayConfiguration
    let state: Mutex<State>
    /// Has a lock of its own: who reads need not wait while a new one is made.
    let snapshots: Mutex<CatalogSnapshots>
    /// ``State/isSettled``, for the same reason; once true, it stays.
    private let hasSettled = Atomic(false)
    private let learned = LearnedOwners()
    private let serversByURIPrefix: [String: String]
    /// Of cursors. Cursors of an earlier process are refused, as they have to be: its generations are gone.
    private let cursorKey: MessageAuthenticationKey
    /// The one server whose names have no prefix; `nil` if there are several, or none.
    private let unprefixed: ServerConfiguration?

    /// - Throws: if there is no randomness for the key of the cursors.
    package init(_ configuration: GatewayConfiguration) throws(CryptoError) {
        self.configuration = configuration
        cursorKey = try MessageAuthenticationKey()
        let servers = configuration.servers.filter { !$0.isDisabled }
        serversByURIPrefix = Dictionary(
            servers.map { ($0.uriPrefix, $0.name) }, uniquingKeysWith: { first, _ in first })
        let unprefixed = servers.filter { !configuration.usesPrefixes || $0.prefix.isEmpty }
        self.unprefixed = unprefixed.count == 1 ? unprefixed.first : nil
        var state = State()
        for server in servers { state.parts[server.name] = CatalogPart() }
        let empty = CatalogSnapshot(
            generation: 1, CatalogMerge(state.parts, configuration: configuration), learned: learned,
            serversByURIPrefix: serversByURIPrefix, pageSize: configuration.catalog.pageSize, cursorKey: cursorKey)
        hasSettled.store(state.isSettled, ordering: .relaxed)
        self.state = Mutex(state)
        snapshots = Mutex(CatalogSnapshots(empty))
    }

    /// What everybody sees who sees nothing else: see ``snapshot(for:)``.
    package var snapshot: CatalogSnapshot { snapshots.withLock { $0.common } }

    /// The page that a cursor leads to.
    ///
    /// - Parameter variant: of the session that sends the cursor; `nil` if it sees what everybody sees.
    /// - Returns: `nil` for a cursor that is not one of ours, of another list, of a generation that is forgotten, or of
    ///   lists that were shown to others only.
    package func page(
        _ kind: ListKind, cursor: String, for revision: ProtocolRevision, in variant: CatalogVariant? = nil
    ) -> RawJSON? {
        guard let cursor = ListCursor(cursor, sealedWith: cursorKey), cursor.kind == kind else { return nil }
        let snapshot = snapshots.withLock { $0.snapshot(generation: cursor.generation, for: variant) }
        return snapshot?.page(kind, at: cursor.offset, for: revision)
    }

    /// Calls `body` after every change of a merged list, and after every announcement of a change.
    package func observe(_ body: @escaping Observer) { state.withLock { $0.observers.append(body) } }

    /// Whether every server has been listed or has failed.
    package var isSettled: Bool { hasSettled.load(ordering: .acquiring) }

    /// Servers that have not been listed yet, in the order of the configuration.
    package var unlistedServers: [String] {
        state.withLock { state in
            configuration.servers.map(\.name).filter { state.parts[$0]?.isListed == false }
        }
    }

    // MARK: Publishing

    /// Replaces a server's part. Lists that are as they were cost a comparison.
    ///
    /// - Parameters:
    ///   - announced: the server itself said that these lists changed; clients are then told even if they did not.
    ///   - since: when it said so.
    ///   - isComplete: whether all lists are there that the server has; `false`: some are still being fetched, so a
    ///     first list goes on waiting for this server.
    /// - Returns: remarks about entries that are left out, in words; each only once as long as nothing changes.
    package func publish(
        _ lists: ServerLists, of server: ServerConfiguration, announced: Set<ListKind>,
        since: MonotonicInstant = .now, isComplete: Bool = true
    ) -> [String] {
        var remarks: [String] = []
        update { state in
            // Taken out, so that it is changed in place.
            guard var part = state.parts.removeValue(forKey: server.name) else { return nil }
            let change = part.replace(with: lists, of: server, naming: ExposedName(configuration))
            if isComplete {
                part.isListed = true
                part.isSettled = true
            }
            state.parts[server.name] = part
            remarks = change.remarks
            var kinds = change.kinds
            let exempt = state.overlays.variants(of: server.name)
            if !change.isEmpty {
                state.overlays.removeEqual(of: server.name, over: state.parts)
                kinds.formUnion(rebuild(&state, remarks: &remarks))
            }
            return CatalogChange(of: nil, changed: kinds, announced: announced, since: since, exempt: exempt)
        }
        return remarks
    }

    /// Notes that a server could not be listed this time. What it listed before stays.
    package func noteFailure(of server: String) {
        update { state in
            state.parts[server]?.isSettled = true
            return nil
        }
    }

    /// Makes the snapshot anew.
    ///
    /// - Returns: the lists that are different because entries make way for those of other servers, or no longer do.
    private func rebuild(_ state: inout State, remarks: inout [String]) -> Set<ListKind> {
        let merge = CatalogMerge(state.parts, configuration: configuration)
        remarks += merge.remarks.filter { !state.remarks.contains($0) }
        let changed = ListKind.allCases.filter { state.displaced[$0] != merge.displaced[$0] }
        state.displaced = merge.displaced
        state.remarks = Set(merge.remarks)
        let overlays = state.overlays
        _ = makeSnapshot(merge) { snapshots, new in snapshots.replaceCommon(with: new) { overlays.has($0) } }
        return Set(changed)
    }

    /// Makes a snapshot of a merge and puts it where it belongs. Only here, and under the lock of `state`, does the
    /// generation change.
    func makeSnapshot(
        _ merge: CatalogMerge, placing place: (inout CatalogSnapshots, CatalogSnapshot) -> Void
    ) -> CatalogSnapshot {
        let snapshot = CatalogSnapshot(
            generation: snapshots.withLock { $0.nextGeneration() }, merge, learned: learned,
            serversByURIPrefix: serversByURIPrefix, pageSize: configuration.catalog.pageSize, cursorKey: cursorKey)
        snapshots.withLock { place(&$0, snapshot) }
        return snapshot
    }

    /// Changes the state, and tells those who wait or watch, outside of the lock.
    ///
    /// - Parameter change: returns what observers are told of, if anything.
    func update(_ change: (inout State) -> CatalogChange?) {
        let (change, observers, waiters) = state.withLock { state in
            let change = change(&state).flatMap { $0.kinds.isEmpty ? nil : $0 }
            if state.isSettled { hasSettled.store(true, ordering: .releasing) }
            let woken = state.waiters.filter { state.has($0.value.awaited) }
            for number in woken.keys { state.waiters[number] = nil }
            return (change, change == nil ? [] : state.observers, woken.values.map(\.continuation))
        }
        for waiter in waiters { waiter.resume() }
        guard let change else { return }
        for observer in observers { observer(change) }
    }

    // MARK: What no list has

    /// What clients call the resource that a result of a server calls `uri`. A URI that nobody lists belongs to the
    /// server whose result had it first, which is remembered for ``CatalogSnapshot/route(uri:)``.
    package func exposedURI(_ uri: String, of server: String, for session: FrontSession? = nil) -> String {
        guard let server = configuration.server(named: server), !uri.isEmpty else { return uri }
        return snapshot(for: session).exposedURI(uri, of: server)
    }

    /// The server that may know a tool nobody lists: the one whose names have no prefix, as there are servers with tools
    /// that can be called and are not listed. Not for a tool that the operator does not expose.
    package func unlistedToolOwner(_ name: String, for session: FrontSession? = nil) -> String? {
        guard let unprefixed, unprefixed.tools.exposes(name) else { return nil }
        return unlistedOwner(capability: .tools, for: session)
    }

    /// The server that may know a prompt nobody lists.
    package func unlistedPromptOwner(_ name: String, for session: FrontSession? = nil) -> String? {
        unlistedOwner(capability: .prompts, for: session)
    }

    /// A server that was listed and declares that it has none of these is not asked.
    private func unlistedOwner(capability kind: ListKind, for session: FrontSession?) -> String? {
        guard let unprefixed else { return nil }
        guard let listed = snapshot(for: session).server(named: unprefixed.name) else { return unprefixed.name }
        return listed.hasCapability([kind.capability]) ? unprefixed.name : nil
    }
}
