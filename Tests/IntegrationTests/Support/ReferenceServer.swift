import TestSupport
import Testing

/// The reference server of these tests, as an entry of `mcpServers`: of the revisions with a handshake, unless its options
/// say otherwise.
enum ReferenceServer {
    private static func withEra(_ options: [String]) -> [String] {
        options.contains("--era") || options.contains("--revision") ? options : ["--era", "legacy"] + options
    }

    /// Started by the gateway, on standard streams.
    ///
    /// - Parameter settings: further members of the entry.
    static func stdio(_ options: [String] = [], _ settings: [JSONTree.Member] = []) throws -> JSONTree {
        .object(
            [
                .init("command", .string(try Repository.executable("reference-server"))),
                .init("args", .array(withEra(options).map(JSONTree.string))),
            ] + settings)
    }

    /// Runs `body` with a server that listens on HTTP, and passes its URL.
    static func withHTTP<Result>(
        _ options: [String] = [], port: Int = 0, body: (_ url: String, RunningProcess) async throws -> Result
    ) async throws -> Result {
        let command = try RunningProcess.Command.built(
            "reference-server", ["--http", "127.0.0.1:\(port)"] + withEra(options))
        return try await RunningProcess.with(command) { process in
            let line = try await process.line("URL") { $0.hasPrefix("listening on ") }
            return try await body(String(line.dropFirst("listening on ".count)), process)
        }
    }
}
