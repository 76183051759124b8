import TestSupport

/// Standard streams of a server that was started for this client. All exchanges share them: a response finds its request
/// by the id, what a subscription sends by its tag, and what else comes is for whoever is told of everything.
final class ModernStdioWire: ModernWire {
    private struct Exchanges: Sendable {
        /// Those that are waiting, by their ids.
        var receivers: [JSONTree: MessageReceiver] = [:]
        var answered: Set<JSONTree> = []
        var failure: String?
    }

    private let process: RunningProcess
    private let exchanges: Observed<Exchanges>
    private let reader: Task<Void, any Error>

    /// - Parameter receive: takes what belongs to no exchange in particular.
    init(_ command: RunningProcess.Command, receive: @escaping MessageReceiver) throws {
        let process = try RunningProcess(command)
        let exchanges = Observed(Exchanges())
        self.process = process
        self.exchanges = exchanges
        reader = Task {
            do {
                while true {
                    let line = try await process.line("message", within: wholeTest) { _ in true }
                    let bytes = Array(line.utf8)
                    let message = try JSONTree(parsing: bytes)
                    let tag = message["params"]?["_meta"]?["io.modelcontextprotocol/subscriptionId"]
                    let response = message["method"] == nil ? message["id"] : nil
                    let receiver = (response ?? tag).flatMap { exchanges.value.receivers[$0] }
                    await (receiver ?? receive)(bytes)
                    if let response { exchanges.update { _ = $0.answered.insert(response) } }
                    // One page of the specification lets a server end a subscription this way.
                    if message["method"] == "notifications/cancelled", let id = message["params"]?["requestId"] {
                        exchanges.update { _ = $0.answered.insert(id) }
                    }
                }
            } catch {
                exchanges.update { $0.failure = "\(error)" }
                throw error
            }
        }
    }

    let cancelsByClosing = false

    func exchange(
        _ request: JSONTree, mirrored: [MirroredHeader], receive: @escaping MessageReceiver
    ) async throws -> HTTPFacts? {
        guard let id = request["id"] else { throw WireFailure("\(request) is no request") }
        exchanges.update { $0.receivers[id] = receive }
        defer { exchanges.update { $0.receivers[id] = nil } }
        try process.writeLine(request.description)
        do {
            let failure = try await exchanges.wait(for: "answer to \(request)", within: wholeTest) {
                $0.answered.contains(id) ? Optional.some("") : $0.failure
            }
            guard failure.isEmpty else { throw WireFailure(failure) }
        } catch is CancellationError {
            let cancelled: JSONTree = [
                "jsonrpc": "2.0", "method": "notifications/cancelled",
                "params": ["requestId": id, "reason": "not needed any more"],
            ]
            try process.writeLine(cancelled.description)
            throw CancellationError()
        }
        return nil
    }

    func close() async throws {
        try await process.endByClosingInput("the server")
        _ = await reader.result
    }
}
