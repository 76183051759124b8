/// One request and its response on their way, from the loop's side: what libcurl's callbacks fill and one task empties.
///
/// Outlives its easy handle: a finished transfer is bytes and an outcome.
// Unchecked: all state is touched on the loop's thread only; `abandon()` goes there by itself.
final class CurlTransfer: @unchecked Sendable {
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

    let loop: EventLoop
    /// Signalled when the head is complete, when more than `wakeThreshold` bytes of the body wait, and at the end.
    let signal: LoopSignal
    let request: HTTPClientRequest
    let maxHeadBytes: Int
    /// `nil` once the transfer is off the multi handle.
    weak var easy: CurlEasy?

    var stage = Stage.queued
    var wasReusedConnection = true
    /// A repetition the request does not allow was asked for and refused.
    var refusedRepetition = false
    /// Set by a callback that makes libcurl give up, which then reports a less telling reason.
    var reasonToGiveUp: HTTPClientError?
    private(set) var outcome: Outcome?

    private(set) var head = CurlResponseHead()
    private var headBytes = 0

    private(set) var body: [UInt8] = []
    /// Unread bytes above which the transfer pauses.
    var pauseThreshold: Int
    var wakeThreshold = 0
    private var isPaused = false

    init(_ request: HTTPClientRequest, on loop: EventLoop, options: HTTPClientOptions) {
        self.loop = loop
        self.request = request
        signal = LoopSignal(loop: loop)
        maxHeadBytes = options.maxHeadBytes
        pauseThreshold = max(1, options.maxUnreadBytes)
    }

    // MARK: From libcurl

    /// - Returns: whether to go on.
    func receiveHeaderLine(_ line: UnsafeRawBufferPointer) -> Bool {
        if head.isComplete { return true }  // Trailer fields of a chunked body: nobody asks for them.
        headBytes += line.count
        guard headBytes <= maxHeadBytes else {
            reasonToGiveUp = .protocolError(detail: "the head is longer than \(maxHeadBytes) bytes")
            return false
        }
        guard head.add(line: line) else {
            reasonToGiveUp = .protocolError(detail: "the status line is malformed")
            return false
        }
        if head.isComplete { signal.signal() }
        return true
    }

    enum Reception { case taken, pause }

    func receiveBody(_ bytes: UnsafeRawBufferPointer) -> Reception {
        if body.count >= pauseThreshold {
            isPaused = true
            return .pause
        }
        body.append(contentsOf: bytes)
        if body.count > wakeThreshold { signal.signal() }
        return .taken
    }

    // MARK: To the reader

    /// Removes what has arrived, and lets the transfer go on if it was paused.
    func takeBody() -> [UInt8] {
        let taken = body
        body = []
        if isPaused {
            isPaused = false
            easy?.resume()
        }
        return taken
    }

    /// Collects up to this many bytes without a pause and without waking the reader for each piece.
    func collect(upTo limit: Int) {
        wakeThreshold = limit
        pauseThreshold = max(pauseThreshold, limit < Int.max ? limit + 1 : limit)
        if let length = head.contentLength, length <= limit, outcome == nil { body.reserveCapacity(length) }
        if isPaused, body.count < pauseThreshold {
            isPaused = false
            easy?.resume()
        }
    }

    func finish(_ outcome: Outcome) {
        guard self.outcome == nil else { return }
        self.outcome = outcome
        easy = nil
        signal.signal()
    }

    /// Drops the transfer, its connection too unless it carries others. Without effect once it has ended.
    func abort(_ error: HTTPClientError) {
        guard outcome == nil else { return }
        if let easy { easy.abort(error) } else { finish(.failed(error)) }
    }

    /// ``abort(_:)`` from any thread, when nobody will read any more.
    func abandonUnlessFinished() {
        // A job of its own even on the loop: the last reference may go inside one of libcurl's callbacks. On the loop
        // a finished transfer, which is the usual case, costs nothing.
        if loop.isCurrent, outcome != nil { return }
        loop.execute { [self] in abort(.cancelled) }
    }
}
