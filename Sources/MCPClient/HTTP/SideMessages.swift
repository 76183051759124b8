import AsyncIO
import Synchronization

/// Messages on their way that nobody waits for, cancellations among them.
package final class SideMessages: Sendable {
    private struct State {
        var tasks: [UInt64: Task<Void, Never>] = [:]
        var nextNumber: UInt64 = 0
    }

    private let loop: EventLoop
    private let log: Log
    private let state = Mutex(State())

    package init(on loop: EventLoop, log: Log) {
        self.loop = loop
        self.log = log
    }

    /// Sends a message in the background, on the loop; a failure is logged.
    package func send(_ body: @escaping @Sendable () async throws(MCPClientError) -> Void) {
        state.withLock { state in
            let number = state.nextNumber
            state.nextNumber += 1
            // Removes itself under this lock, so after the insertion.
            state.tasks[number] = Task(executorPreference: loop) { [self] in
                do throws(MCPClientError) {
                    try await body()
                } catch {
                    log.debug("message to the server not taken", ["reason": error.detail])
                }
                self.state.withLock { $0.tasks[number] = nil }
            }
        }
    }

    /// Lets the messages arrive before the session ends: one may say that a call is cancelled. Drops those that do not
    /// arrive in time.
    package func finish(within limit: Duration) async {
        let messages = state.withLock { Array($0.tasks.values) }
        guard !messages.isEmpty else { return }
        let limit = Task(executorPreference: loop) { [loop] in
            do {
                try await loop.sleep(for: limit)
                for message in messages { message.cancel() }
            } catch {
                // All have arrived.
            }
        }
        for message in messages { await message.value }
        limit.cancel()
    }
}
