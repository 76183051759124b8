import CLinux
import Glibc

/// Starts child processes, from a thread of its own.
///
/// Children ask the kernel to kill them when the *thread* that started them ends, so that thread must live as long as
/// the process, and starting one blocks until `exec` has happened: both speak for a thread that does nothing else.
/// A guardian, a small process that outlives this one by a moment, kills what the kernel's rule does not reach: the
/// children's own children.
package final class ProcessSpawner: Sendable {
    private let thread: EventLoop
    private let guardian: Int32

    /// - Parameter guardian: from ``startGuardian()``; -1 for none.
    package init(guardian: Int32 = -1) throws(SystemError) {
        thread = try EventLoop(name: "spawner")
        self.guardian = guardian
        try thread.start()
    }

    /// Forks the guardian. Call first thing in `main`, before any thread exists.
    package static func startGuardian() throws(SystemError) -> Int32 {
        let descriptor = clinux_guardian_start()
        guard descriptor >= 0 else { throw SystemError(operation: "fork (guardian)") }
        return descriptor
    }

    /// Ends the thread, and with it, by the kernel's hand, every child still running. Close children first.
    package func shutDown() { thread.shutDown() }

    func forget(group: pid_t) {
        // A guardian that is gone has nothing to forget.
        if guardian >= 0 { _ = clinux_guardian_forget(guardian, group) }
    }

    /// What a started child consists of; the receiver owns the descriptors.
    struct Started: Sendable {
        let pid: pid_t
        let pidDescriptor: Int32
        let input: Int32
        let output: Int32
        let errors: Int32
    }

    func start(_ command: ChildCommand) async throws(ChildProcessError) -> Started {
        let guardian = self.guardian
        let outcome: Result<Started, ChildProcessError> = await withCheckedContinuation { continuation in
            thread.execute {
                do throws(ChildProcessError) {
                    continuation.resume(returning: .success(try Self.startNow(command, guardian: guardian)))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        }
        return try outcome.get()
    }

    private static func startNow(_ command: ChildCommand, guardian: Int32) throws(ChildProcessError) -> Started {
        var pipes: [Pipe] = []
        for _ in 0..<3 {
            var ends: [Int32] = [-1, -1]
            guard clinux_pipe(&ends) == 0 else {
                for pipe in pipes { pipe.close() }
                throw ChildProcessError(command: command.file, step: "pipe", code: errno)
            }
            pipes.append(Pipe(read: ends[0], write: ends[1]))
        }
        let (input, output, errors) = (pipes[0], pipes[1], pipes[2])

        let arguments = CStrings([command.file] + command.arguments)
        let environment = CStrings(command.environment.map { "\($0.name)=\($0.value)" })
        var failedStep: UnsafePointer<CChar>?
        let pid = withOptionalCString(command.workingDirectory) { directory in
            command.file.withCString { file in
                command.searchPath.withCString { searchPath in
                    var request = clinux_spawn_request()
                    request.file = file
                    request.argv = UnsafePointer(arguments.pointers)
                    request.envp = UnsafePointer(environment.pointers)
                    request.search_path = searchPath
                    request.cwd = directory
                    request.stdin_fd = input.read
                    request.stdout_fd = output.write
                    request.stderr_fd = errors.write
                    request.guardian_fd = guardian
                    return clinux_spawn(&request, &failedStep)
                }
            }
        }
        let code = errno
        _ = close(input.read)
        _ = close(output.write)
        _ = close(errors.write)
        func closeOurs() {
            _ = close(input.write)
            _ = close(output.read)
            _ = close(errors.read)
        }
        guard pid > 0 else {
            closeOurs()
            let step = failedStep.map { String(cString: $0) } ?? "spawn"
            throw ChildProcessError(command: command.file, step: step, code: code)
        }
        for end in [input.write, output.read, errors.read] { _ = clinux_set_nonblocking(end) }
        let pidDescriptor = clinux_pidfd_open(pid)
        guard pidDescriptor >= 0 else {
            let code = errno
            closeOurs()
            kill(-pid, SIGKILL)
            var status: Int32 = 0
            while waitpid(pid, &status, 0) < 0, errno == EINTR {}
            throw ChildProcessError(command: command.file, step: "pidfd_open", code: code)
        }
        return Started(
            pid: pid, pidDescriptor: pidDescriptor, input: input.write, output: output.read, errors: errors.read)
    }

    private struct Pipe {
        let read: Int32
        let write: Int32
        func close() {
            _ = Glibc.close(read)
            _ = Glibc.close(write)
        }
    }

    private static func withOptionalCString<R>(_ text: String?, _ body: (UnsafePointer<CChar>?) -> R) -> R {
        guard let text else { return body(nil) }
        return text.withCString { body($0) }
    }
}

/// A NULL-terminated array of C strings, freed with its owner.
private final class CStrings {
    let pointers: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    private let count: Int

    init(_ strings: [String]) {
        count = strings.count
        pointers = .allocate(capacity: count + 1)
        for (index, string) in strings.enumerated() { pointers[index] = strdup(string) }
        pointers[count] = nil
    }

    deinit {
        for index in 0..<count { free(pointers[index]) }
        pointers.deallocate()
    }
}

/// A child that could not be started.
package struct ChildProcessError: Error, Hashable, Sendable, CustomStringConvertible {
    package let command: String
    /// What failed: `exec`, `chdir`, `fork`, `pipe`, …
    package let step: String
    package let code: Int32

    package var description: String {
        let reason = SystemError(operation: step, code: code).reason
        return switch step {
        case "exec": "cannot run \"\(command)\": \(reason)"
        case "chdir": "cannot enter the working directory of \"\(command)\": \(reason)"
        default: "cannot start \"\(command)\": \(step): \(reason)"
        }
    }
}
