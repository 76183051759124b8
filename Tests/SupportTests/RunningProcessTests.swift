import Foundation
import TestSupport
import Testing

struct RunningProcessTests {
    private static func shell(_ script: String) -> RunningProcess.Command {
        RunningProcess.Command("sh", ["-c", script])
    }

    @Test("lines are found in order, and the exit code is reported")
    func lines() async throws {
        try await RunningProcess.with(Self.shell("echo one; echo two; echo three >&2; printf four; exit 3")) {
            process in
            let two = try await process.line("a t") { $0.hasPrefix("t") }
            let three = try await process.errorLine("a t") { $0.hasPrefix("t") }
            let four = try await process.line("the end") { _ in true }
            #expect([two, three, four] == ["two", "three", "four"])
            #expect(try await process.exit() == .code(3))
            #expect(process.standardOutput.lines == ["one", "two", "four"])
        }
    }

    @Test("a wait that fails shows what the program printed")
    func failure() async throws {
        try await RunningProcess.with(Self.shell("echo why >&2; exec sleep 100")) { process in
            try await process.errorLine("why") { $0 == "why" }
            let late = await #expect(throws: RunningProcess.Failure.self) {
                try await process.line("sign of life", within: .milliseconds(50)) { _ in true }
            }
            #expect(late?.description.contains("no sign of life within 0.05 seconds") == true)
            #expect(late?.description.contains("why") == true)
        }
        try await RunningProcess.with(Self.shell("echo bye")) { process in
            let ended = await #expect(throws: RunningProcess.Failure.self) {
                try await process.line("hello") { $0 == "hello" }
            }
            #expect(ended?.description.contains("ended its output without hello") == true)
        }
        #expect(throws: RunningProcess.Failure.self) { try RunningProcess(RunningProcess.Command("/no/such")) }
    }

    @Test("a program that prints more than a pipe holds is not held up")
    func muchOutput() async throws {
        try await RunningProcess.with(
            Self.shell("head -c 3000000 /dev/zero; head -c 3000000 /dev/zero >&2; echo; echo done")
        ) {
            process in
            try await process.line("done") { $0 == "done" }
            #expect(process.standardOutput.bytes.count > 3_000_000)
        }
    }

    @Test("input, signals and environment reach the program")
    func control() async throws {
        var command = Self.shell(
            // A `read` that the signal interrupts fails, with a status that depends on the moment: the trap leaves a note.
            #"""
            trap 'hup=1; echo hup' HUP; echo "$WORD$HOME"
            while :; do
                if read line; then echo "<$line>"; elif [ -n "$hup" ]; then hup=; else break; fi
            done
            echo end
            """#
        )
        command.environment = ["WORD": "word", "HOME": nil]
        command.directory = "/"
        try await RunningProcess.with(command) { process in
            try await process.line("the word") { $0 == "word" }
            try process.writeLine("a")
            try await process.line("the echo") { $0 == "<a>" }
            process.send(signal: SIGHUP)
            try process.writeLine("b")
            try await process.line("the signal") { $0 == "hup" }
            process.closeInput()
            try await process.line("the end") { $0 == "end" }
            #expect(try await process.exit() == .code(0))
            #expect(throws: RunningProcess.Failure.self) { try process.writeLine("c") }
        }
    }

    @Test("teardown kills the whole group, also what refuses to end")
    func teardown() async throws {
        let script = "trap '' TERM; (trap '' TERM; echo child; sleep 1000 & wait) & echo ready; while :; do wait; done"
        let process = try RunningProcess(Self.shell(script))
        try await process.line("child") { $0 == "child" }
        let before = ProcessTable.members(ofGroup: process.pid)
        #expect(before.contains(process.pid))
        #expect(ProcessTable.children(of: process.pid).count == 1)
        #expect(ProcessTable.isRunning(process.pid))
        #expect((ProcessTable.residentBytes(of: process.pid) ?? 0) > 0)
        await process.terminate(grace: .milliseconds(50))
        await process.terminate()
        #expect(process.exitIfEnded == .signal(SIGKILL))
        #expect(!ProcessTable.isRunning(process.pid))
        // The kernel ends the others on its own time.
        for pid in before {
            for _ in 0..<2000 where ProcessTable.isRunning(pid) { try await Task.sleep(for: .milliseconds(1)) }
            #expect(!ProcessTable.isRunning(pid))
        }
    }

    @Test("a cancelled wait ends at once")
    func cancellation() async throws {
        let observed = Observed(0)
        let task = Task { try await observed.wait(for: "one", within: .seconds(100)) { $0 == 1 ? true : nil } }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        observed.update { $0 = 1 }
        #expect(try await observed.wait(for: "one") { $0 == 1 ? "found" : nil } == "found")
        await #expect(throws: ObservationTimedOut.self) {
            try await observed.wait(for: "two", within: .milliseconds(1)) { $0 == 2 ? true : nil }
        }
    }

    @Test("open descriptors are listed with what they point to")
    func descriptors() throws {
        let pair = Pipe()
        let open = try ProcessTable.openDescriptors(of: getpid())
        #expect(open[Int(pair.fileHandleForReading.fileDescriptor)]?.hasPrefix("pipe:") == true)
        #expect(throws: (any Error).self) { try ProcessTable.openDescriptors(of: -1) }
    }

    @Test("a temporary directory goes with its last reference")
    func temporaryDirectory() throws {
        var directory: TemporaryDirectory? = try TemporaryDirectory()
        let file = try #require(try directory?.write("text", to: "a/b.txt"))
        #expect(try directory?.read("a/b.txt") == "text")
        directory = nil
        #expect(!FileManager.default.fileExists(atPath: file))
    }

    @Test("the built programs and the sources are found")
    func repository() throws {
        #expect(FileManager.default.fileExists(atPath: Repository.root.appending(path: "Package.swift").path))
        #expect(FileManager.default.fileExists(atPath: Repository.products.path))
        let missing = #expect(throws: Repository.Missing.self) { try Repository.executable("no-such-program") }
        #expect(missing?.description.contains("no-such-program is missing") == true)
    }
}
