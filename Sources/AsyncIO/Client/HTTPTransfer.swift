/// One request and its response on their way, from the loop's side: what a connection fills and one task empties.
///
/// Outlives the connection: a finished transfer is bytes and an outcome. The subclasses know what carries them.
// Unchecked: all state is touched on the loop's thread only; `abandonUnlessFinished()` goes there by itself.
class HTTPTransfer: @unchecked Sendable {
    enum Outcome {
        case complete
        case failed(HTTPClientError)
    }

    /// How far the request has come.
    enum Stage {
        /// Waits for a connection slot of its host.
        case queued
        case connecting
        /// The connection stands and the request is being sent, or has been.
        case sending
    }

    final let loop: EventLoop
    /// Signalled when the head is complete, when more than `wakeThreshold` bytes of the body wait, and at the end.
    final let signal: LoopSignal
    final let request: HTTPClientRequest

    final var stage = Stage.queued
    final var wasReusedConnection = true
    final private(set) var outcome: Outcome?
    final var head = HTTPClientResponseHead()

    final var body: [UInt8] = []
    /// Unread bytes above which the transfer pauses.
    final private(set) var pauseThreshold: Int
    final var wakeThreshold = 0
    /// Bytes wait that are not read from the connection for want of room.
    final var isPaused = false

    init(_ request: HTTPClientRequest, on loop: EventLoop, options: HTTPClientOptions) {
        self.loop = loop
        self.request = request
        signal = LoopSignal(loop: loop)
        pauseThreshold = max(1, options.maxUnreadBytes)
    }

    // MARK: What carries it

    /// Reads on after a pause.
    func resume() { preconditionFailure("a transfer is carried by something") }

    /// Leaves what carries it and ends; the connection is closed unless it carries others.
    func drop(_ error: HTTPClientError) { preconditionFailure("a transfer is carried by something") }

    func finish(_ outcome: Outcome) {
        guard self.outcome == nil else { return }
        self.outcome = outcome
        signal.signal()
    }

    // MARK: To the reader

    /// Removes what has arrived, and lets the transfer go on if it was paused.
    final func takeBody() -> [UInt8] {
        let taken = body
        body = []
        goOn()
        return taken
    }

    /// Collects up to this many bytes without a pause and without waking the reader for each piece.
    final func collect(upTo limit: Int) {
        guard outcome == nil else { return }
        wakeThreshold = limit
        pauseThreshold = max(pauseThreshold, limit < Int.max ? limit + 1 : limit)
        if let length = head.contentLength, length <= limit { body.reserveCapacity(length) }
        if body.count < pauseThreshold { goOn() }
    }

    private func goOn() {
        guard isPaused else { return }
        isPaused = false
        if outcome == nil { resume() }
    }

    /// Drops the transfer, its connection too unless it carries others. Without effect once it has ended.
    final func abort(_ error: HTTPClientError) {
        if outcome == nil { drop(error) }
    }

    /// ``abort(_:)`` from any thread, when nobody will read any more.
    final func abandonUnlessFinished() {
        // A job of its own even on the loop: the last reference may go inside one of libcurl's callbacks. On the loop
        // a finished transfer, which is the usual case, costs nothing.
        if loop.isCurrent, outcome != nil { return }
        loop.execute { [self] in abort(.cancelled) }
    }
}
