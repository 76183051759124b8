import Configuration
import Testing

@testable import Gateway

@Suite("Durations and sizes")
struct QuantityTextTests {
    @Test(
        "a duration is numbers with units, the largest first",
        arguments: [
            ("30s", .seconds(30)), ("500ms", .milliseconds(500)), ("1m30s", .seconds(90)), ("2h", .seconds(7200)),
            ("1.5s", .milliseconds(1500)), ("0s", .zero), ("1d", .seconds(86_400)), ("365d", .seconds(31_536_000)),
            ("1h0.5s", .milliseconds(3_600_500)), ("0.001ms", .microseconds(1)), ("90m", .seconds(5400)),
        ] as [(String, Duration)])
    func durations(text: String, expected: Duration) throws {
        #expect(try QuantityText.duration(text) == expected)
    }

    @Test(
        "a bad duration says what is wrong with it",
        arguments: [
            ("", "does not begin with a number"), ("30", "has no unit"), ("s", "does not begin with a number"),
            ("-1s", "is negative"), ("1w", "unknown unit \"w\""), ("1S", "unknown unit"),
            ("1 s", "unknown unit \" s\""),
            ("1s1m", "smaller one first"), ("1s1s", "names a unit twice"), ("366d", "longer than a year"),
            ("999999999999999d", "longer than a year"), ("9999999999999999s", "too many digits"),
            ("1.2345s", "too many digits"), ("1.s", "point without digits"), (".5s", "does not begin with a number"),
            ("1m-5s", "is negative"), ("1..5s", "point without digits"), ("٣s", "does not begin with a number"),
            ("1h30", "has no unit"), ("OFF", "does not begin"), ("1e3s", "unknown unit \"e\""),
        ])
    func badDurations(text: String, reason: String) throws {
        let failure = try #require(throws: QuantityText.Failure.self) { try QuantityText.duration(text) }
        #expect(failure.reason.contains(reason))
    }

    @Test(
        "a size is a number with a unit of 1000 or of 1024",
        arguments: [
            ("100B", 100), ("64KB", 64_000), ("64KiB", 65_536), ("4MiB", 4 << 20), ("1GiB", 1 << 30),
            ("1.5GiB", 3 << 29), ("2TB", 2_000_000_000_000), ("4mib", 4 << 20), ("0B", 0),
        ])
    func sizes(text: String, expected: Int) throws {
        #expect(try QuantityText.size(text) == expected)
    }

    @Test(
        "a bad size says what is wrong with it",
        arguments: [
            ("", "does not begin with a number"), ("100", "has no unit"), ("4M", "unknown unit \"M\""),
            ("-4MiB", "is negative"), ("1MiB2KiB", "more than one number"),
            ("999999999999999TiB", "larger than any memory"),
            ("4 MiB", "unknown unit"), ("0x10B", "unknown unit"),
        ])
    func badSizes(text: String, reason: String) throws {
        let failure = try #require(throws: QuantityText.Failure.self) { try QuantityText.size(text) }
        #expect(failure.reason.contains(reason))
    }

    @Test(
        "a duration is written the way it can be read",
        arguments: [
            ("15m", .seconds(900)), ("1m30s", .seconds(90)), ("300ms", .milliseconds(300)),
            ("1.5s", .milliseconds(1500)),
            ("0s", .zero), ("1d1h1m1.001s", .milliseconds(90_061_001)), ("0.25ms", .microseconds(250)),
        ] as [(String, Duration)])
    func writtenDurations(text: String, duration: Duration) throws {
        #expect(QuantityText.text(of: duration) == text)
        #expect(try QuantityText.duration(text) == duration)
    }

    @Test("a size is written the way it can be read", arguments: [0, 1, 1000, 1024, 65_536, 4 << 20, 3 << 29, 1 << 40])
    func writtenSizes(bytes: Int) throws {
        #expect(try QuantityText.size(QuantityText.text(ofBytes: bytes)) == bytes)
    }

    @Test(
        "a bare timeout is seconds below 1000 and milliseconds from there on",
        arguments: [
            (30, .seconds(30)), (0.5, .milliseconds(500)), (999, .seconds(999)), (1000, .seconds(1)),
            (60_000, .seconds(60)),
        ] as [(Double, Duration)])
    func bareTimeouts(number: Double, expected: Duration) throws {
        #expect(try QuantityText.foreignTimeout(number) == expected)
    }

    @Test("a bare timeout that is none is refused", arguments: [0, -1, .infinity, .nan, 1e300])
    func badBareTimeouts(number: Double) {
        #expect(throws: QuantityText.Failure.self) { try QuantityText.foreignTimeout(number) }
    }
}
