import AsyncIO
import MCPProtocol

/// Lists of a server to be fetched again, and why.
struct ListChanges {
    private(set) var kinds: Set<ListKind> = []
    /// Those that the server announced a change of, in the session that these are the lists of.
    private(set) var announced: Set<ListKind> = []
    /// When the first of these changes was heard of.
    private(set) var since = MonotonicInstant.distantFuture

    init() {}

    /// Nothing is known to have changed; anything may have.
    init(all time: MonotonicInstant) {
        kinds = .all
        since = time
    }

    mutating func note(_ kinds: Set<ListKind>, at time: MonotonicInstant, isAnnounced: Bool) {
        self.kinds.formUnion(kinds)
        if isAnnounced { announced.formUnion(kinds) }
        since = min(since, time)
    }
}
