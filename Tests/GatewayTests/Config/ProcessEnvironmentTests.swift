import Configuration
import Foundation
import Gateway
import Testing

@Suite("Files and variables of the process")
struct ProcessEnvironmentTests {
    private func inTemporaryDirectory(_ body: (URL) throws -> Void) throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent(
            "gateway-config-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { #expect(throws: Never.self) { try FileManager.default.removeItem(at: directory) } }
        try body(directory)
    }

    @Test("a configuration is loaded from disk, with its secrets")
    func loads() throws {
        try inTemporaryDirectory { directory in
            let file = directory.appendingPathComponent("gateway.json")
            try Data(#"{"mcpServers":{"x":{"command":"x","args":["${file:key}"]}}}"#.utf8).write(to: file)
            try Data("key-0123\n".utf8).write(to: directory.appendingPathComponent("key"))
            let outcome = ConfigurationLoader.load(path: file.path, environment: .current())
            #expect(outcome.findings == [])
            #expect(
                outcome.configuration?.servers.first?.transport
                    == .stdio(command: "x", arguments: ["key-0123"], environment: [], workingDirectory: directory.path))
        }
    }

    @Test("what is no readable file of acceptable size is refused")
    func refuses() throws {
        try inTemporaryDirectory { directory in
            let file = directory.appendingPathComponent("f").path
            try Data([1, 2, 3]).write(to: URL(fileURLWithPath: file))
            #expect(try ConfigurationEnvironment.contentsOfFile(file, limit: 3) == [1, 2, 3])
            #expect(throws: FileReadError.tooLarge(limit: 2)) {
                try ConfigurationEnvironment.contentsOfFile(file, limit: 2)
            }
            #expect(throws: FileReadError.notAFile) {
                try ConfigurationEnvironment.contentsOfFile(directory.path, limit: 10)
            }
            #expect(throws: FileReadError.system(reason: "No such file or directory")) {
                try ConfigurationEnvironment.contentsOfFile(file + "x", limit: 10)
            }
            #expect(throws: FileReadError.self) { try ConfigurationEnvironment.contentsOfFile(file + "\0", limit: 10) }
            #expect(mkfifo(directory.appendingPathComponent("fifo").path, 0o600) == 0)
            #expect(throws: FileReadError.notAFile) {
                try ConfigurationEnvironment.contentsOfFile(directory.appendingPathComponent("fifo").path, limit: 10)
            }
        }
    }

    @Test("the variables and folders of the process are known")
    func current() {
        let environment = ConfigurationEnvironment.current()
        #expect(environment.variables["PATH"] == ProcessInfo.processInfo.environment["PATH"])
        #expect(environment.configDirectory == FileManager.default.currentDirectoryPath)
    }
}
