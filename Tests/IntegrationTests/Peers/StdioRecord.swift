import Foundation
import TestSupport
import Testing

/// Keeps what a program and its client say on standard streams, one pair of files for each process.
struct StdioRecord: Sendable {
    let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    /// The program, with both its streams copied on the way.
    func command(_ program: String, _ arguments: [String] = []) -> (program: String, arguments: [String]) {
        let script = #"tee "$0/$$.client" | "$@" | tee "$0/$$.server""#
        return ("/bin/sh", ["-c", script, directory.path, program] + arguments)
    }

    /// The program as an entry of `mcpServers`.
    ///
    /// - Parameter settings: further members of the entry.
    func entry(_ program: String, _ arguments: [String] = [], _ settings: [JSONTree.Member] = []) -> JSONTree {
        let (program, arguments) = command(program, arguments)
        return .object(
            [
                .init("command", .string(program)), .init("args", .array(arguments.map(JSONTree.string))),
            ] + settings)
    }

    /// The program as a line for a shell, none of whose parts has a quote in it.
    func line(_ program: String, _ arguments: [String] = []) -> String {
        let (program, arguments) = command(program, arguments)
        return ([program] + arguments).map { "'\($0)'" }.joined(separator: " ")
    }

    /// Checks everything one side has said, in all processes, and expects that it was right.
    ///
    /// - Returns: the number of its messages.
    @discardableResult
    func check(_ checked: MessageValidator.Sender) async throws -> Int {
        let log = MessageLog()
        for process in try processes() {
            let client = try lines("\(process).client")
            let server = try lines("\(process).server")
            let eras = StdioEras(client: client, server: server)
            for sender in [checked.other, checked] {
                for line in sender == .client ? client : server {
                    try await log.record(line, on: process, revision: eras.revision(of: line), sender: sender)
                }
            }
        }
        let entries = await log.entries.filter { $0.sender == checked }
        let problems = entries.flatMap { entry in
            entry.problems.map { "\($0)\n    in \(String(decoding: entry.bytes.prefix(400), as: UTF8.self))" }
        }
        #expect(problems == [])
        return entries.count
    }

    /// The processes that have been started so far, by what their files are called.
    func processes() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: directory.path)
            .filter { $0.hasSuffix(".client") }.map { String($0.dropLast(".client".count)) }
    }

    /// The whole lines of a file; a last one without an end was cut off with its process.
    private func lines(_ name: String) throws -> [[UInt8]] {
        try directory.read(name).split(separator: "\n", omittingEmptySubsequences: false).dropLast().map {
            Array($0.utf8)
        }
    }
}
