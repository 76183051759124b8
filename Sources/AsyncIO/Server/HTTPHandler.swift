/// Answers requests.
package protocol HTTPHandler: Sendable {
    /// Answers one request, on the connection's loop. The connection's next request waits until this returns.
    ///
    /// A handler that returns without an answer gets 500 sent in its place; one that leaves a stream unfinished gets the
    /// connection cut, so that the client sees that the answer is not whole. The task is cancelled when the server
    /// stops; a client that goes away does not cancel it: see ``HTTPExchange/onDisconnect(_:)``.
    nonisolated(nonsending) func handle(_ exchange: HTTPExchange) async
}
