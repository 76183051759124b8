/// The answer to a request: its head, and its body as it arrives.
///
/// One task reads at a time; two at once are a bug and trap. A response that is let go of before its body has ended
/// drops the transfer, and with it the connection.
package actor HTTPClientResponse {
    package enum Version: Sendable, Hashable { case http1_0, http1_1, http2, http3 }

    /// Of the final response, so never 1xx. Redirects are not followed.
    package nonisolated let status: Int
    package nonisolated let headers: HTTPHeaders
    package nonisolated let version: Version
    private let transfer: HTTPTransfer
    /// Keeps the client, which holds the connections, alive while somebody reads.
    private let client: HTTPClient
    /// What the reader has got since it last waited.
    private var bytesWithoutWait = 0
    /// A reader that never waits, because the server is quicker than it is, lets others of the loop run after so many
    /// bytes; moving them takes a fraction of a millisecond.
    private static let maxBytesWithoutWait = 256 << 10

    package nonisolated var unownedExecutor: UnownedSerialExecutor { transfer.loop.asUnownedSerialExecutor() }

    init(_ transfer: HTTPTransfer, client: HTTPClient) {
        self.transfer = transfer
        self.client = client
        status = transfer.head.status
        headers = transfer.head.headers
        version = transfer.head.version
    }

    deinit { transfer.abandonUnlessFinished() }

    /// Waits for the next piece of the body: all that has arrived by then, never empty.
    ///
    /// While nobody asks, at most ``HTTPClientOptions/maxUnreadBytes`` and one read gather here; then the server waits.
    /// - Returns: `nil` at the end of the body.
    /// - Throws: ``HTTPClientError/timedOut(requestSent:)`` at the deadline, after which one may go on waiting; anything
    ///   else is the end, after the bytes that arrived before it. Cancelling the task drops the transfer.
    package func nextChunk(until deadline: MonotonicInstant? = nil) async throws(HTTPClientError) -> [UInt8]? {
        transfer.wakeThreshold = 0
        while true {
            if !transfer.body.isEmpty {
                if bytesWithoutWait >= Self.maxBytesWithoutWait {
                    bytesWithoutWait = 0
                    await Task.yield()
                    continue
                }
                let chunk = transfer.takeBody()
                bytesWithoutWait += chunk.count
                return chunk
            }
            if let outcome = transfer.outcome {
                switch outcome {
                case .complete: return nil
                case .failed(let error): throw error
                }
            }
            try await wait(until: deadline)
        }
    }

    /// Waits for the whole body.
    ///
    /// - Throws: ``HTTPClientError/bodyTooLarge(limit:)`` as soon as that is known, from `Content-Length` or from what
    ///   arrived. After an error the transfer is dropped, the deadline's included.
    package func readAll(
        upTo limit: Int, until deadline: MonotonicInstant? = nil
    ) async throws(HTTPClientError) -> [UInt8] {
        if transfer.outcome == nil, let length = transfer.head.contentLength, length > limit {
            transfer.abort(.bodyTooLarge(limit: limit))
            throw .bodyTooLarge(limit: limit)
        }
        transfer.collect(upTo: limit)
        while true {
            guard transfer.body.count <= limit else {
                transfer.abort(.bodyTooLarge(limit: limit))
                throw .bodyTooLarge(limit: limit)
            }
            switch transfer.outcome {
            case .complete: return transfer.takeBody()
            case .failed(let error): throw error
            case nil: break
            }
            do {
                try await wait(until: deadline)
            } catch {
                transfer.abort(error)
                throw error
            }
        }
    }

    private func wait(until deadline: MonotonicInstant?) async throws(HTTPClientError) {
        bytesWithoutWait = 0
        switch await transfer.signal.wait(until: deadline) {
        case .signalled: return
        case .timedOut: throw .timedOut(requestSent: true)
        case .cancelled:
            transfer.abort(.cancelled)
            throw .cancelled
        }
    }

    /// Drops the transfer. The connection is closed if the body has not ended, except that HTTP/2 ends one stream only.
    /// From any thread, any number of times.
    package nonisolated func cancel() { transfer.abandonUnlessFinished() }
}
