import Synchronization

/// An answer of server-sent events that goes on after its handler has returned, fed from any thread.
///
/// Takes bytes from its beginning; they leave once ``HTTPExchange/detachStream(_:first:to:keepAlive:onClose:)`` has begun
/// the answer, in the order of the pushes. While nothing is pushed it is some state and a timer: no task, no buffer.
// Unchecked: `queue` is synchronized; every other mutable member is touched on the loop's thread only, which `begin`,
// `flush` and the closures given to the loop check or guarantee.
package final class HTTPEventStream: @unchecked Sendable {
    private struct Queue {
        /// Pushed and not yet on their way.
        var bytes: [UInt8] = []
        /// On their way and not yet taken by the kernel.
        var unsentBytes = 0
        var isClosing = false
        var isFlushDue = false
        /// Writers that wait until the client has taken a good part.
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    /// What the connection has lent for the time of the answer.
    private struct Answer {
        let wire: HTTPWire
        let framing: HTTPBodyWriter.Framing
        let conclusion: HTTPExchange.Conclusion
        let keepAlive: Duration?
        let onClose: @Sendable (HTTPWriteError?) -> Void
    }

    // The closures that the loop and the wire hold keep the stream alive until its end, which takes them back.
    private let loop: EventLoop
    private let maxBacklogBytes: Int
    private let queue = Mutex(Queue())

    /// `nil` before the answer's beginning and after its end.
    private var answer: Answer?
    /// What comes after the stream, once it has ended.
    private var conclusion: HTTPExchange.Conclusion?
    private var onEnd: ((HTTPExchange.Conclusion) -> Void)?
    private var unsent: ArraySlice<UInt8> = []
    private var isEndQueued = false
    /// When the client must have taken a part of what is unsent; `nil` while there is none.
    private var stallDeadline: MonotonicInstant?
    private var takenSinceStall = 0
    private var lastSent = MonotonicInstant.now
    /// Not moved when its time moves away, but looks again when it fires.
    private var timer: (token: TimerToken, at: MonotonicInstant)?

    /// - Parameters:
    ///   - loop: that of the exchange the stream is going to answer.
    ///   - maxBacklogBytes: held for a client that does not keep up. A push beyond that closes the stream behind what
    ///     is held, so that the client notices that something is missing.
    package init(loop: EventLoop, maxBacklogBytes: Int) {
        self.loop = loop
        self.maxBacklogBytes = maxBacklogBytes
    }

    // MARK: From any thread

    /// Sends bytes, whole events in the form of ``SSEEncoder``. Dropped if the stream has ended or is ending.
    ///
    /// - Parameter isLast: nothing comes after it, so it is taken whatever waits already.
    /// - Returns: `false` if it was dropped.
    @discardableResult
    package func push(_ bytes: [UInt8], isLast: Bool = false) -> Bool {
        var isTaken = true
        let needsFlush = queue.withLock { queue -> Bool in
            guard !queue.isClosing else {
                isTaken = false
                return false
            }
            let waiting = queue.unsentBytes + queue.bytes.count
            // One event alone may have any size: it has to be held somewhere, and its maker bounds it.
            if !isLast, waiting > 0, bytes.count > maxBacklogBytes - waiting {
                queue.isClosing = true
                isTaken = false
            } else {
                queue.bytes.append(contentsOf: bytes)
            }
            defer { queue.isFlushDue = true }
            return !queue.isFlushDue
        }
        if needsFlush { flushOnLoop() }
        return isTaken
    }

    /// Ends the stream in an orderly way, behind what was pushed before. Later calls do nothing.
    package func close() {
        let needsFlush = queue.withLock { queue -> Bool in
            guard !queue.isClosing else { return false }
            queue.isClosing = true
            defer { queue.isFlushDue = true }
            return !queue.isFlushDue
        }
        if needsFlush { flushOnLoop() }
    }

    /// Waits while more than half of what may wait for the client does. Returns at once when the stream has ended; a
    /// client that takes nothing ends it (`writeTimeout`), so the wait is bounded.
    package func room() async {
        let bound = maxBacklogBytes / 2
        await withCheckedContinuation { continuation in
            let isRoom = queue.withLock { queue in
                let isRoom = queue.isClosing || queue.unsentBytes + queue.bytes.count <= bound
                if !isRoom { queue.waiters.append(continuation) }
                return isRoom
            }
            if isRoom { continuation.resume() }
        }
    }

    private func wakeWriters() {
        let waiters = queue.withLock { queue -> [CheckedContinuation<Void, Never>] in
            guard queue.isClosing || queue.unsentBytes + queue.bytes.count <= maxBacklogBytes / 2 else { return [] }
            defer { queue.waiters = [] }
            return queue.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Never at once: whoever pushes may hold a lock that ``finish(_:)`` tells its owner about, and what is pushed in one
    /// go leaves in one write.
    private func flushOnLoop() { loop.execute { [self] in flush() } }

    // MARK: The connection's side, on the loop

    /// Begins the answer.
    ///
    /// - Parameter conclusion: what comes after the answer if it is whole.
    func begin(
        with head: [UInt8], on wire: HTTPWire, framing: HTTPBodyWriter.Framing,
        conclusion: HTTPExchange.Conclusion, keepAlive: Duration?, endsWithClientsSide: Bool,
        onClose: @escaping @Sendable (HTTPWriteError?) -> Void
    ) {
        loop.preconditionInLoop()
        precondition(answer == nil && self.conclusion == nil, "a stream answers one request")
        answer = Answer(
            wire: wire, framing: framing, conclusion: conclusion, keepAlive: keepAlive, onClose: onClose)
        unsent = head[...]
        if framing == .nothing { queue.withLock { $0.isClosing = true } }
        flush()
        // Otherwise a client that is gone altogether shows when something is sent, at the latest as a sign of life.
        if answer != nil, endsWithClientsSide { wire.watchDisconnect { [self] in close() } }
    }

    /// Calls `body` when the stream has ended; at once if it has.
    func whenEnded(_ body: @escaping (HTTPExchange.Conclusion) -> Void) {
        if let conclusion { body(conclusion) } else { onEnd = body }
    }

    /// Ends the stream and its connection at once.
    func cut() { finish(.disconnected) }

    // MARK: Sending

    private func flush() {
        // Before the beginning what was pushed waits for it.
        guard let answer else { return }
        let (pushed, isClosing) = queue.withLock { queue -> ([UInt8], Bool) in
            queue.isFlushDue = false
            defer { queue.bytes = [] }
            return (queue.bytes, queue.isClosing)
        }
        if !isEndQueued {
            var framed: [UInt8] = []
            answer.framing.append(pushed[...], to: &framed)
            if isClosing {
                isEndQueued = true
                framed.append(contentsOf: answer.framing.end.utf8)
            }
            if unsent.isEmpty { unsent = framed[...] } else { unsent.append(contentsOf: framed) }
        }
        send()
    }

    private func send() {
        guard let answer else { return }
        do throws(HTTPWriteError) {
            while !unsent.isEmpty {
                let count = try answer.wire.writeNow(unsent)
                if count == 0 { break }
                unsent = unsent.dropFirst(count)
                takenSinceStall += count
            }
        } catch {
            return finish(error)
        }
        let unsentBytes = unsent.count
        queue.withLock { $0.unsentBytes = unsentBytes }
        wakeWriters()
        lastSent = .now
        guard unsent.isEmpty else { return waitForClient(answer) }
        // An empty slice would keep its buffer.
        unsent = []
        stallDeadline = nil
        if isEndQueued { finish(nil) } else { arm() }
    }

    /// The kernel is full. As with other answers, each small part has a deadline of its own.
    private func waitForClient(_ answer: Answer) {
        if stallDeadline == nil || takenSinceStall >= HTTPWire.minProgressBytes {
            stallDeadline = answer.wire.server.limits.writeTimeout.map { lastSent + $0 } ?? .distantFuture
            takenSinceStall = 0
        }
        answer.wire.stream.notifyWritable { [self] in send() }
        arm()
    }

    /// - Parameter error: what cut the connection; `nil` if all is sent.
    private func finish(_ error: HTTPWriteError?) {
        guard let answer else { return }
        self.answer = nil
        if let timer { loop.cancel(timer.token) }
        timer = nil
        unsent = []
        queue.withLock { queue in
            queue.isClosing = true
            queue.bytes = []
        }
        wakeWriters()
        answer.wire.stream.notifyWritable(nil)
        answer.wire.watchDisconnect(nil)
        if error != nil { answer.wire.cut() }
        let conclusion = error == nil ? answer.conclusion : .close
        self.conclusion = conclusion
        answer.onClose(error)
        let onEnd = self.onEnd
        self.onEnd = nil
        onEnd?(conclusion)
    }

    // MARK: Time

    private func arm() {
        guard let deadline = stallDeadline ?? answer?.keepAlive.map({ lastSent + $0 }), deadline != .distantFuture
        else { return }
        if let timer {
            if timer.at <= deadline { return }
            loop.cancel(timer.token)
        }
        let token = loop.schedule(at: deadline) { [self] in timerFired() }
        timer = (token, deadline)
    }

    private func timerFired() {
        timer = nil
        guard let answer else { return }
        let now = MonotonicInstant.now
        if let stallDeadline {
            guard now >= stallDeadline else { return arm() }
            finish(.stalled(after: answer.wire.server.limits.writeTimeout ?? .zero))
        } else if let keepAlive = answer.keepAlive {
            guard now - lastSent >= keepAlive else { return arm() }
            var comment: [UInt8] = []
            SSEEncoder.encodeComment(into: &comment)
            push(comment)
            // If the push was refused, or waits for a flush that is due, that one sees to the timer.
        }
    }
}
