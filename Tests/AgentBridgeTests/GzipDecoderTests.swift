import Foundation
import Testing

@testable import AgentBridge

@Suite("Compressed answers")
struct GzipDecoderTests {
    /// Made with zlib: uncompressed blocks, the fixed codes, codes of its own behind a file name, flushed after each event,
    /// two members in a row, nothing at all.
    private static let samples: [(name: String, gzip: String, text: String)] = [
        (
            "stored",
            "H4sIAAAAAAAA/wEMAPP/c3RvcmVkIGJ5dGVzeHemDwwAAAA=",
            "stored bytes"
        ),
        (
            "fixed",
            "H4sIAAAAAAAC/0tMxAGSAAJrvHEaAAAA",
            String(repeating: "a", count: 25) + "b"
        ),
        (
            "dynamic",
            "H4sICAAAAAAC/25hbWUudHh0AJXVaU4DMQyG4avkCBMvWcRpgJYdBkrLdnoqfqJ5LflnpX6KncfOHO/25e10f/1Yrg"
                + "7r50u5Wb/KUh5Oz6/vZf3YH8rx/Ieny5/vsltvy3Lx9/t/oGKgbgcMA7IdmBhQKKlhwrYT4pjw7YTyGQ365j76dqLx"
                + "VY3txGCNCX0wH4ALV1WJvHME0LtwBNiDBLBrMLzg3oJTAH7ycFWQ14AF6DtvbgX7yr0I4DsXJoA/eVME8C14IwB/Mq"
                + "WAvgW9gP4MCgN9ZxcB/cEJwG88YgL4wjupgD+4MAV85wtTwBeeSgX8EXwiAL/xvCg9+XzJCvg1OIXweV2U9IMI6BtT"
                + "Gugruxjo1+AU0A8+3bT5vMYG+IMlDfA7j5gBfg9OAfwe9DLykZkuzJd0+17Tl+ySpnTNzotbeijd06PvLb1g3tNr7C"
                + "P9WPgZ/xc+rkF34QsAAA==",
            dynamicText
        ),
        (
            "stream",
            "H4sIAAAAAAAC/0pJLEm0UqhWSs7Iz0xOLVayiq5WysxLSa1QsjLQUUpJzSlJVLICSufnlaTmlShZKTnl5ynV1sbWcn"
                + "EBAAAA//9KIVVrVn5pEVQvAAAA//8iWa/C4ZVQrQAAAAD//yJOa62OUlpmXmZxRnxRamIx0M1WSsUl+QVKYCMAAAAA"
                + "//+CGBHt4u/nGsvFBQAAAP//AwCjVI0uAwEAAA==",
            streamText
        ),
        (
            "two",
            "H4sIAAAAAAAC/8vPS1UAAElhrCMEAAAAH4sIAAAAAAAC/yspzwcAZorKEQMAAAA=",
            "one two"
        ),
        (
            "empty",
            "H4sIAAAAAAAC/wMAAAAAAAAAAAA=",
            ""
        ),
    ]

    private static let dynamicText = (0..<60).map {
        "the quick brown fox \($0 * $0 % 97) jumps over the lazy dog \($0); "
    }.joined()

    private static let streamText =
        ["Bon", "jour", " é"].map { "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\($0)\"}}]}\n\n" }
        .joined()
        + "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"

    private static func bytes(_ sample: String) throws -> [UInt8] { Array(try #require(Data(base64Encoded: sample))) }

    @Test("every way of compressing is read, however the bytes are cut", arguments: [1, 2, 3, 7, 64, 100_000])
    func cuts(size: Int) throws {
        for (name, gzip, text) in Self.samples {
            var decoder = GzipDecoder()
            var output: [UInt8] = []
            var rest = try Self.bytes(gzip)[...]
            while !rest.isEmpty {
                output += try decoder.decode(Array(rest.prefix(size)), limit: 100_000)
                rest = rest.dropFirst(size)
            }
            #expect(String(decoding: output, as: UTF8.self) == text, "\(name)")
        }
    }

    @Test("what was flushed is there before the rest has come")
    func flushed() throws {
        let bytes = try Self.bytes(Self.samples[3].gzip)
        var decoder = GzipDecoder()
        var output: [UInt8] = []
        var hadFirst: Int?
        for (index, byte) in bytes.enumerated() {
            output += try decoder.decode([byte], limit: 100_000)
            if hadFirst == nil, String(decoding: output, as: UTF8.self).contains("Bon\"}}]}\n\n") { hadFirst = index }
        }
        #expect(try #require(hadFirst) < bytes.count / 2)
    }

    @Test("no damage traps, and none goes unnoticed in a checked member")
    func damage() throws {
        var generator = SplitMix(state: 0x6712)
        for (name, gzip, text) in Self.samples where !text.isEmpty {
            let whole = try Self.bytes(gzip)
            for _ in 0..<2000 {
                var bytes = whole
                let index = Int.random(in: 0..<bytes.count, using: &generator)
                bytes[index] ^= UInt8(1) << UInt8.random(in: 0..<8, using: &generator)
                var decoder = GzipDecoder()
                do {
                    let output = try decoder.decode(bytes, limit: 100_000)
                    // What is not complete has not been compared with its checksum; the head says little about the text.
                    let isWhole = output.count == text.utf8.count
                    #expect(
                        !isWhole || String(decoding: output, as: UTF8.self) == text || index >= 10, "\(name) \(index)")
                } catch {
                    continue
                }
            }
        }
    }

    @Test("a small body that means a large one is refused")
    func bomb() throws {
        var decoder = GzipDecoder()
        #expect(throws: Inflater.Failure.malformed) {
            try decoder.decode(try Self.bytes(Self.samples[2].gzip), limit: 1000)
        }
    }

    @Test(
        "what is not gzip is refused",
        arguments: [[0x1F, 0x8C], [0x50], [0x1F, 0x8B, 7, 0, 0, 0, 0, 0, 0, 0]] as [[UInt8]])
    func noGzip(bytes: [UInt8]) {
        var decoder = GzipDecoder()
        #expect(throws: Inflater.Failure.malformed) { try decoder.decode(bytes, limit: 1000) }
    }
}
