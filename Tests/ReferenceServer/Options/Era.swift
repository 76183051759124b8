/// Which revisions the server speaks: those that begin with `initialize`, those whose requests describe themselves
/// (2026-07-28 and later), or both at the same place.
enum Era: String, CaseIterable, Sendable {
    case legacy, modern, both

    var hasLegacy: Bool { self != .modern }
    var hasModern: Bool { self != .legacy }

    /// What a server becomes whose program is replaced by one of the other era.
    var other: Era { self == .legacy ? .modern : .legacy }
}
