/// How a connection carries its messages.
package enum MCPTransportKind: String, Sendable, CaseIterable {
    /// A child process, one message per line.
    case stdio
    /// Streamable HTTP (MCP 2025-03-26 and later).
    case streamableHTTP
    /// HTTP+SSE (MCP 2024-11-05).
    case sse
}
