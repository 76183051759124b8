import Glibc
import Synchronization

/// A question on the terminal, until it is answered, or nobody waits for the answer any more.
final class OpenQuestion: Sendable {
    private let isWithdrawn = Atomic<Bool>(false)

    /// From any thread: whoever reads gets `nil`, and what is typed from then on is for somebody else.
    func withdraw() { isWithdrawn.store(true, ordering: .relaxed) }

    /// A line for the person, unless the question is withdrawn.
    func tell(_ line: String) {
        if !isWithdrawn.load(ordering: .relaxed) { Terminal.error.note(line) }
    }

    /// A line that a person types.
    ///
    /// - Returns: `nil` at the end of input, or once the question is withdrawn.
    func readLine(_ prompt: String) -> String? {
        if isWithdrawn.load(ordering: .relaxed) { return nil }
        Terminal.error.write(prompt)
        // In slices: a read cannot be woken. A terminal gives one line for each read, so none waits in a buffer.
        var input = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
        while true {
            let count = poll(&input, 1, 100)
            if isWithdrawn.load(ordering: .relaxed) { return nil }
            if count > 0 { return Swift.readLine() }
            if count < 0, errno != EINTR { return nil }
        }
    }
}
