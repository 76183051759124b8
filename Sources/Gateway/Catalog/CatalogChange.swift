import AsyncIO
import MCPProtocol

/// Lists that changed, or that a server said had changed, and who sees them. Templates count as resources.
package struct CatalogChange: Sendable {
    /// Whose lists they are; `nil`: everybody's.
    let variant: CatalogVariant?
    /// The lists that are different now.
    let changed: Set<ListKind>
    /// The lists the server announced a change of, though nothing of them may be different.
    let announced: Set<ListKind>
    /// When it did.
    let since: MonotonicInstant
    /// Those with lists of their own from that server, which are as they were.
    let exempt: Set<CatalogVariant>

    init(
        of variant: CatalogVariant?, changed: Set<ListKind>, announced: Set<ListKind>, since: MonotonicInstant,
        exempt: Set<CatalogVariant>
    ) {
        self.variant = variant
        self.changed = Set(changed.map(\.announced))
        self.announced = Set(announced.map(\.announced))
        self.since = since
        self.exempt = exempt
    }

    package var kinds: Set<ListKind> { changed.union(announced) }

    /// Whether this is about what a session sees.
    ///
    /// - Parameter session: its ``FrontSession/listVariant``.
    func concerns(_ session: CatalogVariant) -> Bool {
        if session == variant { return true }
        guard variant == nil || variant == session.below, !exempt.contains(session) else { return false }
        return variant != nil || session.below.map { !exempt.contains($0) } ?? true
    }
}
