import AsyncIO
import Synchronization

/// Messages on their way to a client's open stream.
package final class SessionStream: Sendable {
    private struct State {
        var messages: [[UInt8]] = []
        var bytes = 0
        var isClosed = false
        var isOverfull = false
    }

    private let loop: EventLoop
    private let maxBytes: Int
    private let signal: LoopSignal
    private let state = Mutex(State())

    /// - Parameter maxBytes: waiting for a client that does not read; beyond that the stream is closed, so that the
    ///   client notices and asks again, instead of missing something silently.
    init(loop: EventLoop, maxBytes: Int) {
        self.loop = loop
        self.maxBytes = maxBytes
        signal = LoopSignal(loop: loop)
    }

    /// From any loop.
    func push(_ message: [UInt8]) {
        state.withLock { state in
            guard !state.isClosed else { return }
            if state.bytes + message.count > maxBytes {
                state.isClosed = true
                state.isOverfull = true
            } else {
                state.messages.append(message)
                state.bytes += message.count
            }
        }
        loop.execute { [signal] in signal.signal() }
    }

    /// From any loop.
    func close() {
        state.withLock { $0.isClosed = true }
        loop.execute { [signal] in signal.signal() }
    }

    enum Batch {
        case messages([[UInt8]])
        /// Nothing came until the deadline.
        case silence
        case closed
    }

    /// Waits for messages. On the stream's loop.
    func next(until deadline: MonotonicInstant) async -> Batch {
        while true {
            let (messages, isClosed) = state.withLock { state -> ([[UInt8]], Bool) in
                defer {
                    state.messages = []
                    state.bytes = 0
                }
                return (state.messages, state.isClosed)
            }
            if !messages.isEmpty { return .messages(messages) }
            if isClosed { return .closed }
            switch await signal.wait(until: deadline) {
            case .signalled: continue
            case .timedOut: return .silence
            case .cancelled: return .closed
            }
        }
    }
}
