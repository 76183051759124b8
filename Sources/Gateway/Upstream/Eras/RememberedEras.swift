import AsyncIO
import MCPClient
import MCPProtocol

/// The servers found to be legacy, and when: the contents of a file that several gateways may share.
///
/// Modern servers are not among them: each is asked anew when it is connected to, which costs nothing.
struct RememberedEras: Equatable, Sendable {
    struct Entry: Equatable, Sendable {
        /// When it was found out, in seconds since 1970.
        var time: Int
        var basis: EraVerdict.Basis
    }

    enum Change: Sendable {
        case legacy(Entry)
        /// Nothing of before that time is true any more.
        case forgotten(before: Int)
    }

    enum Unreadable: Error, Equatable, CustomStringConvertible {
        case foreign(reason: String)
        /// Written by a gateway that knows more, and to be left alone.
        case newer(version: Int64)

        var description: String {
            switch self {
            case .foreign(let reason): "holds nothing that this gateway has written: \(reason)"
            case .newer(let version):
                "is of version \(version), and this gateway knows version \(RememberedEras.version) at most"
            }
        }
    }

    static let format = "mcp-gateway eras"
    static let version: Int64 = 1
    /// The newest are kept.
    static let maxEntries = 1024
    /// More than ``maxEntries`` need.
    static let maxFileBytes = 256 << 10
    /// How far clocks of machines that share a file may be apart.
    static let maxSkew = 300
    private static let lifetime = Int(EraVerdict.legacyLifetime.components.seconds)

    private(set) var entries: [EraKey: Entry] = [:]

    init() {}

    init(parsing bytes: [UInt8]) throws(Unreadable) {
        let text: RawJSON
        do throws(JSONError) {
            text = try RawJSON(validating: bytes, limits: JSONLimits(maxBytes: Self.maxFileBytes, maxDepth: 8))
        } catch {
            throw .foreign(reason: "\(error)")
        }
        guard text.kind == .object, text.member("format")?.stringValue == Self.format,
            let version = text.member("version")?.intValue, let verdicts = text.member("legacy"),
            verdicts.kind == .object
        else { throw .foreign(reason: "it is not of the format \"\(Self.format)\"") }
        guard version <= Self.version else { throw .newer(version: version) }
        for (name, value) in verdicts.members.prefix(Self.maxEntries) {
            // A single entry that makes no sense says nothing about the others.
            guard let key = EraKey(text: name), let time = value.member("time")?.intValue.flatMap({ Int(exactly: $0) }),
                let basis = value.member("basis")?.stringValue.flatMap(EraVerdict.Basis.init(rawValue:))
            else { continue }
            entries[key] = Entry(time: time, basis: basis)
        }
    }

    func serialized() -> [UInt8] {
        var writer = JSONWriter(capacity: 128 * (entries.count + 1))
        writer.beginObject()
        writer.key("format")
        writer.string(Self.format)
        writer.key("version")
        writer.integer(Self.version)
        writer.key("legacy")
        writer.beginObject()
        for (key, entry) in entries.sorted(by: { $0.key.text < $1.key.text }) {
            writer.key(key.text)
            writer.beginObject()
            writer.key("time")
            writer.integer(entry.time)
            writer.key("basis")
            writer.string(entry.basis.rawValue)
            writer.endObject()
        }
        writer.endObject()
        writer.endObject()
        return writer.finish() + [UInt8(ascii: "\n")]
    }

    /// Of two findings about one server, the newer one counts.
    mutating func apply(_ changes: [EraKey: Change]) {
        for (key, change) in changes {
            switch change {
            case .legacy(let entry):
                if entries[key].map({ $0.time <= entry.time }) ?? true { entries[key] = entry }
            case .forgotten(let time):
                if let entry = entries[key], entry.time <= time { entries[key] = nil }
            }
        }
    }

    /// Drops what is too old, or from a future that no clock can be right about, and what are too many.
    mutating func tidy(now: Int) {
        entries = entries.filter { Self.age(of: $0.value, now: now) != nil }
        guard entries.count > Self.maxEntries else { return }
        let newest = entries.sorted { ($0.value.time, $0.key.text) > ($1.value.time, $1.key.text) }
        entries = Dictionary(uniqueKeysWithValues: newest.prefix(Self.maxEntries).map { ($0.key, $0.value) })
    }

    /// In seconds, not negative; `nil` for an entry that is not to be used.
    private static func age(of entry: Entry, now: Int) -> Int? {
        let (age, overflow) = now.subtractingReportingOverflow(entry.time)
        guard !overflow, age >= -maxSkew, age < lifetime else { return nil }
        return max(0, age)
    }

    /// What is remembered of a server.
    ///
    /// - Parameters:
    ///   - now: in seconds since 1970.
    ///   - instant: the same time on the clock of the process.
    func verdict(for key: EraKey, now: Int, instant: MonotonicInstant) -> EraVerdict? {
        guard let entry = entries[key], let age = Self.age(of: entry, now: now) else { return nil }
        let reason =
            switch entry.basis {
            case .answer: "it answered server/discover as servers with a handshake do"
            case .silence: "it did not answer server/discover, but initialize"
            case .exit: "it exited when it was asked server/discover, and took initialize"
            }
        return EraVerdict(
            .legacy, evidence: "remembered from \(Log.timestamp(ofSeconds: entry.time)): \(reason)",
            basis: entry.basis, time: instant + .seconds(-age))
    }
}
