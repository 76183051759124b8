import AsyncIO
import Glibc

/// Everything in this program happens on one event loop; this actor is that loop, so that the compiler proves it.
@globalActor
actor LoopActor {
    static let shared = LoopActor()

    static let loop: EventLoop = {
        do {
            let loop = try EventLoop(name: "reference")
            try loop.start()
            return loop
        } catch {
            exitWithError("cannot start the event loop: \(error)")
        }
    }()

    nonisolated var unownedExecutor: UnownedSerialExecutor { Self.loop.asUnownedSerialExecutor() }
}

/// Ends the program with one line on standard error.
func exitWithError(_ message: String, code: Int32 = 1) -> Never {
    writeToStandardError("reference-server: \(message)\n")
    exit(code)
}

/// Standard error is free-form text for people; a failure to write there has nobody to be told to.
func writeToStandardError(_ text: String) {
    let bytes = Array(text.utf8)
    _ = bytes.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
}

extension LoopActor {
    /// Starts a task on the loop.
    ///
    /// The actor alone is not enough: while a function that belongs to no actor waits for something, only the task's
    /// executor preference keeps it on the loop.
    @discardableResult
    static func start<Value: Sendable>(
        _ body: @escaping @LoopActor @Sendable () async throws -> Value
    ) -> Task<Value, any Error> {
        Task(executorPreference: loop) { try await body() }
    }
}
