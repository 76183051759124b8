/// A transfer over a connection of our own.
// Unchecked: as its superclass.
final class HTTP1Transfer: HTTPTransfer, @unchecked Sendable {
    let origin: HTTP1Origin
    let requestHead: HTTP1RequestHead
    let connectTimeout: Duration?
    private let pool: HTTP1Pool
    /// What carries it; `nil` while it waits for one, and when it has ended.
    var connection: HTTP1Connection?
    private var reader: HTTP1ResponseReader
    /// Bytes of the request that went out on a kept-alive connection which then closed without an answer; `nil` unless
    /// the request is being repeated.
    var bytesSentBefore: Int?

    init(
        _ request: HTTPClientRequest, head: HTTP1RequestHead, origin: HTTP1Origin, connectTimeout: Duration?,
        in pool: HTTP1Pool
    ) {
        self.origin = origin
        requestHead = head
        self.connectTimeout = connectTimeout
        self.pool = pool
        reader = HTTP1ResponseReader(maxHeadBytes: pool.options.maxHeadBytes, answersHEAD: request.method == "HEAD")
        super.init(request, on: pool.loop, options: pool.options)
    }

    // MARK: From the connection

    var hasSeenAnswer: Bool { reader.headBytes > 0 }
    /// Whether what has arrived is no response, nor the beginning of one.
    var isNoHTTP: Bool { hasSeenAnswer && reader.isForeign }
    var hasWholeResponse: Bool { reader.hasEnded }
    var responseEndsWithConnection: Bool { reader.endsWithConnection }
    var serverKeepsConnection: Bool { reader.keepsConnection }
    var keepAliveSeconds: Int? { reader.keepAliveSeconds }

    /// How much may be read now; 0: the reader has to catch up first.
    var room: Int {
        if body.count >= pauseThreshold { return 0 }
        return max(pauseThreshold - body.count, Self.leastRead)
    }

    private static let leastRead = 16 * 1024

    /// - Returns: how many bytes belong to the response.
    func receive(_ bytes: UnsafeRawBufferPointer) throws(HTTPClientError) -> Int {
        let hadHead = head.isComplete
        let used = try reader.read(bytes, head: &head, body: &body)
        if reader.hasEnded { return used }  // Ending wakes the reader.
        if head.isComplete, !hadHead || body.count > wakeThreshold { signal.signal() }
        return used
    }

    // MARK: As a transfer

    override func resume() { connection?.readOn() }

    override func drop(_ error: HTTPClientError) { pool.drop(self, error) }
}
