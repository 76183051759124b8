/// HTTP requests driven by an event loop: HTTP/1.1 and HTTP/2, TLS, proxies, kept-alive connections.
///
/// Plain `http` without a proxy, which is what servers on the same machine or network speak, goes over connections of
/// our own, at a fraction of libcurl's cost for each request. Everything else is libcurl's, and so is finding and
/// connecting to a host that has a name.
///
/// Redirects are not followed, cookies not kept, bodies only decompressed where a request says so. On a kept-alive connection that turns out
/// dead libcurl sends the request again on a new one, up to five times and whatever its method; this client allows
/// that only where ``HTTPClientRequest/mayRepeat`` does, and over its own connections once. The same holds for an
/// HTTP/2 stream the server refuses.
///
/// The client's own requests run on its loop; it may be called from anywhere. The process must ignore `SIGPIPE`, as for
/// any other socket.
///
/// Known limits of libcurl 7.88: an HTTP/2 server that answers before it has read the request's body and then resets
/// the stream can appear as ``HTTPClientError/closedBeforeResponse(detail:wasReusedConnection:requestBytesSent:)``.
package actor HTTPClient {
    package nonisolated let loop: EventLoop
    private let multi: CurlMulti
    private let plain: HTTP1Pool

    package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    /// - Throws: when libcurl cannot be set up, which only a lack of memory explains.
    package init(on loop: EventLoop, options: HTTPClientOptions = HTTPClientOptions()) throws(SystemError) {
        self.loop = loop
        multi = try CurlMulti(on: loop, options: options)
        plain = HTTP1Pool(on: loop, options: options, multi: multi)
    }

    deinit {
        // Nobody holds a response any more, since each holds its client: what is left are idle connections.
        let (multi, plain) = (self.multi, self.plain)
        loop.execute {
            plain.shutDown()
            multi.shutDown()
        }
    }

    /// Sends a request and waits for the head of its response.
    ///
    /// - Parameters:
    ///   - connectTimeout: for name look-up, connection, proxy and TLS together, where no idle connection is at hand.
    ///   - deadline: for all that this call waits for; the body's waits have deadlines of their own.
    ///   - cancellation: drops the request from elsewhere while this call waits.
    /// - Throws: whatever it throws, the transfer is gone by then. Cancelling the task drops it.
    package func send(
        _ request: HTTPClientRequest, connectTimeout: Duration? = nil, deadline: MonotonicInstant? = nil,
        cancellation: HTTPCancellation? = nil
    ) async throws(HTTPClientError) -> HTTPClientResponse {
        let transfer = try start(request, connectTimeout: connectTimeout)
        cancellation?.bind(transfer)
        var connectDeadline = connectTimeout.map { MonotonicInstant.now + $0 } ?? .distantFuture
        let deadline = deadline ?? .distantFuture
        while !transfer.head.isComplete {
            if case .failed(let error) = transfer.outcome { throw error }
            let isConnected = transfer.stage == .sending
            switch await transfer.signal.wait(until: isConnected ? deadline : min(deadline, connectDeadline)) {
            case .signalled: break
            case .cancelled:
                transfer.abort(.cancelled)
            case .timedOut:
                let now = MonotonicInstant.now
                if now >= deadline {
                    transfer.abort(.timedOut(requestSent: transfer.stage == .sending))
                } else if transfer.stage == .connecting, let connectTimeout {
                    transfer.abort(.connectTimedOut(budget: connectTimeout))
                } else if transfer.stage == .queued, let connectTimeout {
                    // Waits for a connection slot: its time to connect has not begun.
                    connectDeadline = now + connectTimeout
                }
            }
        }
        return HTTPClientResponse(transfer, client: self)
    }

    private func start(
        _ request: HTTPClientRequest, connectTimeout: Duration?
    ) throws(HTTPClientError) -> HTTPTransfer {
        guard !multi.isShutDown else { throw .clientClosed }
        let limit = multi.options.maxTransfers
        guard plain.transfersInFlight + multi.transfersInFlight < limit else { throw .tooManyTransfers(limit: limit) }
        guard let target = plain.target(of: request) else {
            return try multi.start(request, connectTimeout: connectTimeout)
        }
        return try plain.start(request, to: target, connectTimeout: connectTimeout)
    }

    /// Ends every transfer, closes every connection and frees all handles. Whoever waits gets
    /// ``HTTPClientError/clientClosed``, and so does every later request.
    package func close() {
        plain.shutDown()
        multi.shutDown()
    }

    /// Sockets in the loop's epoll; one whose server has closed it while idle no longer is.
    var watchedSockets: Int { multi.watchedSockets + plain.watchedSockets }

    package var statistics: HTTPClientStatistics { multi.statistics + plain.statistics }
}
