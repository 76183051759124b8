import AsyncIO
import Synchronization

extension Catalog {
    /// Waits until every server has been listed or has failed, but no longer than `listWait` after the first time this
    /// was called: a first list is worth a moment of patience, a hung server is not.
    package func waitUntilSettled(on loop: EventLoop) async {
        let now = MonotonicInstant.now
        let listWait = configuration.catalog.listWait
        let (number, deadline) = state.withLock { state -> (UInt64, MonotonicInstant) in
            let deadline = state.patience ?? now + listWait
            state.patience = deadline
            state.nextWaiter += 1
            return (state.nextWaiter, deadline)
        }
        guard deadline > now, !isSettled else { return }
        let release: @Sendable () -> Void = { [self] in
            state.withLock { $0.waiters.removeValue(forKey: number) }?.resume()
        }
        let timer = loop.schedule(at: deadline, release)
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    let isOver = state.isSettled || Task.isCancelled
                    if !isOver { state.waiters[number] = continuation }
                    return isOver
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            release()
        }
        loop.cancel(timer)
    }
}
