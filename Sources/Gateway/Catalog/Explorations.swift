import AsyncIO

/// Of which servers it is known what they show to clients that declare certain capabilities.
///
/// Bounded: beyond ``maxFingerprints`` the capabilities that no open session has and that were used longest ago are
/// forgotten; if all are in use, further ones are not explored and see what everybody sees.
struct Explorations {
    /// How many different declarations of capabilities are told apart.
    static let maxFingerprints = 32
    /// A longer declaration is not told apart from none.
    static let maxFingerprintBytes = 16_384

    enum Progress {
        case running
        case known
        /// The server's lists have changed since.
        case outdated
        case failed
    }

    private struct Entry {
        /// Ids of the open sessions.
        var sessions: Set<String> = []
        var lastUsed: UInt64 = 0
        var servers: [String: Progress] = [:]
        /// Until when a list waits for those that are running.
        var deadline = MonotonicInstant.now
    }

    private var entries: [String: Entry] = [:]
    private var uses: UInt64 = 0

    /// A session with these capabilities begins.
    ///
    /// - Returns: the capabilities that are forgotten for it, if any.
    mutating func join(_ fingerprint: String, session: String) -> String? {
        guard fingerprint.utf8.count <= Self.maxFingerprintBytes else { return nil }
        var forgotten: String?
        if entries[fingerprint] == nil, entries.count >= Self.maxFingerprints {
            let unused = entries.filter { $0.value.sessions.isEmpty }
            guard let oldest = unused.min(by: { $0.value.lastUsed < $1.value.lastUsed }) else { return nil }
            entries[oldest.key] = nil
            forgotten = oldest.key
        }
        uses += 1
        entries[fingerprint, default: Entry()].sessions.insert(session)
        entries[fingerprint]?.lastUsed = uses
        return forgotten
    }

    mutating func leave(_ fingerprint: String, session: String) {
        guard entries[fingerprint]?.sessions.remove(session) != nil else { return }
        uses += 1
        entries[fingerprint]?.lastUsed = uses
    }

    func has(_ fingerprint: String) -> Bool { entries[fingerprint] != nil }

    /// Notes that a server is being explored, if it has to be.
    ///
    /// - Parameters:
    ///   - onlyOutdated: not if it was never explored, or in vain.
    ///   - deadline: until when lists wait for it.
    /// - Returns: `false` if it is known, being explored already, or not to be explored.
    mutating func begin(
        _ server: String, _ fingerprint: String, onlyOutdated: Bool, deadline: MonotonicInstant
    ) -> Bool {
        guard let entry = entries[fingerprint] else { return false }
        switch entry.servers[server] {
        case .running, .known: return false
        case .outdated: break
        case .failed, nil: if onlyOutdated { return false }
        }
        if !isRunning(fingerprint) { entries[fingerprint]?.deadline = deadline }
        entries[fingerprint]?.servers[server] = .running
        return true
    }

    mutating func note(_ progress: Progress, _ server: String, _ fingerprint: String) {
        entries[fingerprint]?.servers[server] = progress
    }

    func progress(_ server: String, _ fingerprint: String) -> Progress? { entries[fingerprint]?.servers[server] }

    func isRunning(_ fingerprint: String) -> Bool {
        entries[fingerprint]?.servers.values.contains(.running) ?? false
    }

    func hasOutdated(_ fingerprint: String) -> Bool {
        entries[fingerprint]?.servers.values.contains(.outdated) ?? false
    }

    func deadline(_ fingerprint: String) -> MonotonicInstant? { entries[fingerprint]?.deadline }

    /// Capabilities for which a server is known.
    func known(_ server: String) -> [String] {
        entries.filter { $0.value.servers[server] == .known }.keys.sorted()
    }
}
