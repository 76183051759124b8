/// A published revision of the Model Context Protocol, older ones first.
package enum ProtocolRevision: String, CaseIterable, Comparable, Hashable, Sendable {
    case v2024_11_05 = "2024-11-05"
    case v2025_03_26 = "2025-03-26"
    case v2025_06_18 = "2025-06-18"
    case v2025_11_25 = "2025-11-25"
    case v2026_07_28 = "2026-07-28"

    /// The newest revision that is agreed upon by `initialize`.
    package static let latestLegacy = ProtocolRevision.v2025_11_25

    /// What a peer of the Streamable HTTP transport speaks that sends no `MCP-Protocol-Version` header and about whom
    /// nothing else is known (MCP 2025-06-18, Transports, "Protocol Version Header").
    package static let assumedWithoutHeader = ProtocolRevision.v2025_03_26

    /// All revisions agreed upon by `initialize`, older ones first.
    package static let legacy: [ProtocolRevision] = allCases.filter(\.isLegacy)

    package static func < (left: ProtocolRevision, right: ProtocolRevision) -> Bool {
        // Dates in ISO 8601 sort as text.
        left.rawValue < right.rawValue
    }

    /// Agreed upon by `initialize`, which also begins a session. Newer ones describe themselves in every request.
    package var isLegacy: Bool { self <= Self.latestLegacy }
    package var isModern: Bool { !isLegacy }
}

/// `initialize`: MCP 2025-11-25, Lifecycle, "Version Negotiation".
extension ProtocolRevision {
    /// The revision a server answers to the one a client asked for: the same if it is a legacy one, else the newest
    /// legacy one, also for revisions that do not exist yet and for those never negotiated this way.
    package static func negotiated(forRequested requested: String) -> ProtocolRevision {
        accepting(answered: requested) ?? latestLegacy
    }

    /// The revision a client goes on with after the server's answer; `nil` means that it has to disconnect.
    package static func accepting(answered: String) -> ProtocolRevision? {
        guard let revision = ProtocolRevision(rawValue: answered), revision.isLegacy else { return nil }
        return revision
    }
}
