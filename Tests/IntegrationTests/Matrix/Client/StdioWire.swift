import TestSupport

/// Standard streams of a gateway that was started for this client.
final class StdioWire: ClientWire {
    private let process: RunningProcess
    private let reader: Task<Void, any Error>

    /// - Parameter configuration: the path of the gateway's file.
    init(configuration: String, receive: @escaping MessageReceiver) throws {
        let process = try RunningProcess(.built("mcp-gateway", ["stdio", "--config", configuration]))
        self.process = process
        reader = Task {
            // Ends with an error when the output ends.
            while true {
                let line = try await process.line("message", within: wholeTest) { _ in true }
                await receive(Array(line.utf8))
            }
        }
    }

    let answersInPlace = false

    func exchange(_ message: [UInt8]) async throws {
        try process.writeLine(String(decoding: message, as: UTF8.self))
    }

    func sessionBegan(revision: Revision) async throws {}

    func close() async throws {
        try await process.endByClosingInput("mcp-gateway stdio")
        _ = await reader.result
    }
}
