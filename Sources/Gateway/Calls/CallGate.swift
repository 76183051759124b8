import Synchronization

/// Counts the calls in flight over all servers, up to a limit.
package final class CallGate: Sendable {
    package let limit: Int
    private let inside = Atomic<Int>(0)

    package init(limit: Int) { self.limit = limit }

    /// Takes a place; `false`: all are taken.
    func enter() -> Bool {
        if inside.wrappingAdd(1, ordering: .relaxed).oldValue < limit { return true }
        leave()
        return false
    }

    /// Takes a place also where all are taken.
    func resume() { inside.wrappingAdd(1, ordering: .relaxed) }

    func leave() { inside.wrappingSubtract(1, ordering: .relaxed) }
}
