import AsyncIO
import Dispatch
import Glibc
import Synchronization

/// The work of a command, done on a loop of its own while the thread of `main` waits; signals become cancellation.
final class ForegroundWork<Value: Sendable>: Sendable {
    private struct State {
        var outcome: Result<Value, any Error>?
        /// The first signal that came.
        var signal: Int32?
    }

    private let state = Mutex(State())
    private let done = DispatchSemaphore(value: 0)

    private init() {}

    /// Waits for `body`, which runs on the loop it is given. SIGINT and SIGTERM cancel it; a second one ends the
    /// process at once.
    ///
    /// - Throws: the body's error; ``Interruption`` instead if a signal had come.
    static func run(_ body: @escaping @Sendable (EventLoop) async throws -> Value) throws -> Value {
        let work = ForegroundWork()
        let loop = try EventLoop(name: "command")
        try loop.start()
        defer { loop.shutDown() }
        let task = Task(executorPreference: loop) {
            let outcome: Result<Value, any Error>
            do { outcome = .success(try await body(loop)) } catch { outcome = .failure(error) }
            work.state.withLock { $0.outcome = outcome }
            work.done.signal()
        }
        let sources = work.watchSignals { task.cancel() }
        defer { for source in sources { source.cancel() } }
        work.done.wait()
        return try work.value()
    }

    private func watchSignals(_ cancel: @escaping @Sendable () -> Void) -> [any DispatchSourceSignal] {
        [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                let isFirst = self.state.withLock { state in
                    defer { state.signal = state.signal ?? number }
                    return state.signal == nil
                }
                // A second signal is impatience.
                if isFirst { cancel() } else { _exit(128 + number) }
            }
            source.resume()
            return source
        }
    }

    private func value() throws -> Value {
        let (outcome, signal) = state.withLock { ($0.outcome, $0.signal) }
        switch outcome {
        case .success(let value): return value
        case .failure(let error):
            if let signal { throw Interruption(signal: signal) }
            throw error
        case nil: preconditionFailure("waited for an outcome that is not there")
        }
    }
}

/// A signal ended a command early. Exit code 128 plus its number, as shells have it.
struct Interruption: Error {
    let signal: Int32
    var exitCode: Int32 { 128 + signal }
}
