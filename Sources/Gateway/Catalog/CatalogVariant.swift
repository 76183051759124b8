/// Whose lists may differ from those everybody sees: servers show more to clients that can be asked something, and change
/// lists for one session (MCP 2025-11-25, Lifecycle, "Capability Negotiation").
package enum CatalogVariant: Hashable, Sendable {
    /// Clients that declare the same, by ``MCPProtocol/ClientCapabilities/fingerprint``.
    case capabilities(String)
    /// One session of a client, by its id, and what the client declares; `nil` if there is nothing it can be asked.
    case session(String, capabilities: String?)

    /// The variant that counts where this one differs in nothing; `nil`: what everybody sees.
    var below: CatalogVariant? {
        if case .session(_, let capabilities?) = self { return .capabilities(capabilities) }
        return nil
    }
}
