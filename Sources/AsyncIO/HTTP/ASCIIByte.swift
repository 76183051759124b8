/// Character classes of RFC 9110 and RFC 9112, as single comparisons and bit masks: no table has to be loaded.
extension UInt8 {
    @inline(__always) static var carriageReturn: UInt8 { UInt8(ascii: "\r") }
    @inline(__always) static var lineFeed: UInt8 { UInt8(ascii: "\n") }
    @inline(__always) static var space: UInt8 { UInt8(ascii: " ") }
    @inline(__always) static var tab: UInt8 { UInt8(ascii: "\t") }

    /// `tchar` of RFC 9110, section 5.6.2: what methods and field names are made of.
    @inline(__always)
    var isTokenByte: Bool {
        // Bits 33–63 and 64–126: ! # $ % & ' * + - . 0-9, then A-Z ^ _ ` a-z | ~
        let low: UInt64 = 0x03FF_6CFA_0000_0000
        let high: UInt64 = 0x57FF_FFFF_C7FF_FFFE
        if self < 64 { return (low >> UInt64(self)) & 1 != 0 }
        if self < 128 { return (high >> UInt64(self & 63)) & 1 != 0 }
        return false
    }

    /// Allowed inside a field value: visible characters, space, tab and bytes above ASCII (RFC 9110, section 5.5).
    @inline(__always)
    var isFieldValueByte: Bool { (self >= 0x20 && self != 0x7F) || self == .tab }

    @inline(__always)
    var isBlank: Bool { self == .space || self == .tab }

    @inline(__always)
    var isDigit: Bool { self &- UInt8(ascii: "0") < 10 }

    /// The value of a hexadecimal digit, or `nil`.
    @inline(__always)
    var hexadecimalValue: UInt8? {
        if isDigit { return self &- UInt8(ascii: "0") }
        let letter = (self | 0x20) &- UInt8(ascii: "a")
        return letter < 6 ? letter &+ 10 : nil
    }

    @inline(__always)
    var asciiLowercased: UInt8 { self &- UInt8(ascii: "A") < 26 ? self | 0x20 : self }
}

extension UInt64 {
    /// The eight bytes in it, each as ``Swift/UInt8/asciiLowercased`` makes it.
    @inline(__always)
    var asciiLowercased: UInt64 {
        let (ones, highs): (UInt64, UInt64) = (0x0101_0101_0101_0101, 0x8080_8080_8080_8080)
        // Without its high bit a byte can take a sum up to 0x80 without one for the next: the high bit of the sum says
        // whether the byte reaches the bound.
        let low = self & ~highs
        let reachesA = low &+ ones &* UInt64(0x80 - UInt8(ascii: "A"))
        let exceedsZ = low &+ ones &* UInt64(0x7F - UInt8(ascii: "Z"))
        let isUpper = (reachesA & ~exceedsZ) & ~self & highs
        return self | isUpper >> 2
    }
}
