/// What a server should not do, on request.
enum Misbehaviour: Sendable {
    /// Bytes that are not MCP, in a place of their own (a line, an event), followed by that many filler bytes.
    case garbage([UInt8], fillerBytes: Int)
    /// HTTP: this status instead of an answer.
    case status(Int)
    /// HTTP: the beginning of an answer, then the end of the connection.
    case cut
}
