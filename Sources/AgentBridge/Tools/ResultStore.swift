import AsyncIO
import MCPProtocol
import Synchronization

/// Texts of large tool results, kept for a while so that a model can read on in them.
///
/// Bounded in bytes and time; what was not read for longest goes first.
final class ResultStore: Sendable {
    private struct Entry {
        let text: [UInt8]
        /// Whose it is: another conversation does not get it, even if it guesses the reference.
        let owner: String
        var lastUse: MonotonicInstant
    }

    private struct State {
        var entries: [String: Entry] = [:]
        var bytes = 0
    }

    private let state = Mutex(State())
    private let maxBytes: Int
    private let lifetime: Duration

    init(maxBytes: Int = 64 << 20, lifetime: Duration = .seconds(3600)) {
        self.maxBytes = maxBytes
        self.lifetime = lifetime
    }

    /// - Returns: the reference to read it by; `nil` if it is larger than the whole store.
    func keep(_ text: String, owner: String, now: MonotonicInstant = .now) -> String? {
        let bytes = Array(text.utf8)
        guard bytes.count <= maxBytes else { return nil }
        let reference = "r" + RandomToken.hexadecimal(10)
        state.withLock { state in
            Self.expire(&state, before: now.before(lifetime))
            while state.bytes + bytes.count > maxBytes,
                let oldest = state.entries.min(by: { $0.value.lastUse < $1.value.lastUse })
            {
                state.bytes -= oldest.value.text.count
                state.entries[oldest.key] = nil
            }
            state.entries[reference] = Entry(text: bytes, owner: owner, lastUse: now)
            state.bytes += bytes.count
        }
        return reference
    }

    /// - Returns: `nil` if there is no such text, or it is somebody else's.
    func text(_ reference: String, owner: String, now: MonotonicInstant = .now) -> [UInt8]? {
        state.withLock { state in
            Self.expire(&state, before: now.before(lifetime))
            guard let entry = state.entries[reference], entry.owner == owner else { return nil }
            state.entries[reference]?.lastUse = now
            return entry.text
        }
    }

    private static func expire(_ state: inout State, before limit: MonotonicInstant) {
        for (reference, entry) in state.entries where entry.lastUse < limit {
            state.bytes -= entry.text.count
            state.entries[reference] = nil
        }
    }

    var byteCount: Int { state.withLock { $0.bytes } }

    /// What the model gets of a long text: its beginning and its end around a line that says how to read the rest.
    ///
    /// - Parameter limit: in bytes.
    static func excerpt(of text: String, limit: Int, reference: String?) -> String {
        let bytes = Array(text.utf8)
        guard bytes.count > limit else { return text }
        // Never from the middle of a character.
        var headEnd = max(0, (limit - 200) * 3 / 4)
        while headEnd > 0, bytes[headEnd] & 0xC0 == 0x80 { headEnd -= 1 }
        var tailStart = bytes.count - max(0, (limit - 200) / 4)
        while tailStart < bytes.count, bytes[tailStart] & 0xC0 == 0x80 { tailStart += 1 }
        let omitted = tailStart - headEnd
        // The tool counts in characters, so this says where to go on in characters.
        let offset = bytes[..<headEnd].count { $0 & 0xC0 != 0x80 }
        let way =
            reference.map { "; read more with agent_result_read(ref=\"\($0)\", offset=\(offset), limit=10000)" } ?? ""
        return String(decoding: bytes[..<headEnd], as: UTF8.self) + "\n[… \(omitted) bytes omitted\(way)]\n"
            + String(decoding: bytes[tailStart...], as: UTF8.self)
    }
}

extension MonotonicInstant {
    /// The instant that much earlier, or the clock's start.
    func before(_ duration: Duration) -> MonotonicInstant {
        MonotonicInstant(nanoseconds: max(0, nanoseconds - min(nanoseconds, duration.clampedNanoseconds)))
    }
}
