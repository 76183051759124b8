import AsyncIO

/// A client's open stream for messages that belong to no request.
package final class SessionStream: Sendable {
    /// What carries the messages. Takes them from the beginning, also before the answer has begun.
    let events: HTTPEventStream

    /// - Parameter maxBytes: waiting for a client that does not read; beyond that the stream is closed, so that the
    ///   client notices and asks again, instead of missing something silently.
    init(loop: EventLoop, maxBytes: Int) {
        events = HTTPEventStream(loop: loop, maxBacklogBytes: maxBytes)
    }

    /// From any thread.
    func push(_ message: [UInt8]) {
        var event: [UInt8] = []
        SSEEncoder.encode(data: message[...], into: &event)
        events.push(event)
    }

    /// Ends the stream behind what was pushed before. From any thread.
    func close() { events.close() }
}
