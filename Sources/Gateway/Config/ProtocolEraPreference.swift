/// Which era of the protocol is spoken to a server.
package enum ProtocolEraPreference: String, Sendable, CaseIterable {
    /// Find out.
    case auto

    /// With a handshake: 2024-11-05 to 2025-11-25.
    case legacy

    /// Without: 2026-07-28.
    case modern
}
