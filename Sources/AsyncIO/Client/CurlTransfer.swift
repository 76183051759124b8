/// A transfer that libcurl carries: filled by its callbacks.
// Unchecked: as its superclass.
class CurlTransfer: HTTPTransfer, @unchecked Sendable {
    /// `nil` once the transfer is off the multi handle.
    final weak var easy: CurlEasy?

    /// A repetition the request does not allow was asked for and refused.
    final var refusedRepetition = false
    /// The host stands for an address that the request does not allow.
    final var refusedAddress = false
    /// Set by a callback that makes libcurl give up, which then reports a less telling reason.
    final private(set) var reasonToGiveUp: HTTPClientError?
    private let maxHeadBytes: Int
    private var headBytes = 0

    override init(_ request: HTTPClientRequest, on loop: EventLoop, options: HTTPClientOptions) {
        maxHeadBytes = options.maxHeadBytes
        super.init(request, on: loop, options: options)
    }

    // MARK: From libcurl

    /// - Returns: whether to go on.
    final func receiveHeaderLine(_ line: UnsafeRawBufferPointer) -> Bool {
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

    final func receiveBody(_ bytes: UnsafeRawBufferPointer) -> Reception {
        if body.count >= pauseThreshold {
            isPaused = true
            return .pause
        }
        body.append(contentsOf: bytes)
        if body.count > wakeThreshold { signal.signal() }
        return .taken
    }

    // MARK: As a transfer

    override func resume() { easy?.resume() }

    override func drop(_ error: HTTPClientError) {
        if let easy { easy.abort(error) } else { finish(.failed(error)) }
    }

    override func finish(_ outcome: Outcome) {
        easy = nil
        super.finish(outcome)
    }
}
