/// Drops a request that is being sent, for whoever does not hold its response yet.
// Unchecked: `transfer` is touched on the loop's thread only.
package final class HTTPCancellation: @unchecked Sendable {
    private let loop: EventLoop
    private var transfer: HTTPTransfer?
    private var isCancelled = false

    package init(on loop: EventLoop) { self.loop = loop }

    func bind(_ transfer: HTTPTransfer) {
        self.transfer = transfer
        if isCancelled { transfer.abort(.cancelled) }
    }

    /// Whoever waits for the response's head gets ``HTTPClientError/cancelled``. From any thread, any number of times;
    /// without effect on a request that has ended.
    package func cancel() {
        // A job of its own even on the loop: the caller may be inside one of libcurl's callbacks.
        loop.execute { [self] in
            isCancelled = true
            transfer?.abort(.cancelled)
        }
    }
}
