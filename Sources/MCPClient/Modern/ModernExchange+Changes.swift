import AsyncIO
import MCPProtocol

/// Answers by which a server shows that it has changed since it was last looked at.
extension ModernExchange {
    private static let listPatience = Duration.seconds(15)
    private static let probePatience = Duration.seconds(5)

    /// The list of tools that the headers were made from may be an old one.
    func renewHeaders(
        after error: JSONRPCError, until deadline: MonotonicInstant
    ) async throws(MCPClientError) {
        guard method == "tools/call", !hasRenewedHeaders else {
            throw violation("the server does not accept the headers of the request: \(error.message)")
        }
        hasRenewedHeaders = true
        // The way of every list: it is learned from on the way.
        _ = try await ListPager(.tools).fetch(
            from: connection, on: loop, until: min(deadline, .now + Self.listPatience))
        guard !isOver else { throw .givenUp }
        try await send(sent)
    }

    /// Asks a server anew what it speaks, after an answer that no modern server gives. It may have been replaced by a
    /// legacy one; as well something before it may have disliked this one request.
    ///
    /// - Throws: if it was replaced. All sessions with it end then, and it has not executed the request.
    func refuseIfStale(_ evidence: String, until deadline: MonotonicInstant) async throws(MCPClientError) {
        guard await connection.isReplaced(on: loop, until: min(deadline, .now + Self.probePatience)) else {
            guard !isOver else { throw .givenUp }
            return
        }
        let error = MCPClientError(
            .sessionExpired, "the server no longer speaks \(ProtocolRevision.v2026_07_28.rawValue): \(evidence)",
            mayHaveExecuted: false)
        connection.server.end(error)
        throw error
    }
}
