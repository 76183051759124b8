import AsyncIO
import MCPClient
import MCPProtocol

/// For how long and by whom what a server listed may be kept, as it said itself (MCP 2026-07-28, "Caching").
struct ListFreshness: Sendable {
    /// When the list becomes stale; `nil`: the server does not say, as older revisions cannot.
    let end: MonotonicInstant?
    let isPublic: Bool

    init(_ outcome: ListPager.Outcome, now: MonotonicInstant = .now) {
        end = outcome.timeToLive.map { now + $0 }
        // Older revisions say nothing, and know no lists that are for one user only.
        isPublic = outcome.timeToLive == nil || outcome.isPublic
    }
}

extension Upstream {
    /// Lists that are stale are asked for again when somebody wants them, but no more often than this: to be fresh for no
    /// time at all is allowed.
    private static let shortestRefresh = Duration.seconds(5)

    /// For how long a list may be kept from now on.
    ///
    /// - Parameter standard: for servers that do not say, as long as they would announce a change.
    nonisolated func timeToLive(of kind: ListKind, or standard: Duration, now: MonotonicInstant) -> Duration {
        guard let end = freshness.withLock({ $0[kind] })?.end else {
            return live.withLock { $0 } == nil ? .zero : standard
        }
        return max(.zero, end - now)
    }

    nonisolated func isPublic(_ kind: ListKind) -> Bool { freshness.withLock { $0[kind] }?.isPublic ?? true }

    /// Somebody wants a list: one that has become stale is fetched anew, in the background.
    nonisolated func wanted(_ kind: ListKind, now: MonotonicInstant) {
        guard let end = freshness.withLock({ $0[kind] })?.end, end <= now else { return }
        let isDue = lastRefresh.withLock { last in
            guard last.map({ now - $0 >= Self.shortestRefresh }) ?? true else { return false }
            last = now
            return true
        }
        if isDue { Task(executorPreference: loop) { await self.noteStale(kind, at: now) } }
    }
}
