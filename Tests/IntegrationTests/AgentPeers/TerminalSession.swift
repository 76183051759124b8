import Foundation
import TestSupport
import Testing

/// A program in a terminal, driven by keys and read as its user reads it, through `tmux`.
final class TerminalSession: Sendable {
    private let server: RunningProcess
    private let directory: TemporaryDirectory
    private static let environment: [String: String?] = ["LC_ALL": "C.UTF-8", "TMUX": nil, "NO_COLOR": nil]

    private init(_ server: RunningProcess, _ directory: TemporaryDirectory) {
        self.server = server
        self.directory = directory
    }

    /// Runs `body` with the program running, and ends it whatever happens.
    ///
    /// - Parameter command: a path and its arguments.
    static func with(
        _ command: [String], columns: Int = 80, rows: Int = 24, body: (TerminalSession) async throws -> Void
    ) async throws {
        let directory = try TemporaryDirectory()
        // In the foreground, so that it ends with the test.
        let start = RunningProcess.Command(
            "tmux", ["-D", "-u", "-S", directory.path("tmux"), "-f", "/dev/null"], environment: environment)
        try await RunningProcess.with(start) { server in
            let session = TerminalSession(server, directory)
            try await session.wait(for: "terminal server") {
                let run = try await session.tmux(["set-option", "-g", "remain-on-exit", "on"])
                return run.exit == .code(0) ? () : nil
            }
            let size = ["-x", String(columns), "-y", String(rows)]
            let shell = ["/bin/sh", "-c", script, session.exitFile]
            let run = try await session.tmux(["new-session", "-d"] + size + ["--"] + shell + command)
            try #require(run.exit == .code(0), "\(run.output)\(run.errors)")
            try await body(session)
        }
    }

    /// Keeps the exit code, which `tmux` loses when it misses the end of a program. Ctrl-C reaches the shell, too, which
    /// stays.
    private static let script = #"trap : INT; "$@"; echo $? > "$0.new"; mv "$0.new" "$0""#

    private var exitFile: String { directory.path("exit") }

    private func tmux(_ arguments: [String]) async throws -> Command {
        let command = RunningProcess.Command(
            "tmux", ["-u", "-S", directory.path("tmux")] + arguments, environment: Self.environment)
        return try await RunningProcess.with(command) { process in
            let exit = try await process.exit()
            return Command(exit: exit, output: process.standardOutput.text, errors: process.standardError.text)
        }
    }

    // MARK: The keyboard

    func type(_ text: String) async throws { _ = try await tmux(["send-keys", "-l", "--", text]) }

    /// A line, and the return key.
    func enter(_ line: String) async throws {
        try await type(line)
        try await press("Enter")
    }

    /// A key by its name, such as `C-c`.
    func press(_ key: String) async throws { _ = try await tmux(["send-keys", key]) }

    // MARK: The screen

    /// All lines that the terminal has shown, those that were broken at its edge in one piece, without empty ones at the
    /// end.
    ///
    /// - Parameter hasStyle: with the escape sequences for colours.
    func screen(hasStyle: Bool = false) async throws -> [String] {
        let options = ["capture-pane", "-p", "-J", "-S", "-", "-E", "-"] + (hasStyle ? ["-e"] : [])
        var lines = try await tmux(options).output.split(separator: "\n", omittingEmptySubsequences: false).map {
            // A joined line keeps the blanks up to the edge.
            String($0.reversed().drop { $0 == " " }.reversed())
        }
        while lines.last?.isEmpty == true || lines.last?.hasPrefix("Pane is dead") == true { lines.removeLast() }
        return lines
    }

    /// Waits until the screen shows what is waited for.
    @discardableResult
    func wait(for what: String, on match: ([String]) -> Bool) async throws -> [String] {
        var last: [String] = []
        do {
            return try await wait(for: what) {
                last = try await screen()
                return match(last) ? last : nil
            }
        } catch let error as FactMissing {
            throw FactMissing(description: "\(error)\n" + last.joined(separator: "\n"))
        }
    }

    /// Waits until the last line is this one.
    @discardableResult
    func wait(forLast line: String) async throws -> [String] {
        try await wait(for: "last line \"\(line)\"") { $0.last == line }
    }

    /// Waits for the program's end, and until all that it wrote is on the screen.
    ///
    /// - Returns: its exit code; 128 and the signal's number if one ended it, as a shell has it.
    func exitCode() async throws -> Int {
        try await wait(for: "end of the program") {
            guard FileManager.default.fileExists(atPath: exitFile) else { return nil }
            let state = try await tmux(["display-message", "-p", "#{pane_dead}"]).output
            return state == "1\n" ? Int(try directory.read("exit").dropLast()) : nil
        }
    }

    private func wait<Found>(
        for what: String, within limit: Duration = .seconds(20), _ probe: () async throws -> Found?
    ) async throws -> Found {
        let deadline = ContinuousClock.now + limit
        while true {
            if let found = try await probe() { return found }
            guard ContinuousClock.now < deadline, server.exitIfEnded == nil else {
                throw FactMissing(description: "no \(what) within \(limit)\n\(server.transcript)")
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }
}
