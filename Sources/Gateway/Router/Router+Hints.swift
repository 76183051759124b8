import AsyncIO
import MCPProtocol

/// For how long and by whom something may be kept: MCP 2026-07-28, "Caching".
struct CachingHints: Equatable, Sendable {
    let ttlMilliseconds: Int64
    let isPublic: Bool
}

extension Router {
    /// Hints for merged lists, as clients of a partition see them: of what is merged, the least counts.
    /// What a server may still come to is not worth keeping.
    func hints(for session: FrontSession, _ kinds: [ListKind] = ListKind.allCases) -> CachingHints {
        let now = MonotonicInstant.now
        let standard = configuration.catalog.ttl ?? .zero
        var ttl: Duration?
        var isPublic = session.fingerprint == nil
        for upstream in upstreams.values {
            for kind in kinds {
                let own = upstream.timeToLive(of: kind, or: standard, now: now)
                ttl = min(ttl ?? own, own)
                isPublic = isPublic && upstream.isPublic(kind)
            }
        }
        if !catalog.isWhole(for: session) { ttl = .zero }
        return CachingHints(ttlMilliseconds: (ttl ?? standard).clampedNanoseconds / 1_000_000, isPublic: isPublic)
    }

    /// A client asks for a list.
    func wanted(_ kind: ListKind) {
        let now = MonotonicInstant.now
        for upstream in upstreams.values { upstream.wanted(kind, now: now) }
    }
}
