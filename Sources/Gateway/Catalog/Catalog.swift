import AsyncIO
import Crypto
import MCPProtocol
import Synchronization

/// The merged lists of all servers: each upstream publishes its own part, everybody reads snapshots of the whole.
package final class Catalog: Sendable {
    /// What is told of changes: the kinds of lists that changed or were announced. Templates count as resources.
    package typealias Observer = @Sendable (Set<ListKind>) -> Void

    struct State {
        var parts: [String: CatalogPart] = [:]
        /// Of the snapshot there is: ``CatalogMerge/displaced`` and ``CatalogMerge/remarks``.
        var displaced: [ListKind: [String]] = [:]
        var remarks: Set<String> = []
        /// Until when lists are worth waiting for: a moment after the first one was asked for.
        var patience: MonotonicInstant?
        var waiters: [UInt64: CheckedContinuation<Void, Never>] = [:]
        var nextWaiter: UInt64 = 0
        var observers: [Observer] = []

        var isSettled: Bool { parts.values.allSatisfy(\.isSettled) }
    }

    private struct Snapshots {
        var current: CatalogSnapshot
        /// Those that clients may still be paging through.
        var earlier: [CatalogSnapshot] = []
    }

    /// How many snapshots later a list can still be paged through.
    static let keptGenerations = 8

    let configuration: GatewayConfiguration
    let state: Mutex<State>
    /// Has a lock of its own: who reads need not wait while a new one is made.
    private let snapshots: Mutex<Snapshots>
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
        snapshots = Mutex(Snapshots(current: empty))
    }

    package var snapshot: CatalogSnapshot { snapshots.withLock { $0.current } }

    /// The page that a cursor leads to.
    ///
    /// - Returns: `nil` for a cursor that is not one of ours, of another list, or of a generation that is forgotten.
    package func page(_ kind: ListKind, cursor: String, for revision: ProtocolRevision) -> RawJSON? {
        guard let cursor = ListCursor(cursor, sealedWith: cursorKey), cursor.kind == kind else { return nil }
        let snapshot = snapshots.withLock { snapshots in
            snapshots.current.generation == cursor.generation
                ? snapshots.current : snapshots.earlier.first { $0.generation == cursor.generation }
        }
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
    ///   - isComplete: whether all lists are there that the server has; `false`: some are still being fetched, so a
    ///     first list goes on waiting for this server.
    /// - Returns: remarks about entries that are left out, in words; each only once as long as nothing changes.
    package func publish(
        _ lists: ServerLists, of server: ServerConfiguration, announced: Set<ListKind>, isComplete: Bool = true
    ) -> [String] {
        var remarks: [String] = []
        update { state in
            // Taken out, so that it is changed in place.
            guard var part = state.parts.removeValue(forKey: server.name) else { return [] }
            let change = part.replace(with: lists, of: server, naming: ExposedName(configuration))
            if isComplete {
                part.isListed = true
                part.isSettled = true
            }
            state.parts[server.name] = part
            remarks = change.remarks
            var kinds = change.kinds
            if !change.isEmpty { kinds.formUnion(rebuild(&state, remarks: &remarks)) }
            return kinds.union(announced)
        }
        return remarks
    }

    /// Notes that a server could not be listed this time. What it listed before stays.
    package func noteFailure(of server: String) {
        update { state in
            state.parts[server]?.isSettled = true
            return []
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
        // Only here and under the lock of `state` does the generation change.
        let snapshot = CatalogSnapshot(
            generation: self.snapshot.generation + 1, merge, learned: learned, serversByURIPrefix: serversByURIPrefix,
            pageSize: configuration.catalog.pageSize, cursorKey: cursorKey)
        snapshots.withLock { snapshots in
            if snapshots.current.isPaged { snapshots.earlier.append(snapshots.current) }
            snapshots.earlier.removeAll { $0.generation + UInt64(Self.keptGenerations) < snapshot.generation }
            snapshots.current = snapshot
        }
        return Set(changed)
    }

    /// Changes the state, and tells those who wait or watch, outside of the lock.
    private func update(_ change: (inout State) -> Set<ListKind>) {
        let (kinds, observers, waiters) = state.withLock { state in
            let kinds = Set(change(&state).map(\.announced))
            var woken: [CheckedContinuation<Void, Never>] = []
            if state.isSettled {
                hasSettled.store(true, ordering: .releasing)
                woken = Array(state.waiters.values)
                state.waiters = [:]
            }
            return (kinds, kinds.isEmpty ? [] : state.observers, woken)
        }
        for waiter in waiters { waiter.resume() }
        for observer in observers { observer(kinds) }
    }

    // MARK: What no list has

    /// What clients call the resource that a result of a server calls `uri`. A URI that nobody lists belongs to the
    /// server whose result had it first, which is remembered for ``CatalogSnapshot/route(uri:)``.
    package func exposedURI(_ uri: String, of server: String) -> String {
        guard let server = configuration.server(named: server), !uri.isEmpty else { return uri }
        return snapshot.exposedURI(uri, of: server)
    }

    /// The server that may know a tool nobody lists: the one whose names have no prefix, as there are servers with tools
    /// that can be called and are not listed. Not for a tool that the operator does not expose.
    package func unlistedToolOwner(_ name: String) -> String? {
        guard let unprefixed, unprefixed.tools.exposes(name) else { return nil }
        return unlistedOwner(capability: .tools)
    }

    /// The server that may know a prompt nobody lists.
    package func unlistedPromptOwner(_ name: String) -> String? { unlistedOwner(capability: .prompts) }

    /// A server that was listed and declares that it has none of these is not asked.
    private func unlistedOwner(capability kind: ListKind) -> String? {
        guard let unprefixed else { return nil }
        guard let listed = snapshot.server(named: unprefixed.name) else { return unprefixed.name }
        return listed.hasCapability([kind.capability]) ? unprefixed.name : nil
    }
}
