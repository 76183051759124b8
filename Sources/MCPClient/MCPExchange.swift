import AsyncIO
import MCPProtocol

/// What a server says about one request in progress.
package enum ExchangeEvent: Sendable {
    /// Progress or a log message that belongs to the request; or, on the request's own stream,
    /// `notifications/cancelled`, by which the server withdraws a question.
    case notification(JSONRPCNotification)
    /// The server asks something in the course of this request: its own stream said so. Whoever reads the exchange
    /// answers with ``MCPConnection/reply(to:_:)``. Pings are not among these; the connection answers them.
    case request(JSONRPCRequest)
    /// The server is at work on the request: it said so when asked. There is nothing in it for whoever made the request.
    case alive
    /// The answer. Nothing comes after it.
    case response(JSONRPCResponse)
    /// An answer too large to hold: its outcome in pieces. Nothing comes after it.
    case stream(any OutcomeStream)
}

/// The outcome of a large answer, passed on while it arrives.
package protocol OutcomeStream: Actor {
    /// `result` or `error`: which member of the answer the pieces are.
    nonisolated var member: String { get }

    /// The next bytes of that member's value; `nil` once it is complete and the whole answer was well formed.
    ///
    /// - Throws: when the answer breaks off, is malformed or exceeds a limit. What was handed out before is then not
    ///   a whole JSON value.
    func next(until deadline: MonotonicInstant) async throws(MCPClientError) -> ArraySlice<UInt8>?

    /// Lets go of the rest.
    func cancel()
}

/// One request to a server, in progress.
///
/// Whoever begins an exchange reads it to its response or cancels it; either leaves nothing behind.
package protocol MCPExchange: Actor {
    /// The request's id on this connection; also its progress token.
    nonisolated var id: Int64 { get }

    /// Waits for the next event.
    ///
    /// - Throws: `.timedOut` at the deadline, after which the exchange is still in progress; any other error ends it.
    func next(until deadline: MonotonicInstant) async throws(MCPClientError) -> ExchangeEvent

    /// Gives the request up: tells the server (`notifications/cancelled`) and forgets it. An answer that comes later is
    /// dropped. Of no effect once the response was handed out.
    func cancel(reason: String)
}
