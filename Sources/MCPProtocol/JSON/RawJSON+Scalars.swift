/// Values of strings, numbers, Booleans; `nil` when the value is of another kind.
extension RawJSON {
    /// The decoded string.
    package var stringValue: String? {
        guard kind == .string else { return nil }
        return bytes.withUnsafeBufferPointer { buffer in
            let body = UnsafeBufferPointer(rebasing: buffer.dropFirst().dropLast())
            guard body.contains(.backslash) else { return String(decoding: body, as: UTF8.self) }
            return String(decoding: JSONString.unescape(body), as: UTF8.self)
        }
    }

    /// Whether this is a string that decodes to `string`, byte for byte; makes no `String`.
    package func isString(_ string: StaticString) -> Bool {
        guard kind == .string else { return false }
        return string.withUTF8Buffer { string in
            bytes.withUnsafeBufferPointer { buffer in
                let body = UnsafeBufferPointer(rebasing: buffer.dropFirst().dropLast())
                return body.matches(string, isEscaped: body.contains(.backslash))
            }
        }
    }

    /// The number, if it is exactly an integer that fits: `42`, `42.0` and `4.2e1` are all 42; `0.5` and `1e30` are
    /// `nil`.
    package var intValue: Int64? {
        guard kind == .number else { return nil }
        return bytes.withUnsafeBufferPointer(Self.exactInteger)
    }

    private static func exactInteger(_ digits: UnsafeBufferPointer<UInt8>) -> Int64? {
        var magnitude: UInt64 = 0
        // Zeros are held back until a further digit needs them, so that `1000e-3` and `1.000` stay exact.
        var pendingZeros = 0
        var scale = 0  // The value is magnitude × 10^(pendingZeros + scale).
        var inFraction = false
        var index = 0
        let isNegative = digits.first == .minus
        if isNegative { index = 1 }
        scan: while index < digits.count {
            let byte = digits[index]
            index += 1
            switch byte {
            case UInt8(ascii: "."): inFraction = true
            case UInt8(ascii: "e"), UInt8(ascii: "E"):
                scale += exponent(digits[index...])
                break scan
            default:
                if inFraction { scale -= 1 }
                if byte == .zero {
                    if magnitude > 0 { pendingZeros += 1 }
                } else {
                    guard let shifted = times10(magnitude, pendingZeros + 1) else { return nil }
                    let (sum, overflow) = shifted.addingReportingOverflow(UInt64(byte &- .zero))
                    guard !overflow else { return nil }
                    magnitude = sum
                    pendingZeros = 0
                }
            }
        }
        if magnitude == 0 { return 0 }
        let power = pendingZeros + scale
        guard power >= 0, let value = times10(magnitude, power) else { return nil }
        if isNegative { return value == 1 << 63 ? .min : Int64(exactly: value).map { -$0 } }
        return Int64(exactly: value)
    }

    private static func times10(_ value: UInt64, _ power: Int) -> UInt64? {
        if value == 0 { return 0 }
        guard power < 20 else { return nil }
        var value = value
        for _ in 0..<power {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            guard !overflow else { return nil }
            value = product
        }
        return value
    }

    /// Clamped far outside of what any text of acceptable length could bring back into range.
    private static func exponent(_ text: Slice<UnsafeBufferPointer<UInt8>>) -> Int {
        var value = 0
        for byte in text where byte.isDigit { value = min(value * 10 + Int(byte &- .zero), 1 << 48) }
        return text.first == .minus ? -value : value
    }

    /// The number, rounded to the nearest `Double`; `nil` when it is too large for one.
    package var doubleValue: Double? {
        guard kind == .number, let value = Double(text), value.isFinite else { return nil }
        return value
    }

    package var boolValue: Bool? {
        kind == .bool ? bytes.first == UInt8(ascii: "t") : nil
    }

    /// Whether this is `null`. A member that is absent is not: see ``member(_:)``.
    package var isNull: Bool { kind == .null }
}
