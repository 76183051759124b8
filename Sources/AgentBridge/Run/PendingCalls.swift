import AsyncIO
import MCPProtocol
import Synchronization

/// Runs that wait for results only their caller has: what was said and done so far, until the caller comes back.
final class PendingCalls: Sendable {
    struct Entry: Sendable {
        /// Everything since the caller's last message; the last of it is the assistant message with all calls.
        let history: [ChatMessage]
        /// Results that are there already, by the id of the call.
        let results: [String: ChatMessage]
        fileprivate let expires: MonotonicInstant
        /// All calls of the caller, under each of which the entry is kept.
        fileprivate let keys: [String]
    }

    static let lifetime = Duration.seconds(900)
    static let maxEntries = 10_000

    private let entries = Mutex<[String: Entry]>([:])

    func keep(history: [ChatMessage], results: [String: ChatMessage], for calls: [ToolCall]) {
        let now = MonotonicInstant.now
        let keys = calls.map(\.id)
        let entry = Entry(history: history, results: results, expires: now + Self.lifetime, keys: keys)
        entries.withLock { entries in
            if entries.count + keys.count > Self.maxEntries {
                entries = entries.filter { $0.value.expires > now }
                while entries.count + keys.count > Self.maxEntries,
                    let oldest = entries.values.min(by: { $0.expires < $1.expires })
                {
                    for key in oldest.keys { entries[key] = nil }
                }
            }
            for key in keys { entries[key] = entry }
        }
    }

    /// What belongs to an assistant message with these calls. It stays: a request may be repeated.
    func entry(for calls: [ToolCall]) -> Entry? {
        let now = MonotonicInstant.now
        return entries.withLock { entries in
            guard let first = calls.first, let entry = entries[first.id], entry.expires > now,
                calls.allSatisfy({ entry.keys.contains($0.id) })
            else { return nil }
            return entry
        }
    }
}
