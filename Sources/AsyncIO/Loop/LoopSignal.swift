/// A wake-up for one waiting task on a loop: the one primitive under every wait for a socket, a pipe, a transfer, a
/// child or a message.
///
/// A signal that nobody waits for is remembered (once), so a fact that becomes true between a look and the wait is not
/// missed. At most one task waits at a time; a second one is a bug and traps.
// Unchecked: all state is touched on the loop's thread only.
package final class LoopSignal: @unchecked Sendable {
    package enum Wake: Sendable {
        case signalled
        case timedOut
        case cancelled
    }

    private let loop: EventLoop
    private var isSet = false
    private var waiter: UnsafeContinuation<Wake, Never>?
    private var timer: TimerToken?
    /// Tells a late cancellation of an earlier wait from one of the present wait.
    private var round: UInt64 = 0

    package init(loop: EventLoop) { self.loop = loop }

    package var hasWaiter: Bool { waiter != nil }

    /// Ends the present wait, or the next one at once.
    package func signal() {
        loop.preconditionInLoop()
        if waiter != nil { finish(.signalled) } else { isSet = true }
    }

    /// Forgets a signal nobody has waited for.
    package func reset() { isSet = false }

    /// Waits for ``signal()``, the deadline or the task's cancellation, whichever is first.
    ///
    /// - Parameter isolation: left to its default, it keeps the wait on the caller's actor: without it the closures
    ///   below would leave that actor for the global executor.
    package func wait(
        until deadline: MonotonicInstant? = nil, isolation: isolated (any Actor)? = #isolation
    ) async -> Wake {
        loop.preconditionInLoop()
        if isSet {
            isSet = false
            return .signalled
        }
        if Task.isCancelled { return .cancelled }
        round &+= 1
        let round = self.round
        return await withTaskCancellationHandler {
            _ = isolation
            return await withUnsafeContinuation { continuation in
                // Look again: on its way here a task outside any actor may be sent round the loop's queue, and a signal
                // or a cancellation that came meanwhile found nobody waiting.
                if isSet {
                    isSet = false
                    return continuation.resume(returning: .signalled)
                }
                if Task.isCancelled { return continuation.resume(returning: .cancelled) }
                precondition(waiter == nil, "two tasks wait for one signal")
                waiter = continuation
                if let deadline, deadline != .distantFuture {
                    timer = loop.schedule(at: deadline) { [self] in
                        timer = nil
                        finish(.timedOut)
                    }
                }
            }
        } onCancel: {
            // On the loop, so after the insertion above.
            loop.execute { [self] in if self.round == round { finish(.cancelled) } }
        }
    }

    private func finish(_ wake: Wake) {
        guard let waiter else { return }
        self.waiter = nil
        if let timer {
            loop.cancel(timer)
            self.timer = nil
        }
        waiter.resume(returning: wake)
    }
}
