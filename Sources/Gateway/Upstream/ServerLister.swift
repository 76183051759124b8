import AsyncIO
import MCPClient
import MCPProtocol

/// Fetches the lists of one server, at the same time.
struct ServerLister: Sendable {
    let connection: any MCPConnection
    let server: ServerConfiguration
    let maxItems: Int
    /// Where the caller runs.
    let loop: EventLoop

    /// How long tools that are there wait for lists that are not.
    private static let patience = Duration.seconds(1)

    struct Outcome {
        /// A failure is one of the tools, or of the connection.
        let lists: Result<ServerLists, MCPClientError>
        /// What was wrong with lists, in words.
        let remarks: [String]
        /// Of the lists that were fetched.
        let freshness: [ListKind: ListFreshness]
    }

    private enum Event: Sendable {
        case list(ListKind, Result<ListPager.Outcome, MCPClientError>)
        case patienceIsOver
    }

    /// - Parameters:
    ///   - kinds: those whose capability the server lacks become empty without being asked for.
    ///   - lists: what is kept of lists that are not fetched or cannot be.
    ///   - early: called at most once, with the lists so far, if the tools are there and others take long.
    func fetch(
        _ kinds: Set<ListKind>, into lists: ServerLists, early: (ServerLists) -> Void
    ) async -> Outcome {
        var lists = lists
        var remarks: [String] = []
        var freshness: [ListKind: ListFreshness] = [:]
        var failure: MCPClientError?
        var pending: Set<ListKind> = []
        await withTaskGroup(of: Event.self) { group in
            for kind in ListKind.allCases where kinds.contains(kind) {
                guard connection.initializeResult.capabilities.declaresCapability([kind.capability]) else {
                    lists[kind] = []
                    continue
                }
                pending.insert(kind)
                group.addTask(executorPreference: loop) { .list(kind, await fetch(kind)) }
            }
            if pending.count > 1 {
                group.addTask(executorPreference: loop) {
                    do throws(CancellationError) {
                        try await loop.sleep(for: Self.patience)
                    } catch {
                        // All lists are there: nobody looks at this event any more.
                    }
                    return .patienceIsOver
                }
            }
            var isLate = false
            var toldEarly = false
            while !pending.isEmpty, failure == nil, let event = await group.next() {
                switch event {
                case .patienceIsOver: isLate = true
                case .list(let kind, .success(let outcome)):
                    pending.remove(kind)
                    lists[kind] = outcome.items
                    freshness[kind] = ListFreshness(outcome)
                    remarks += outcome.remarks
                case .list(let kind, .failure(let error)):
                    pending.remove(kind)
                    if kind == .tools || error.kind.endsConnection {
                        failure = error
                    } else {
                        remarks.append(error.detail)
                    }
                }
                if isLate, !toldEarly, failure == nil, !pending.isEmpty, !pending.contains(.tools) {
                    toldEarly = true
                    early(lists)
                }
            }
            group.cancelAll()
        }
        return Outcome(
            lists: failure.map(Result.failure) ?? .success(lists), remarks: remarks, freshness: freshness)
    }

    private func fetch(_ kind: ListKind) async -> Result<ListPager.Outcome, MCPClientError> {
        let deadline = MonotonicInstant.now + (server.timeouts.list ?? .seconds(3600))
        do throws(MCPClientError) {
            return .success(
                try await ListPager(kind, maxItems: maxItems).fetch(from: connection, on: loop, until: deadline))
        } catch {
            guard error.kind == .timedOut, let budget = server.timeouts.list else { return .failure(error) }
            return .failure(
                MCPClientError(
                    .timedOut, "\(kind.method) took longer than \(budget.inWords) (timeouts.list)",
                    mayHaveExecuted: false))
        }
    }
}

extension MCPClientError.Kind {
    /// Whether nothing more can be had from the connection.
    var endsConnection: Bool {
        switch self {
        case .closed, .connectionFailed, .sessionExpired, .cancelled: true
        default: false
        }
    }
}

extension Set<ListKind> {
    static let all = Set(ListKind.allCases)

    /// The lists that a notification says have changed; `nil` for any other notification.
    init?(announcedBy method: String) {
        switch method {
        case "notifications/tools/list_changed": self = [.tools]
        case "notifications/resources/list_changed": self = [.resources, .resourceTemplates]
        case "notifications/prompts/list_changed": self = [.prompts]
        default: return nil
        }
    }
}
