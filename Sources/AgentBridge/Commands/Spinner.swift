import AsyncIO
import Synchronization

/// A line on a terminal that moves while nothing else happens there.
final class Spinner: Sendable {
    private struct State {
        var timer: TimerToken?
        var frame = 0
    }

    private static let frames = Array("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏").map(String.init)
    private static let pace = Duration.milliseconds(100)
    /// To the line's start, and nothing on it.
    private static let erase = "\r\u{1B}[K"

    private let text: String
    private let loop: EventLoop
    // Of the loop alone; a lock because the compiler cannot know. Nothing is written within it.
    private let state = Mutex(State())

    init(_ text: String, on loop: EventLoop) {
        self.text = text
        self.loop = loop
    }

    /// On the loop. Without effect while it turns.
    func start() {
        if state.withLock({ $0.timer == nil }) { turn() }
    }

    /// On the loop. The line is as it was before, and the cursor at its start.
    func stop() {
        guard let timer = state.withLock({ $0.timer.take() }) else { return }
        loop.cancel(timer)
        Terminal.error.write(Self.erase)
    }

    private func turn() {
        let frame = state.withLock { state in
            state.frame += 1
            return Self.frames[state.frame % Self.frames.count]
        }
        Terminal.error.write("\(Self.erase)\(frame) \(text)")
        let timer = loop.schedule(at: .now + Self.pace) { [weak self] in self?.turn() }
        state.withLock { $0.timer = timer }
    }
}
