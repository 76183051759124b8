/// Durations, sizes and counts as they are written in the file: a number and a unit, `"30s"`, `"4MiB"`.
package enum QuantityText {
    /// What is wrong with a text, to be put after the thing's name: `"30" has no unit; …`.
    package struct Failure: Error, Equatable {
        package var reason: String

        package init(reason: String) { self.reason = reason }
    }

    /// The longest duration that can be written; longer ones are a mistake, and `"off"` says "never".
    package static let maxDuration: Duration = .seconds(365 * 86_400)

    /// The duration `text` stands for: one or more numbers with a unit out of `ms s m h d`, the largest first, such as
    /// `1m30s` or `1.5s`. At most ``maxDuration``, to the nanosecond.
    package static func duration(_ text: String) throws(Failure) -> Duration {
        var rest = Substring(text)
        var nanoseconds: Int64 = 0
        var smallest = Int64.max
        repeat {
            let (number, unit) = try Self.number(from: &rest, of: text, example: "\"30s\" or \"1m30s\"")
            guard let size = durationUnits[unit] else {
                throw Failure(reason: "has the unknown unit \"\(unit.shortened)\"; the units are ms, s, m, h and d")
            }
            guard size < smallest else {
                throw Failure(reason: "names a unit twice or a smaller one first; write it like \"1h30m\"")
            }
            smallest = size
            guard let part = number.times(size), case let (sum, overflow) = nanoseconds.addingReportingOverflow(part),
                !overflow, sum <= 365 * 86_400 * 1_000_000_000
            else { throw Failure(reason: "is longer than a year (365d); write \"off\" for no limit") }
            nanoseconds = sum
        } while !rest.isEmpty
        return .nanoseconds(nanoseconds)
    }

    /// The number of bytes `text` stands for: a number with a unit out of `B`, `KB MB GB TB` (powers of 1000) and
    /// `KiB MiB GiB TiB` (powers of 1024), in any case.
    package static func size(_ text: String) throws(Failure) -> Int {
        var rest = Substring(text)
        let (number, unit) = try Self.number(from: &rest, of: text, example: "\"4MiB\" or \"64KB\"")
        guard let factor = sizeUnits[unit.lowercased()] else {
            throw Failure(
                reason:
                    "has the unknown unit \"\(unit.shortened)\"; the units are B, KB, MB, GB, TB, KiB, MiB, GiB and TiB"
            )
        }
        guard rest.isEmpty else { throw Failure(reason: "is more than one number and one unit") }
        guard let bytes = number.times(factor), let count = Int(exactly: bytes) else {
            throw Failure(reason: "is larger than any memory")
        }
        return count
    }

    /// A number in a bare JSON value under a key of other tools: milliseconds from 1000 on, else seconds.
    package static func foreignTimeout(_ number: Double) throws(Failure) -> Duration {
        guard number.isFinite, number > 0 else { throw Failure(reason: "is not above zero") }
        let seconds = number >= 1000 ? number / 1000 : number
        guard seconds <= 365 * 86_400 else { throw Failure(reason: "is longer than a year (365d)") }
        return .nanoseconds(Int64(seconds * 1_000_000_000))
    }

    /// A duration as it is written: `1m30s`, `1.5s`, `300ms`. What is below a microsecond is left out.
    package static func text(of duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        let microseconds = attoseconds / 1_000_000_000_000
        if seconds == 0 {
            return microseconds == 0 ? "0s" : decimal(microseconds) + "ms"
        }
        var text = ""
        var rest = seconds
        for (unit, size) in [("d", Int64(86_400)), ("h", 3_600), ("m", 60)] where rest >= size {
            text += "\(rest / size)\(unit)"
            rest %= size
        }
        let milliseconds = microseconds / 1000
        if rest > 0 || milliseconds > 0 { text += decimal(rest * 1000 + milliseconds) + "s" }
        return text
    }

    /// A size as it is written, exactly: in the largest unit of 1024 that divides it.
    package static func text(ofBytes bytes: Int) -> String {
        for (unit, shift) in [("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10)]
        where bytes > 0 && bytes.isMultiple(of: 1 << shift) {
            return "\(bytes >> shift)\(unit)"
        }
        return "\(bytes)B"
    }

    /// Thousandths as a decimal number, without zeros at its end.
    private static func decimal(_ thousandths: Int64) -> String {
        let fraction = thousandths % 1000
        guard fraction != 0 else { return String(thousandths / 1000) }
        var digits = String(1000 + fraction).dropFirst()
        while digits.last == "0" { digits = digits.dropLast() }
        return "\(thousandths / 1000).\(digits)"
    }

    private static let durationUnits: [String: Int64] = [
        "ms": 1_000_000, "s": 1_000_000_000, "m": 60_000_000_000, "h": 3_600_000_000_000, "d": 86_400_000_000_000,
    ]

    private static let sizeUnits: [String: Int64] = [
        "b": 1, "kb": 1_000, "mb": 1_000_000, "gb": 1_000_000_000, "tb": 1_000_000_000_000,
        "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "tib": 1 << 40,
    ]

    /// A decimal number, exactly.
    private struct Decimal {
        package var digits: Int64
        /// The power of ten `digits` is to be divided by.
        package var scale: Int64

        /// Rounded down; `nil` on overflow.
        package func times(_ factor: Int64) -> Int64? {
            Int64(exactly: Int128(digits) * Int128(factor) / Int128(scale))
        }
    }

    private static func number(from rest: inout Substring, of text: String, example: String) throws(Failure) -> (
        Decimal, unit: String
    ) {
        if rest.first == "-" { throw Failure(reason: "is negative") }
        let integer = rest.prefix { $0.isASCII && $0.isNumber }
        rest = rest.dropFirst(integer.count)
        var fraction: Substring = ""
        if rest.first == "." {
            rest = rest.dropFirst()
            fraction = rest.prefix { $0.isASCII && $0.isNumber }
            rest = rest.dropFirst(fraction.count)
            if fraction.isEmpty {
                throw Failure(reason: "has a point without digits after it; write it like \(example)")
            }
        }
        guard !integer.isEmpty else {
            throw Failure(reason: "does not begin with a number; write it like \(example)")
        }
        guard integer.count <= 15, fraction.count <= 3, let digits = Int64(integer + fraction) else {
            throw Failure(reason: "has too many digits; at most 15 before the point and 3 after it")
        }
        let scale = fraction.reduce(Int64(1)) { power, _ in power * 10 }
        let unit = rest.prefix { !($0.isASCII && $0.isNumber) && $0 != "." && $0 != "-" }
        rest = rest.dropFirst(unit.count)
        guard !unit.isEmpty else { throw Failure(reason: "has no unit; write it like \(example)") }
        return (Decimal(digits: digits, scale: scale), String(unit))
    }
}
