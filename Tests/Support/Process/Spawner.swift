import CLinux
import Foundation
import Synchronization

/// Starts child processes on one thread that lives as long as the tests: a child is killed when the *thread* that
/// started it ends, and those of the task pool come and go.
final class Spawner: Sendable {
    static let shared = Spawner()

    /// A program to start, and afterwards what came of it.
    private final class Job: Sendable {
        let command: RunningProcess.Command
        let streams: (input: Int32, output: Int32, error: Int32)
        let outcome = Mutex<Result<Int32, RunningProcess.Failure>?>(nil)
        let done = DispatchSemaphore(value: 0)

        init(_ command: RunningProcess.Command, _ streams: (input: Int32, output: Int32, error: Int32)) {
            self.command = command
            self.streams = streams
        }
    }

    private let jobs = Mutex<[Job]>([])
    private let pending = DispatchSemaphore(value: 0)

    private init() {
        // A program that ends while a test writes to it must not end the tests.
        signal(SIGPIPE, SIG_IGN)
        Thread.detachNewThread { [self] in
            while true {
                pending.wait()
                let job = jobs.withLock { $0.removeFirst() }
                let outcome = Self.spawn(job.command, job.streams)
                job.outcome.withLock { $0 = outcome }
                job.done.signal()
            }
        }
    }

    /// The pid of the started program.
    func start(
        _ command: RunningProcess.Command, _ streams: (input: Int32, output: Int32, error: Int32)
    ) throws(RunningProcess.Failure) -> Int32 {
        let job = Job(command, streams)
        jobs.withLock { $0.append(job) }
        pending.signal()
        job.done.wait()
        guard let outcome = job.outcome.withLock({ $0 }) else {
            throw RunningProcess.Failure(description: "\(command.program) was not started")
        }
        return try outcome.get()
    }

    private static func spawn(
        _ command: RunningProcess.Command, _ streams: (input: Int32, output: Int32, error: Int32)
    ) -> Result<Int32, RunningProcess.Failure> {
        var environment = ProcessInfo.processInfo.environment
        for (name, value) in command.environment { environment[name] = value }
        let searchPath = environment["PATH"] ?? "/usr/bin:/bin"

        var arguments = ([command.program] + command.arguments).map { strdup($0) } + [nil]
        var variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        let directory = command.directory.map { strdup($0) } ?? nil
        defer {
            for string in arguments + variables + [directory] { free(string) }
        }
        var failedStep: UnsafePointer<CChar>?
        let pid = command.program.withCString { program in
            searchPath.withCString { searchPath in
                arguments.withUnsafeMutableBufferPointer { arguments in
                    variables.withUnsafeMutableBufferPointer { variables in
                        var request = clinux_spawn_request()
                        request.file = program
                        request.argv = UnsafePointer(arguments.baseAddress)
                        request.envp = UnsafePointer(variables.baseAddress)
                        request.search_path = searchPath
                        request.cwd = directory.map { UnsafePointer($0) }
                        request.stdin_fd = streams.input
                        request.stdout_fd = streams.output
                        request.stderr_fd = streams.error
                        request.guardian_fd = -1
                        return clinux_spawn(&request, &failedStep)
                    }
                }
            }
        }
        if pid > 0 { return .success(pid) }
        let reason = String(cString: strerror(errno))
        let step = failedStep.map { String(cString: $0) } ?? "start"
        return .failure(RunningProcess.Failure(description: "\(command.program): \(step): \(reason)"))
    }
}
