import AsyncIO
import MCPProtocol

/// What was found out about the era of a server, to be told and to be used again.
package struct EraVerdict: Sendable {
    package let era: ServerEra
    /// What it was concluded from, in words.
    package let evidence: String
    package let time: MonotonicInstant
    /// What the server said of itself; only of a modern one.
    package let discovery: DiscoverResult?
    /// Whether the evidence was about the server; a server that was busy or hidden behind another proves nothing.
    package let isLasting: Bool
    package let basis: Basis

    /// What kind of evidence there was, without a word of the server's: fit to be kept.
    package enum Basis: String, Sendable, CaseIterable {
        /// What the server answered.
        case answer
        /// It answered nothing to `server/discover`, and something to `initialize`.
        case silence
        /// Its process ended on `server/discover`, and another one answered `initialize`.
        case exit
    }

    package init(
        _ era: ServerEra, evidence: String, basis: Basis = .answer, time: MonotonicInstant = .now,
        discovery: DiscoverResult? = nil, isLasting: Bool = true
    ) {
        self.era = era
        self.evidence = evidence
        self.basis = basis
        self.time = time
        self.discovery = discovery
        self.isLasting = isLasting
    }

    /// A server that has become modern still answers as a legacy one, perhaps for ever; so that is asked anew once a day.
    /// One that no longer is modern says so with its next answer.
    package static let legacyLifetime = Duration.seconds(24 * 3600)

    /// Whether the server may be spoken to accordingly without being asked again.
    package func isUsable(now: MonotonicInstant) -> Bool {
        isLasting && (era == .modern || now - time < Self.legacyLifetime)
    }
}
