import CLinux
import Glibc

/// How a child ended.
package enum ExitStatus: Sendable, Hashable, CustomStringConvertible {
    case exited(code: Int32)
    case signalled(number: Int32)

    package var description: String {
        switch self {
        case .exited(let code): "exited with code \(code)"
        case .signalled(let number): "was ended by signal \(number)"
        }
    }
}

/// The rungs of ``ChildProcess/terminate(_:)``: how long each waits before the next.
package struct TerminationLadder: Sendable, Hashable {
    /// After closing its stdin.
    package var endOfInput: Duration
    /// After SIGTERM to its group; then comes SIGKILL.
    package var terminate: Duration

    package init(endOfInput: Duration = .seconds(2), terminate: Duration = .seconds(3)) {
        self.endOfInput = endOfInput
        self.terminate = terminate
    }
}

/// A child process with pipes, in a process group of its own, on a loop.
///
/// Whoever starts one must end it with ``terminate(_:)``, which leaves no process of its group behind. A child that
/// ends by itself is reaped, and what is left of its group is killed, without anyone's help.
package actor ChildProcess {
    package nonisolated let loop: EventLoop
    package nonisolated let pid: pid_t
    /// The child's stdin. Closing it is the first rung of the ladder.
    package nonisolated let input: IOStream
    /// The child's stdout.
    package nonisolated let output: IOStream

    private let spawner: ProcessSpawner
    private let errors: IOStream
    private var ring = TextRing()
    private var onErrorLine: (@Sendable (String) -> Void)?
    private let watch: ExitWatch
    private var hasAllErrors = false
    private let errorsEnd: LoopSignal

    package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    /// Starts a child.
    ///
    /// - Parameters:
    ///   - maxErrorBytes: how much of the child's stderr is kept, the newest.
    ///   - onErrorLine: called on the loop for each line of the child's stderr.
    package static func start(
        _ command: ChildCommand, spawner: ProcessSpawner, on loop: EventLoop, maxErrorBytes: Int = 64 << 10,
        onErrorLine: (@Sendable (String) -> Void)? = nil
    ) async throws(ChildProcessError) -> ChildProcess {
        let started = try await spawner.start(command)
        let child = try await adopt(started, command: command, spawner: spawner, loop: loop, onErrorLine: onErrorLine)
        Task { await child.collectErrors(keeping: maxErrorBytes) }
        return child
    }

    private static func adopt(
        _ started: ProcessSpawner.Started, command: ChildCommand, spawner: ProcessSpawner, loop: EventLoop,
        onErrorLine: (@Sendable (String) -> Void)?
    ) async throws(ChildProcessError) -> ChildProcess {
        let outcome: Result<ChildProcess, ChildProcessError> = await withCheckedContinuation { continuation in
            loop.execute {
                do throws(SystemError) {
                    let child = try ChildProcess(started, spawner: spawner, loop: loop, onErrorLine: onErrorLine)
                    continuation.resume(returning: .success(child))
                } catch {
                    // The descriptors were closed by what was half built; the process must go too.
                    kill(-started.pid, SIGKILL)
                    var status: Int32 = 0
                    while waitpid(started.pid, &status, 0) < 0, errno == EINTR {}
                    spawner.forget(group: started.pid)
                    continuation.resume(
                        returning: .failure(
                            ChildProcessError(command: command.file, step: error.operation, code: error.code)))
                }
            }
        }
        return try outcome.get()
    }

    private init(
        _ started: ProcessSpawner.Started, spawner: ProcessSpawner, loop: EventLoop,
        onErrorLine: (@Sendable (String) -> Void)?
    ) throws(SystemError) {
        let pidDescriptor = OwnedDescriptor(adopting: started.pidDescriptor)
        let input = OwnedDescriptor(adopting: started.input)
        let output = OwnedDescriptor(adopting: started.output)
        let errors = OwnedDescriptor(adopting: started.errors)
        self.loop = loop
        self.spawner = spawner
        self.onErrorLine = onErrorLine
        errorsEnd = LoopSignal(loop: loop)
        pid = started.pid
        self.input = try IOStream(adopting: input, on: loop, direction: .writing)
        self.output = try IOStream(adopting: output, on: loop, direction: .reading)
        self.errors = try IOStream(adopting: errors, on: loop, direction: .reading)
        watch = try ExitWatch(pidDescriptor, pid: started.pid, spawner: spawner, loop: loop)
    }

    /// Reads stderr until the child closes it or ``terminate(_:)`` does.
    private func collectErrors(keeping maxBytes: Int) async {
        ring = TextRing(maxBytes: maxBytes)
        do {
            while let lines = try await errors.read({ ring.append($0) }) {
                guard let onErrorLine else { continue }
                for line in lines { onErrorLine(line) }
            }
        } catch {
            // Closed by terminate(), or the pipe broke: either way there is no more to read.
        }
        errors.close()
        hasAllErrors = true
        errorsEnd.signal()
    }

    /// The last lines of the child's stderr, oldest first.
    package var recentErrors: [String] { ring.text }

    /// Its last lines once it has closed its stderr: the end of a process and its last words are two events, in no fixed
    /// order. At the deadline, what there is by then, for a process it has left behind may hold the pipe open. One task
    /// at a time.
    package func finalErrors(until deadline: MonotonicInstant) async -> [String] {
        while !hasAllErrors {
            guard await errorsEnd.wait(until: deadline) == .signalled else { break }
        }
        return ring.text
    }

    /// How the child ended; `nil` while it runs.
    package var exitStatus: ExitStatus? { watch.status }

    /// Waits for the child's end. `nil`: it still ran at the deadline, or the task was cancelled.
    package func waitForExit(until deadline: MonotonicInstant? = nil) async -> ExitStatus? {
        await watch.wait(until: deadline)
    }

    /// Ends the child and its whole group: closes its stdin, waits, SIGTERM, waits, SIGKILL, waits for the kernel.
    /// Goes down the whole ladder even when the task is cancelled. Returns how the child ended; `nil` only if it sits
    /// in a system call that even SIGKILL cannot end, in which case it is reaped when it comes out.
    @discardableResult
    package func terminate(_ ladder: TerminationLadder = TerminationLadder()) async -> ExitStatus? {
        // A task of its own: the ladder must not be cut short by the cancellation that most often brings us here.
        let watch = self.watch
        let (input, output, pid) = (self.input, self.output, self.pid)
        let climb = Task(executorPreference: loop) { () -> ExitStatus? in
            input.close()
            if let status = await watch.wait(until: .now + ladder.endOfInput) { return status }
            kill(-pid, SIGTERM)
            if let status = await watch.wait(until: .now + ladder.terminate) { return status }
            kill(-pid, SIGKILL)
            return await watch.wait(until: .now + .seconds(5))
        }
        let status = await climb.value
        output.close()
        errors.close()
        return status
    }

    /// Sends a signal to the child's whole group, if it still runs.
    package func signal(_ number: Int32) {
        if watch.status == nil { kill(-pid, number) }
    }
}

/// Waits for a child's end through its pidfd and reaps it.
// Unchecked: touched on the loop's thread only.
private final class ExitWatch: ReadinessHandler, @unchecked Sendable {
    private let loop: EventLoop
    private let pid: pid_t
    private let descriptor: Int32
    private let spawner: ProcessSpawner
    private var registration: Registration?
    private var waiters: [LoopSignal] = []
    private(set) var status: ExitStatus?

    init(
        _ descriptor: consuming OwnedDescriptor, pid: pid_t, spawner: ProcessSpawner, loop: EventLoop
    ) throws(SystemError) {
        self.loop = loop
        self.pid = pid
        self.spawner = spawner
        self.descriptor = descriptor.rawValue
        registration = nil
        registration = try loop.register(descriptor.rawValue, for: .readable, handler: self)
        _ = descriptor.release()
    }

    func handleReadiness(_ readiness: Readiness) {
        guard let registration else { return }
        // Before the reaping: as long as the zombie stands, its number names its group and nobody else's.
        kill(-pid, SIGKILL)
        var result = clinux_exit()
        guard clinux_reap(descriptor, &result) == 1 else { return }
        status = result.exited == 1 ? .exited(code: result.status) : .signalled(number: result.status)
        self.registration = nil
        loop.deregister(registration)
        _ = close(descriptor)
        spawner.forget(group: pid)
        let waiting = waiters
        waiters = []
        for waiter in waiting { waiter.signal() }
    }

    func wait(until deadline: MonotonicInstant?) async -> ExitStatus? {
        if let status { return status }
        let signal = LoopSignal(loop: loop)
        waiters.append(signal)
        _ = await signal.wait(until: deadline)
        waiters.removeAll { $0 === signal }
        return status
    }
}
