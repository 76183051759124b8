import AsyncIO

/// What the endpoint has decided to answer; the handler sends it.
enum HTTPReply: Sendable {
    case empty(HTTPResponseHead)
    case problem(HTTPProblem)
    case message(HTTPResponseHead, OutgoingMessage)
    /// The answer is on its way; the fields go with whatever it will be.
    case pending(PostSink, HTTPHeaders)
    /// Events until the client goes away or the outbox is finished.
    case stream(Outbox, onEnd: @LoopActor @Sendable () -> Void)
    /// The beginning of an answer, then the end of the connection.
    case cut
}
