import MCPProtocol
import Testing

@Suite("Protocol revisions")
struct ProtocolRevisionTests {
    @Test("are ordered, and all but the last are legacy")
    func order() {
        #expect(ProtocolRevision.allCases.map(\.rawValue).sorted() == ProtocolRevision.allCases.map(\.rawValue))
        #expect(ProtocolRevision.legacy == [.v2024_11_05, .v2025_03_26, .v2025_06_18, .v2025_11_25])
        #expect(ProtocolRevision.v2026_07_28.isModern)
        #expect(ProtocolRevision.v2025_03_26 < .v2025_06_18)
    }

    @Test(
        "a server answers a legacy revision it was asked for, and the newest legacy one to anything else",
        arguments: [
            ("2024-11-05", .v2024_11_05), ("2025-03-26", .v2025_03_26), ("2025-06-18", .v2025_06_18),
            ("2025-11-25", .v2025_11_25), ("2026-07-28", .v2025_11_25), ("2099-01-01", .v2025_11_25),
            ("2024-10-07", .v2025_11_25), ("", .v2025_11_25), ("1.0", .v2025_11_25),
        ] as [(String, ProtocolRevision)])
    func serverSide(requested: String, answered: ProtocolRevision) {
        #expect(ProtocolRevision.negotiated(forRequested: requested) == answered)
    }

    @Test("a client goes on with a legacy revision it knows and with no other")
    func clientSide() {
        for revision in ProtocolRevision.legacy {
            #expect(ProtocolRevision.accepting(answered: revision.rawValue) == revision)
        }
        #expect(ProtocolRevision.accepting(answered: "2026-07-28") == nil)
        #expect(ProtocolRevision.accepting(answered: "2025-06-17") == nil)
    }

    @Test(
        "features belong to revisions",
        arguments: [
            // Batches, one endpoint, version header, session header, progress message, elicitation, URLs, tasks.
            (.v2024_11_05, "--------"), (.v2025_03_26, "BS-HP---"), (.v2025_06_18, "-SVHPE--"),
            (.v2025_11_25, "-SVHPEUT"), (.v2026_07_28, "-SV-PEU-"),
        ] as [(ProtocolRevision, String)])
    func features(revision: ProtocolRevision, expected: String) {
        let features: [(Character, Bool)] = [
            ("B", revision.allowsBatch), ("S", revision.hasStreamableHTTP), ("V", revision.hasVersionHeader),
            ("H", revision.hasSessionHeader), ("P", revision.hasProgressMessage), ("E", revision.hasElicitation),
            ("U", revision.hasURLElicitation), ("T", revision.hasCoreTasks),
        ]
        #expect(String(features.map { $0.1 ? $0.0 : "-" }) == expected)
        #expect(revision.resourceNotFoundCode == (revision.isLegacy ? -32002 : -32602))
        #expect(revision.hasInitialize != revision.hasDiscover)
    }
}
