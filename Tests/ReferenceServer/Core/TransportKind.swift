/// How messages come and go.
enum TransportKind: String, Sendable {
    case stdio
    /// Streamable HTTP.
    case http
    /// HTTP+SSE.
    case sse
}
