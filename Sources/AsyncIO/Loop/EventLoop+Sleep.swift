extension EventLoop {
    /// Waits on the loop's own timers, without the global executor.
    ///
    /// - Throws: `CancellationError` as soon as the task is cancelled.
    package func sleep(until deadline: MonotonicInstant) async throws(CancellationError) {
        switch await LoopSignal(loop: self).wait(until: deadline) {
        case .signalled, .timedOut: return
        case .cancelled: throw CancellationError()
        }
    }

    package func sleep(for duration: Duration) async throws(CancellationError) {
        try await sleep(until: .now + duration)
    }
}
