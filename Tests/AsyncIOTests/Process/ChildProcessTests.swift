import AsyncIO
import Foundation
import Testing

@Suite("Child process")
struct ChildProcessTests {
    private let loop: EventLoop
    private let spawner: ProcessSpawner

    init() throws {
        loop = try EventLoop(name: "test")
        try loop.start()
        spawner = try ProcessSpawner()
    }

    private func shell(_ script: String) -> ChildCommand {
        ChildCommand(
            file: "sh", arguments: ["-c", script], environment: [.init(name: "PATH", value: "/usr/bin:/bin")])
    }

    private func readAll(_ stream: IOStream) async throws -> String {
        var bytes: [UInt8] = []
        while let more = try await stream.read(until: .now + .seconds(20), { Array($0) }) { bytes += more }
        return String(decoding: bytes, as: UTF8.self)
    }

    private func finish() {
        spawner.shutDown()
        loop.shutDown()
    }

    @Test("what is written to its stdin comes back from its stdout")
    func echo() async throws {
        let (text, status) = try await loop.run { [self] in
            let child = try await ChildProcess.start(shell("cat"), spawner: spawner, on: loop)
            try await child.input.write(Array("hello\n".utf8))
            child.input.close()
            let text = try await readAll(child.output)
            return (text, await child.terminate())
        }
        #expect(text == "hello\n")
        #expect(status == .exited(code: 0))
        finish()
    }

    @Test("it gets the environment and working directory it was given and no descriptor beyond the three")
    func surroundings() async throws {
        var command = shell("echo \"$GREETING $HOME\"; pwd; ls /proc/self/fd | wc -l")
        command.environment.append(.init(name: "GREETING", value: "good day"))
        command.workingDirectory = "/usr"
        let lines = try await loop.run { [self, command] in
            let child = try await ChildProcess.start(command, spawner: spawner, on: loop)
            let text = try await readAll(child.output)
            await child.terminate()
            return text.split(separator: "\n").map(String.init)
        }
        // ls itself opens the directory: 0, 1, 2 and 3.
        #expect(lines == ["good day ", "/usr", "4"])
        finish()
    }

    @Test("a command that does not exist is an error that names it")
    func missingCommand() async throws {
        let message = try await loop.run { [self] in
            do {
                _ = try await ChildProcess.start(
                    ChildCommand(file: "no-such-program-here"), spawner: spawner, on: loop)
                return "started"
            } catch {
                return "\(error)"
            }
        }
        #expect(message == "cannot run \"no-such-program-here\": No such file or directory")
        finish()
    }

    @Test("stderr is kept, line by line")
    func errors() async throws {
        let lines = try await loop.run { [self] in
            let child = try await ChildProcess.start(
                shell("echo one >&2; echo two >&2; exit 3"), spawner: spawner, on: loop)
            #expect(await child.waitForExit(until: .now + .seconds(20)) == .exited(code: 3))
            // The exit and the last bytes of stderr are two events.
            for _ in 0..<4000 where await child.recentErrors.count < 2 { try await loop.sleep(for: .milliseconds(5)) }
            let lines = await child.recentErrors
            await child.terminate()
            return lines
        }
        #expect(lines == ["one", "two"])
        finish()
    }

    @Test("a child that ignores end of input and SIGTERM is killed, with the children it started")
    func ladder() async throws {
        let (status, grandchild) = try await loop.run { [self] in
            let child = try await ChildProcess.start(
                shell("trap '' TERM; (trap '' TERM; sleep 1000) & echo $!; while :; do sleep 0.1; done"),
                spawner: spawner, on: loop)
            let pid = try await child.output.read(until: .now + .seconds(20)) { String(decoding: $0, as: UTF8.self) }
            let status = await child.terminate(
                TerminationLadder(endOfInput: .milliseconds(50), terminate: .milliseconds(50)))
            return (status, pid.flatMap { Int32($0.trimmingCharacters(in: .whitespacesAndNewlines)) })
        }
        #expect(status == .signalled(number: SIGKILL))
        let pid = try #require(grandchild)
        try await waitUntilGone(pid)
        finish()
    }

    @Test("a child that ends by itself takes what it started with it")
    func orphans() async throws {
        let grandchild = try await loop.run { [self] in
            let child = try await ChildProcess.start(
                shell("(sleep 1000 >/dev/null 2>&1) & echo $!"), spawner: spawner, on: loop)
            let text = try await readAll(child.output)
            #expect(await child.waitForExit(until: .now + .seconds(20)) == .exited(code: 0))
            await child.terminate()
            return Int32(text.trimmingCharacters(in: .whitespacesAndNewlines))
        }
        try await waitUntilGone(try #require(grandchild))
        finish()
    }

    /// A killed process that was not our child stays a zombie until init takes it; that counts as gone.
    private func waitUntilGone(_ pid: Int32) async throws {
        for _ in 0..<2000 {
            let status = (try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)) ?? ""
            if status.isEmpty || status.contains(") Z ") { return }
            try await loop.run { [loop] in try await loop.sleep(for: .milliseconds(5)) }
        }
        Issue.record("process \(pid) still runs")
    }
}
