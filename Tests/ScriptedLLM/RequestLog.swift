import AsyncIO
import MCPProtocol
import Synchronization

/// What was asked of the server, for assertions: `GET /requests`.
final class RequestLog: Sendable {
    struct Entry: Sendable {
        let path: String
        let headers: [HTTPField]
        let body: RawJSON
        let arrival: MonotonicInstant
        /// `running`, `complete`, `client_closed`, `reset`.
        var outcome = "running"
        var end: MonotonicInstant?
        /// Of text, that were sent.
        var pieces = 0
    }

    private let start = MonotonicInstant.now
    private let entries = Mutex<[Entry]>([])
    /// Requests are not kept in a benchmark.
    let isKept: Bool
    private let total = Atomic<Int>(0)

    init(isKept: Bool) { self.isKept = isKept }

    /// - Returns: the request's number, from 0.
    func begin(_ head: HTTPRequestHead, _ body: RawJSON) -> Int {
        let number = total.wrappingAdd(1, ordering: .relaxed).oldValue
        guard isKept else { return number }
        let entry = Entry(path: head.target, headers: Array(head.headers), body: body, arrival: .now)
        return entries.withLock { entries in
            entries.append(entry)
            return entries.count - 1
        }
    }

    func end(_ number: Int, outcome: String) {
        entries.withLock { entries in
            guard entries.indices.contains(number) else { return }
            entries[number].outcome = outcome
            entries[number].end = .now
        }
    }

    func countPiece(_ number: Int) {
        guard isKept else { return }
        entries.withLock { if $0.indices.contains(number) { $0[number].pieces += 1 } }
    }

    func clear() { entries.withLock { $0 = [] } }

    /// A JSON array, in the order of arrival; times in milliseconds since the start.
    func encode() -> [UInt8] {
        let entries = self.entries.withLock { $0 }
        var writer = JSONWriter()
        writer.beginArray()
        for entry in entries {
            writer.beginObject()
            writer.key("path")
            writer.string(entry.path)
            writer.key("headers")
            writer.beginObject()
            for field in entry.headers {
                writer.key(field.name.lowercased())
                writer.string(field.value)
            }
            writer.endObject()
            writer.key("body")
            writer.raw(entry.body)
            writer.key("atMs")
            writer.integer((entry.arrival - start).clampedNanoseconds / 1_000_000)
            if let end = entry.end {
                writer.key("endMs")
                writer.integer((end - start).clampedNanoseconds / 1_000_000)
            }
            writer.key("pieces")
            writer.integer(entry.pieces)
            writer.key("outcome")
            writer.string(entry.outcome)
            writer.endObject()
        }
        writer.endArray()
        return writer.finish()
    }
}
