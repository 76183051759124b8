import AsyncIO
import Synchronization

extension Catalog {
    /// What lists wait for.
    enum Awaited {
        /// Every server has been listed or has failed.
        case settled
        /// Every server is known, or has failed, for clients of these capabilities.
        case explored(String)
    }

    struct Waiter {
        let awaited: Awaited
        let continuation: CheckedContinuation<Void, Never>
    }

    /// Waits until every server has been listed or has failed, but no longer than `listWait` after the first time this
    /// was called: a first list is worth a moment of patience, a hung server is not.
    package func waitUntilSettled(on loop: EventLoop) async {
        let now = MonotonicInstant.now
        let listWait = configuration.catalog.listWait
        let deadline = state.withLock { state in
            let deadline = state.patience ?? now + listWait
            state.patience = deadline
            return deadline
        }
        guard !isSettled else { return }
        await wait(for: .settled, until: deadline, on: loop)
    }

    func wait(for awaited: Awaited, until deadline: MonotonicInstant, on loop: EventLoop) async {
        guard deadline > .now else { return }
        let number = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        let release: @Sendable () -> Void = { [self] in
            state.withLock { $0.waiters.removeValue(forKey: number) }?.continuation.resume()
        }
        let timer = loop.schedule(at: deadline, release)
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    let isOver = state.has(awaited) || Task.isCancelled
                    if !isOver { state.waiters[number] = Waiter(awaited: awaited, continuation: continuation) }
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
