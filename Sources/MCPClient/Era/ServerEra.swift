import MCPProtocol

/// Which of the two kinds of revisions a server is spoken to in.
package enum ServerEra: String, Sendable, CaseIterable {
    /// With a handshake: 2024-11-05 to 2025-11-25.
    case legacy
    /// Without: 2026-07-28.
    case modern

    init(_ revision: ProtocolRevision) { self = revision.isLegacy ? .legacy : .modern }
}

/// Which one to speak.
package enum EraPreference: String, Sendable, CaseIterable {
    /// Find out, and prefer the modern one.
    case auto
    case legacy
    case modern
}
