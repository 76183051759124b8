import Configuration
import Gateway
import TestSupport
import Testing

@Suite("Damaged files")
struct MutationTests {
    private static let fragments = [
        "null", "true", "-1", "1e999", "\"\"", "\"off\"", "[]", "{}", "{\"a\":1}", "\"${\"", "\"${X}\"",
        "\"9999999999999999s\"",
        "\"-1s\"", "\"\\ud800\"", "\"\\u0000\"", "\"\u{FEFF}é\"", "99999999999999999999", "0.1", "\"\\\"\\\\\"",
    ]

    private func check(_ bytes: [UInt8]) {
        let outcome = ConfigurationLoader.parse(bytes, environment: environment(richVariables, files: richFiles))
        #expect((outcome.configuration == nil) == !outcome.errors.isEmpty)
        for finding in outcome.findings {
            let line = finding.rendered(file: "f")
            #expect(!line.contains { $0.isNewline })
            #expect(!line.contains("ghp_0123456789"))
        }
        if outcome.configuration != nil { #expect(!outcome.explained().isEmpty) }
    }

    @Test("changed bytes are found out or make no difference, and never crash", arguments: 0..<8)
    func bytes(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let sample = Array(richSample.utf8)
        for _ in 0..<60 {
            var damaged = sample
            for _ in 0...Int.random(in: 0..<4, using: &generator) {
                let index = Int.random(in: damaged.indices, using: &generator)
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: damaged[index] = UInt8.random(in: 0...255, using: &generator)
                case 1: damaged.remove(at: index)
                case 2: damaged.insert(UInt8.random(in: 0x20...0x7E, using: &generator), at: index)
                default: damaged.removeSubrange(index..<min(damaged.count, index + 40))
                }
            }
            check(damaged)
        }
    }

    @Test("values of the wrong kind at any place never crash", arguments: 0..<8)
    func values(seed: UInt64) {
        var generator = SeededGenerator(seed: seed &+ 1000)
        for _ in 0..<60 {
            var text = richSample
            // Whatever stands between a colon or a comma and the next comma or line end.
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                let colons = text.indices.filter { text[$0] == ":" }
                guard let colon = colons.randomElement(using: &generator) else { continue }
                let start = text.index(after: colon)
                let end = text[start...].firstIndex { ",}]\n".contains($0) } ?? text.endIndex
                let fragment = Self.fragments.randomElement(using: &generator) ?? ""
                text.replaceSubrange(start..<end, with: " " + fragment)
            }
            check(Array(text.utf8))
        }
    }

    @Test("a file cut anywhere is a finding")
    func cuts() {
        let sample = Array(richSample.utf8)
        for end in stride(from: 0, to: sample.count - 2, by: 11) {
            let outcome = ConfigurationLoader.parse(
                Array(sample[..<end]), environment: environment(richVariables, files: richFiles))
            #expect(outcome.configuration == nil)
            #expect(outcome.errors.count == 1)
        }
    }
}
