import TestSupport

/// What crossed the wires of reference servers, as they wrote it down; also of those that have ended.
struct ServerRecord {
    private let directory: TemporaryDirectory
    private static let name = "record"

    init() throws {
        directory = try TemporaryDirectory()
        // There before the first message.
        _ = try directory.write("", to: Self.name)
    }

    /// Options that make a server write to this record.
    var options: [String] { ["--record", directory.path(Self.name)] }

    /// All messages so far from one side: `client` or `server`.
    func messages(from sender: String) throws -> [JSONTree] {
        let text = try directory.read(Self.name)
        // What has no line end yet is being written.
        guard let end = text.lastIndex(of: "\n") else { return [] }
        return try text[..<end].split(separator: "\n").compactMap { line in
            let entry = try JSONTree(parsing: Array(line.utf8))
            return entry["from"]?.string == sender ? entry["message"] : nil
        }
    }

    /// Waits for a message that is matched.
    @discardableResult
    func message(
        from sender: String, within limit: Duration = .seconds(20), where match: (JSONTree) -> Bool
    ) async throws -> JSONTree {
        let deadline = ContinuousClock.now + limit
        while true {
            if let found = try messages(from: sender).first(where: match) { return found }
            guard ContinuousClock.now < deadline else {
                throw FactMissing(description: "no such message from the \(sender) in the record")
            }
            try await Task.sleep(for: .milliseconds(10))
        }
    }
}
