/// Has libcurl look up a host and connect to it (trying its addresses side by side), and keeps only the socket.
// Unchecked: as its superclass.
final class CurlConnect: CurlTransfer, @unchecked Sendable {
    /// The connected socket, once the transfer is complete.
    var descriptor: OwnedDescriptor?
    private var onEnd: (@Sendable (CurlConnect) -> Void)?

    /// - Parameter onEnd: called once, on the loop, not from within anything that is going on there.
    init(
        _ request: HTTPClientRequest, on loop: EventLoop, options: HTTPClientOptions,
        onEnd: @escaping @Sendable (CurlConnect) -> Void
    ) {
        self.onEnd = onEnd
        super.init(request, on: loop, options: options)
    }

    override func finish(_ outcome: Outcome) {
        super.finish(outcome)
        guard let onEnd else { return }
        self.onEnd = nil
        loop.execute { [self] in onEnd(self) }
    }
}
