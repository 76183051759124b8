import Dispatch
import Synchronization

/// A value that changes on other threads and that a test can wait for: a fact to wait for instead of a duration.
package final class Observed<State: Sendable>: Sendable {
    private struct Waiter {
        /// Looks at the state; resumes its task and returns true when that is what it waits for.
        let check: @Sendable (State) -> Bool
        let fail: @Sendable (any Error) -> Void
    }

    private struct Storage {
        var state: State
        var waiters: [Int: Waiter] = [:]
        var nextWaiter = 0
    }

    private let storage: Mutex<Storage>

    package init(_ state: State) { storage = Mutex(Storage(state: state)) }

    package var value: State { storage.withLock { $0.state } }

    /// Changes the value and wakes those who waited for what it is now.
    @discardableResult
    package func update<Result: Sendable>(_ change: (inout State) throws -> Result) rethrows -> Result {
        try storage.withLock { storage in
            let result = try change(&storage.state)
            let state = storage.state
            for (id, waiter) in storage.waiters where waiter.check(state) { storage.waiters[id] = nil }
            return result
        }
    }

    /// Waits until `match` finds something in the value, and returns it.
    ///
    /// - Parameters:
    ///   - what: a name for it, for the error.
    ///   - match: runs on the changing thread, with the value locked.
    /// - Throws: ``ObservationTimedOut``, or `CancellationError`.
    package func wait<Found: Sendable>(
        for what: String, within limit: Duration = .seconds(20),
        _ match: @escaping @Sendable (State) -> Found?
    ) async throws -> Found {
        let id = storage.withLock { storage in
            storage.nextWaiter += 1
            return storage.nextWaiter
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let waiter = Waiter(
                    check: { state in
                        guard let found = match(state) else { return false }
                        continuation.resume(returning: found)
                        return true
                    },
                    fail: { continuation.resume(throwing: $0) })
                storage.withLock { storage in
                    if waiter.check(storage.state) { return }
                    storage.waiters[id] = waiter
                }
                // The cancellation handler may have run before the waiter was there.
                if Task.isCancelled { fail(id, CancellationError()) }
                DispatchQueue.global().asyncAfter(deadline: .now() + limit.seconds) { [weak self] in
                    self?.fail(id, ObservationTimedOut(what: what, limit: limit))
                }
            }
        } onCancel: {
            fail(id, CancellationError())
        }
    }

    /// Does nothing when that waiter has been answered.
    private func fail(_ id: Int, _ error: any Error) {
        storage.withLock { $0.waiters.removeValue(forKey: id) }?.fail(error)
    }
}

extension Duration {
    /// For the interfaces that want a floating-point number of seconds.
    package var seconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }
}
