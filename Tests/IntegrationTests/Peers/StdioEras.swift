import TestSupport

/// Which revision each message on one pair of standard streams is of: both eras may use the same.
struct StdioEras {
    /// What a session was agreed on, if one was.
    private let negotiated: String?
    /// Of requests that describe themselves, by their ids.
    private var described: [JSONTree: String] = [:]

    init(client: [[UInt8]], server: [[UInt8]]) {
        negotiated =
            server.lazy.compactMap { try? JSONTree(parsing: $0)["result"]?["protocolVersion"]?.string }.first
        for line in client {
            guard let message = try? JSONTree(parsing: line), let id = message["id"] else { continue }
            if let revision = TappedMessage.describedRevision(of: message) { described[id] = revision }
        }
    }

    /// A request says it itself, and an answer is of the revision of its request. Everything else belongs to the session,
    /// if there is one.
    func revision(of line: [UInt8]) -> String {
        let message = try? JSONTree(parsing: line)
        if let revision = message.flatMap(TappedMessage.describedRevision(of:)) { return revision }
        if message?["method"] == nil, let id = message?["id"], let revision = described[id] { return revision }
        return negotiated ?? described.values.first ?? "2025-11-25"
    }
}
