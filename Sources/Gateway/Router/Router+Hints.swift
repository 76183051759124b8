import MCPProtocol

/// For how long and by whom a list may be kept: MCP 2026-07-28, "Caching".
struct CachingHints: Equatable, Sendable {
    let ttlMilliseconds: Int64
    let isPublic: Bool
}

extension Router {
    /// Hints for what the catalogue says to clients of a partition. What a server may still come to is not worth keeping.
    func hints(for session: FrontSession) -> CachingHints {
        let ttl = catalog.isWhole(for: session) ? configuration.catalog.ttl : nil
        return CachingHints(
            ttlMilliseconds: ttl.map { $0.clampedNanoseconds / 1_000_000 } ?? 0,
            isPublic: session.fingerprint == nil)
    }
}
