import MCPProtocol

/// The tasks a client has created (MCP 2025-11-25, Tasks), under ids of the gateway's own.
struct TaskRegistry {
    struct Entry: Sendable {
        let id: String
        let server: String
        let session: UpstreamSession
        /// The id the server gave it; `nil` for one that the server does not know of.
        let upstreamID: String?
        /// The task as last heard of, with the gateway's id.
        var task: RawJSON
        var hasEnded: Bool
        /// What the call came to, where it did so at once.
        var result: RawJSON?
    }

    /// Tasks remembered for one client; beyond, the oldest that have ended are forgotten.
    static let maxTasks = 1000

    private var entries: [String: Entry] = [:]
    /// Ids, oldest first.
    private var order: [String] = []

    var all: [Entry] { order.compactMap { entries[$0] } }

    func entry(_ id: String) -> Entry? { entries[id] }

    func entry(upstreamID: String, in session: UpstreamSession) -> Entry? {
        entries.values.first { $0.upstreamID == upstreamID && $0.session === session }
    }

    /// - Returns: tasks that were forgotten for it.
    mutating func add(_ entry: Entry) -> [Entry] {
        entries[entry.id] = entry
        order.append(entry.id)
        var forgotten: [Entry] = []
        while order.count > Self.maxTasks {
            let index = order.firstIndex { entries[$0]?.hasEnded == true } ?? 0
            if let old = entries.removeValue(forKey: order.remove(at: index)) { forgotten.append(old) }
        }
        return forgotten
    }

    /// Whether nothing follows any more.
    static func hasEnded(_ task: RawJSON) -> Bool {
        task.member("status")?.stringValue.flatMap(TaskStatus.init(rawValue:))?.isTerminal ?? false
    }

    /// - Returns: whether the task has ended by this news.
    mutating func note(_ task: RawJSON, of id: String) -> Bool {
        guard var entry = entries[id] else { return false }
        let ends = !entry.hasEnded && Self.hasEnded(task)
        entry.task = task
        entry.hasEnded = entry.hasEnded || ends
        entries[id] = entry
        return ends
    }
}
