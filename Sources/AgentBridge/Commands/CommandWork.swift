import AsyncIO
import Dispatch
import Glibc
import Synchronization

/// The work of a command: on a loop, while the thread of `main` waits; signals become cancellation.
final class CommandWork<Value: Sendable>: Sendable {
    private let outcome = Mutex<Value?>(nil)
    private let done = DispatchSemaphore(value: 0)
    private let signals = Atomic<Int>(0)

    private init() {}

    /// Waits for `body`, which runs on the loop. SIGINT and SIGTERM call `interrupt`, which by default cancels it; a
    /// second one ends the process at once.
    static func run(
        on loop: EventLoop, interrupt: (@Sendable () -> Bool)? = nil,
        _ body: @escaping @Sendable () async -> Value
    ) -> Value {
        let work = CommandWork()
        let task = Task(executorPreference: loop) {
            let value = await body()
            work.outcome.withLock { $0 = value }
            work.done.signal()
        }
        SignalWatch.shared.handle { number in
            if let interrupt, interrupt() { return }
            Interruption.note(number)
            if work.count() == 1 { task.cancel() } else { _exit(128 + number) }
        }
        Interruption.whenOutputCloses { task.cancel() }
        defer {
            Interruption.whenOutputCloses(nil)
            SignalWatch.shared.handle(nil)
        }
        work.done.wait()
        guard let value = work.outcome.withLock({ $0 }) else { preconditionFailure("no outcome after the wait") }
        return value
    }

    private func count() -> Int { signals.wrappingAdd(1, ordering: .relaxed).newValue }
}

/// The first signal that asked this process to end.
enum Interruption {
    private static let number = Atomic<Int32>(0)
    private static let closing = Mutex<(@Sendable () -> Void)?>(nil)

    /// What to do once nobody reads standard output any more, beside remembering it as SIGPIPE.
    static func whenOutputCloses(_ action: (@Sendable () -> Void)?) { closing.withLock { $0 = action } }

    static func outputClosed() {
        note(SIGPIPE)
        closing.withLock { $0 }?()
    }

    static func note(_ signal: Int32) {
        _ = number.compareExchange(expected: 0, desired: signal, ordering: .relaxed)
    }

    /// `nil` if none came.
    static var signal: Int32? {
        let value = number.load(ordering: .relaxed)
        return value == 0 ? nil : value
    }
}
