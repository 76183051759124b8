import AsyncIO
import MCPProtocol
import Synchronization

/// The merged lists of all servers: each upstream publishes its own part, everybody reads snapshots of the whole.
package final class Catalog: Sendable {
    /// What one server contributes.
    private struct Part {
        var tools: [CatalogTool] = []
        /// Whether the server has been listed, or has failed, at least once: nobody waits for it any more.
        var isSettled = false
        var isListed = false
    }

    private struct State {
        var parts: [String: Part] = [:]
        var current: CatalogSnapshot
        /// Snapshots that clients may still be paging through, oldest first.
        var earlier: [CatalogSnapshot] = []
        /// Until when lists are worth waiting for: a moment after the first one was asked for.
        var patience: MonotonicInstant?
        var waiters: [UInt64: CheckedContinuation<Void, Never>] = [:]
        var nextWaiter: UInt64 = 0
        var observers: [@Sendable () -> Void] = []
    }

    /// How many earlier snapshots can still be paged through.
    static let keptGenerations = 8

    private let configuration: GatewayConfiguration
    private let state: Mutex<State>

    package init(_ configuration: GatewayConfiguration) {
        self.configuration = configuration
        var parts: [String: Part] = [:]
        for server in configuration.servers where !server.isDisabled { parts[server.name] = Part() }
        state = Mutex(
            State(
                parts: parts,
                current: CatalogSnapshot(generation: 1, tools: [], pageSize: configuration.catalog.pageSize)))
    }

    package var snapshot: CatalogSnapshot { state.withLock { $0.current } }

    /// The snapshot a cursor was made from, as long as it is kept.
    func snapshot(generation: UInt64) -> CatalogSnapshot? {
        state.withLock { state in
            state.current.generation == generation
                ? state.current : state.earlier.first { $0.generation == generation }
        }
    }

    /// Calls `body` after every change of the merged list, and after every announcement of a change.
    package func observe(_ body: @escaping @Sendable () -> Void) { state.withLock { $0.observers.append(body) } }

    /// Whether every server has been listed or has failed.
    package var isSettled: Bool { state.withLock { $0.parts.values.allSatisfy(\.isSettled) } }

    /// Servers that have not been listed yet, in the order of the configuration.
    package var unlistedServers: [String] {
        state.withLock { state in
            configuration.servers.map(\.name).filter { state.parts[$0]?.isListed == false }
        }
    }

    // MARK: Publishing

    /// Replaces a server's part.
    ///
    /// - Parameter announced: the server itself said that its list changed; clients are then told even if it did not.
    /// - Returns: remarks about tools that are left out, in words.
    func publish(tools items: [ListPage.Item], of server: ServerConfiguration, announced: Bool) -> [String] {
        var remarks: [String] = []
        var tools: [CatalogTool] = []
        let naming = ExposedName(naming: configuration.naming, usesPrefixes: configuration.usesPrefixes)
        for item in items where server.tools.exposes(item.key) {
            let override = server.tools.overrides[item.key]
            let name = override?.name ?? item.key
            guard !item.key.isEmpty, item.raw.member("inputSchema")?.kind == .object else {
                remarks.append("tool \"\(item.key)\" is left out: its name is empty or its inputSchema is no object")
                continue
            }
            tools.append(
                CatalogTool(
                    exposedName: naming.make(prefix: server.prefix, name: name), server: server.name,
                    originalName: item.key, definition: item.raw, timeout: override?.timeout))
        }
        update(server.name, announced: announced) { part in
            part.tools = tools
            part.isListed = true
            part.isSettled = true
        }
        return remarks
    }

    /// Notes that a server could not be listed this time. What it listed before stays.
    func noteFailure(of server: String) {
        update(server, announced: false) { $0.isSettled = true }
    }

    private func update(_ server: String, announced: Bool, _ change: (inout Part) -> Void) {
        let (observers, waiters) = state.withLock {
            state -> ([@Sendable () -> Void], [CheckedContinuation<Void, Never>]) in
            guard var part = state.parts[server] else { return ([], []) }
            change(&part)
            state.parts[server] = part
            let merged = merge(state.parts)
            let isDifferent = !merged.elementsEqual(state.current.tools) {
                $0.exposedName == $1.exposedName && $0.server == $1.server && $0.originalName == $1.originalName
                    && $0.definition == $1.definition && $0.timeout == $1.timeout
            }
            if isDifferent {
                state.earlier.append(state.current)
                if state.earlier.count > Self.keptGenerations { state.earlier.removeFirst() }
                state.current = CatalogSnapshot(
                    generation: state.current.generation + 1, tools: merged,
                    pageSize: configuration.catalog.pageSize)
            }
            var woken: [CheckedContinuation<Void, Never>] = []
            if state.parts.values.allSatisfy(\.isSettled) {
                woken = Array(state.waiters.values)
                state.waiters = [:]
            }
            return (isDifferent || announced ? state.observers : [], woken)
        }
        for waiter in waiters { waiter.resume() }
        for observer in observers { observer() }
    }

    /// All parts in the order of the configuration, under names that are unique.
    private func merge(_ parts: [String: Part]) -> [CatalogTool] {
        let naming = ExposedName(naming: configuration.naming, usesPrefixes: configuration.usesPrefixes)
        var taken: Set<String> = []
        var merged: [CatalogTool] = []
        for server in configuration.servers {
            for tool in parts[server.name]?.tools ?? [] {
                var name = tool.exposedName
                if !taken.insert(name).inserted {
                    name = naming.makeDistinct(name, server: tool.server, name: tool.originalName)
                    guard taken.insert(name).inserted else { continue }
                }
                let description = server.tools.overrides[tool.originalName]?.description
                merged.append(tool.exposed(as: name, description: description))
            }
        }
        return merged
    }

    // MARK: Waiting

    /// Waits until every server has been listed or has failed, but no longer than `listWait` after the first time this
    /// was called: a first list is worth a moment of patience, a hung server is not.
    package func waitUntilSettled(on loop: EventLoop) async {
        let now = MonotonicInstant.now
        let listWait = configuration.catalog.listWait
        let (number, deadline) = state.withLock { state -> (UInt64, MonotonicInstant) in
            let deadline = state.patience ?? now + listWait
            state.patience = deadline
            state.nextWaiter += 1
            return (state.nextWaiter, deadline)
        }
        guard deadline > now, !isSettled else { return }
        let release: @Sendable () -> Void = { [self] in
            state.withLock { $0.waiters.removeValue(forKey: number) }?.resume()
        }
        let timer = loop.schedule(at: deadline, release)
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    let isOver = state.parts.values.allSatisfy(\.isSettled) || Task.isCancelled
                    if !isOver { state.waiters[number] = continuation }
                    return isOver
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            release()
        }
        loop.cancel(timer)
    }
}

extension CatalogTool {
    /// The tool under the name clients see, with the operator's description where there is one.
    func exposed(as name: String, description: String?) -> CatalogTool {
        var changes: [(name: String, value: [UInt8]?)] = []
        if name != definition.member("name")?.stringValue { changes.append(("name", JSONWriter.quote(name))) }
        if let description { changes.append(("description", JSONWriter.quote(description))) }
        let definition =
            changes.isEmpty
            ? self.definition : RawJSON(unchecked: self.definition.replacingMembers(changes)[...])
        return CatalogTool(
            exposedName: name, server: server, originalName: originalName, definition: definition, timeout: timeout)
    }
}
