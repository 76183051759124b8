import Dispatch
import Glibc
import Synchronization

/// Turns SIGINT and SIGTERM into calls of whoever wants to know.
///
/// There is one for the whole process: once a source is cancelled, or the signal's disposition changed behind its back,
/// a later source of the same signal stays silent.
final class SignalWatch: Sendable {
    static let shared = SignalWatch()

    private let handler = Mutex<(@Sendable (Int32) -> Void)?>(nil)
    // Unsafe, but written in init alone and read by nobody: it keeps the sources alive.
    nonisolated(unsafe) private var sources: [any DispatchSourceSignal] = []

    private init() {
        sources = [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { [unowned self] in tell(number) }
            source.resume()
            return source
        }
    }

    /// From now on signals go to this function, on any thread; `nil`: they end the process.
    func handle(_ handler: (@Sendable (Int32) -> Void)?) { self.handler.withLock { $0 = handler } }

    private func tell(_ number: Int32) {
        guard let handler = handler.withLock({ $0 }) else { _exit(128 + number) }
        handler(number)
    }
}
