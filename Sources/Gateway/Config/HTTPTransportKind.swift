/// Which of the two HTTP transports a server speaks.
package enum HTTPTransportKind: String, Sendable, CaseIterable {
    /// Streamable HTTP first, then HTTP+SSE when the server does not know it.
    case auto

    /// Streamable HTTP (MCP 2025-03-26 and later).
    case streamable

    /// HTTP+SSE (MCP 2024-11-05).
    case sse
}
