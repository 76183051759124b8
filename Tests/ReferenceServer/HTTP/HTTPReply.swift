import AsyncIO

/// What the endpoint has decided to answer; the handler sends it.
enum HTTPReply: Sendable {
    case empty(HTTPResponseHead)
    case problem(HTTPProblem)
    case message(HTTPResponseHead, OutgoingMessage)
    /// The answer is on its way; the fields go with whatever it will be. A client that goes away before it is answered
    /// matters only where there is something to do then.
    case pending(PostSink, HTTPHeaders, onDisconnect: (@LoopActor @Sendable () -> Void)?)
    /// Events until the client goes away or the outbox is finished.
    case stream(Outbox, onEnd: @LoopActor @Sendable () -> Void)
    /// The beginning of an answer, then the end of the connection.
    case cut
}
