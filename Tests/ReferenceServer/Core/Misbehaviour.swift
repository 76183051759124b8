/// What a server should not do, on request.
enum Misbehaviour: Sendable {
    /// Bytes that are not MCP, in a place of their own (a line, an event), followed by that many filler bytes.
    case garbage([UInt8], fillerBytes: Int)
    /// HTTP: this status instead of an answer.
    case status(Int)
    /// HTTP: the beginning of an answer, then the end of the connection.
    case cut
    /// Streams that can be resumed: the end of the connection, while the stream goes on; the client is asked to wait
    /// that long before it comes back. Nothing wrong, only seldom done (MCP 2025-11-25, Transports, "Sending Messages
    /// to the Server").
    case disconnect(retryMilliseconds: Int)
}
