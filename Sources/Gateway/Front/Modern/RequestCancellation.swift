import Synchronization

/// The client's way to give one request up: it closes the answer's connection, or says so on a channel that all its
/// requests share (MCP 2026-07-28, "Cancellation").
final class RequestCancellation: Sendable {
    private struct State {
        var isCancelled = false
        var handler: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())

    var isCancelled: Bool { state.withLock { $0.isCancelled } }

    /// Calls `body`, at most once, when the request is given up; at once if it has been. Replaces an earlier `body`.
    func handle(_ body: @escaping @Sendable () -> Void) {
        let isLate = state.withLock { state in
            if !state.isCancelled { state.handler = body }
            return state.isCancelled
        }
        if isLate { body() }
    }

    func cancel() {
        let handler = state.withLock { state in
            state.isCancelled = true
            defer { state.handler = nil }
            return state.handler
        }
        handler?()
    }

    /// The request is answered: nothing is left to give up.
    func finish() { state.withLock { $0.handler = nil } }
}
