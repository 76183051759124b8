import CLinux
import Foundation
import Synchronization

/// A program that a test started: its output captured, its end observed, and its whole process group killed when the
/// test is done with it, or dies.
package final class RunningProcess: Sendable {
    /// How a program ended.
    package enum Exit: Hashable, Sendable {
        case code(Int32)
        case signal(Int32)
    }

    /// What to start.
    package struct Command: Sendable {
        /// A path, or a name looked up in `PATH`.
        package var program: String
        package var arguments: [String]
        /// Added to the environment of the tests; `nil` removes a variable.
        package var environment: [String: String?]
        package var directory: String?

        package init(
            _ program: String, _ arguments: [String] = [], environment: [String: String?] = [:],
            directory: String? = nil
        ) {
            self.program = program
            self.arguments = arguments
            self.environment = environment
            self.directory = directory
        }

        /// A program of this package.
        package static func built(_ name: String, _ arguments: [String] = []) throws -> Command {
            Command(try Repository.executable(name), arguments)
        }

        /// A script of `Tests/Peers`, run by the interpreter of one of the environments.
        package static func peer(_ peers: Peers, _ script: String, _ arguments: [String] = []) throws -> Command {
            // Unbuffered, so that a line is seen when it is printed.
            Command(try Peers.python(peers), ["-u", try Repository.script(script)] + arguments)
        }
    }

    /// The program did not do what was waited for. Ends with the last of what it printed.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    private enum Lifetime {
        case running
        /// Ended, its status read, but not reaped: until then nobody else can get its pid or its group.
        case ended(Exit)
        case reaped(Exit)
    }

    package let command: Command
    package let pid: Int32
    package let standardOutput: OutputCapture
    package let standardError: OutputCapture
    private let lifetime = Observed(Lifetime.running)
    private let input: Mutex<Int32?>

    /// Starts a program in a process group of its own.
    ///
    /// The owner has to call ``terminate(grace:)``; ``with(_:body:)`` does it on every path. Should the tests die
    /// first, the kernel kills the program.
    package init(_ command: Command) throws {
        self.command = command
        var pipes: [Int32] = []
        for _ in 0..<3 {
            var pair: [Int32] = [-1, -1]
            guard clinux_pipe(&pair) == 0 else {
                let code = errno
                pipes.forEach { close($0) }
                throw Failure(description: "pipe: \(String(cString: strerror(code)))")
            }
            pipes += pair
        }
        let theirs = (input: pipes[0], output: pipes[3], error: pipes[5])
        let ours = (input: pipes[1], output: pipes[2], error: pipes[4])
        let started = Result { try Spawner.shared.start(command, theirs) }
        close(theirs.input)
        close(theirs.output)
        close(theirs.error)
        do {
            pid = try started.get()
        } catch {
            close(ours.input)
            close(ours.output)
            close(ours.error)
            throw error
        }
        input = Mutex(ours.input)
        standardOutput = OutputCapture(reading: ours.output)
        standardError = OutputCapture(reading: ours.error)
        watchForExit()
    }

    /// Runs `body` with the program running, and terminates it whatever happens.
    package static func with<Result>(
        _ command: Command, body: (RunningProcess) async throws -> Result
    ) async throws -> Result {
        let process = try RunningProcess(command)
        do {
            let result = try await body(process)
            await process.terminate()
            return result
        } catch {
            await process.terminate()
            throw error
        }
    }

    // MARK: Waiting

    /// Waits for a line of standard output that `match` accepts, among those that no earlier wait has passed over, and
    /// returns it without its newline.
    ///
    /// - Throws: ``Failure`` when the deadline passes, or the output ends, without one.
    @discardableResult
    package func line(
        _ what: String, within limit: Duration = .seconds(20), where match: @escaping @Sendable (String) -> Bool
    ) async throws -> String {
        try await line(what, of: standardOutput, within: limit, where: match)
    }

    /// The same for standard error.
    @discardableResult
    package func errorLine(
        _ what: String, within limit: Duration = .seconds(20), where match: @escaping @Sendable (String) -> Bool
    ) async throws -> String {
        try await line(what, of: standardError, within: limit, where: match)
    }

    private func line(
        _ what: String, of output: OutputCapture, within limit: Duration,
        where match: @escaping @Sendable (String) -> Bool
    ) async throws -> String {
        do {
            if let line = try await output.nextLine(what, within: limit, where: match) { return line }
            throw Failure(description: "\(name) ended its output without \(what)\n\(transcript)")
        } catch let timeout as ObservationTimedOut {
            throw Failure(description: "\(name): \(timeout)\n\(transcript)")
        }
    }

    /// Waits for the program to end by itself.
    ///
    /// - Throws: ``Failure`` when it still runs at the deadline.
    @discardableResult
    package func exit(within limit: Duration = .seconds(20)) async throws -> Exit {
        do {
            let exit = try await lifetime.wait(for: "exit", within: limit, Self.exit(of:))
            // What it printed last may still be on its way. A grandchild can hold the pipe open for ever, so not longer.
            _ = try? await standardOutput.end(within: .seconds(1))
            _ = try? await standardError.end(within: .seconds(1))
            return exit
        } catch let timeout as ObservationTimedOut {
            throw Failure(description: "\(name): \(timeout)\n\(transcript)")
        }
    }

    /// How it ended; `nil` while it runs.
    package var exitIfEnded: Exit? { Self.exit(of: lifetime.value) }

    private static func exit(of lifetime: Lifetime) -> Exit? {
        switch lifetime {
        case .running: nil
        case .ended(let exit), .reaped(let exit): exit
        }
    }

    private var name: String { ([command.program] + command.arguments).joined(separator: " ") }

    /// The last of what it printed, for error messages.
    package var transcript: String {
        "--- standard output\n\(standardOutput.text.suffix(4000))\n--- standard error\n\(standardError.text.suffix(4000))"
    }

    // MARK: Acting

    /// Sends a signal to the program alone. Does nothing once it has ended.
    package func send(signal: Int32) {
        lifetime.update { lifetime in
            // Under the lock, so that the pid cannot be reaped and given to another process meanwhile.
            if case .running = lifetime { kill(pid, signal) }
        }
    }

    /// Writes to standard input. Blocks while the program does not read and the pipe is full.
    package func write(_ text: String) throws {
        try input.withLock { input in
            guard let input else { throw Failure(description: "\(name): its standard input is closed") }
            var rest = Array(text.utf8)[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes { Glibc.write(input, $0.baseAddress, $0.count) }
                if count < 0 && errno == EINTR { continue }
                guard count > 0 else {
                    throw Failure(description: "\(name): write to standard input: \(String(cString: strerror(errno)))")
                }
                rest = rest.dropFirst(count)
            }
        }
    }

    package func writeLine(_ text: String) throws { try write(text + "\n") }

    package func closeInput() {
        input.withLock { input in
            if let open = input { close(open) }
            input = nil
        }
    }

    /// Asks the program to end with SIGTERM, waits, and kills whatever is left of its group. May be called twice.
    package func terminate(grace: Duration = .seconds(3)) async {
        closeInput()
        send(signal: SIGTERM)
        // Not the task's cancellation: the teardown of a cancelled test waits as any other.
        await Task { _ = try? await lifetime.wait(for: "exit", within: grace, Self.exit(of:)) }.value
        let isReaped = lifetime.update { lifetime in
            if case .reaped = lifetime { return true }
            kill(-pid, SIGKILL)
            return false
        }
        if isReaped { return }
        // SIGKILL cannot be refused, so this ends, unless the kernel holds the process in a system call.
        await Task { _ = try? await lifetime.wait(for: "exit", Self.exit(of:)) }.value
        lifetime.update { lifetime in
            guard case .ended(let exit) = lifetime else { return }
            kill(-pid, SIGKILL)
            var status: Int32 = 0
            while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
            lifetime = .reaped(exit)
        }
    }

    private func watchForExit() {
        let pid = pid
        let lifetime = lifetime
        Thread.detachNewThread {
            var info = siginfo_t()
            while waitid(P_PID, id_t(pid), &info, WEXITED | WNOWAIT) != 0 && errno == EINTR {}
            let status = info._sifields._sigchld.si_status
            let isNormal = info.si_code == Int32(CLD_EXITED)
            lifetime.update { $0 = .ended(isNormal ? .code(status) : .signal(status)) }
        }
    }
}
