/// A cursor over the bytes of a JSON text: the checked pass that validates, and the fast walk over validated bytes.
///
/// Lives only inside a `withUnsafeBufferPointer` call. Every read is preceded by a comparison with `end`, also in the
/// functions that trust the grammar: bytes that are not JSON give a wrong answer, never a read out of bounds.
struct JSONScanner {
    let base: UnsafePointer<UInt8>
    let end: Int
    var position = 0

    /// - Precondition: `text` is not empty.
    @inline(__always)
    init?(_ text: UnsafeBufferPointer<UInt8>) {
        guard let base = text.baseAddress else { return nil }
        self.base = base
        self.end = text.count
    }

    @inline(__always)
    mutating func skipWhiteSpace() {
        while position < end {
            let byte = base[position]
            // One comparison for the common case: nothing printable is white space.
            guard byte <= .space, byte.isJSONWhiteSpace else { return }
            position &+= 1
        }
    }

    /// Eight bytes from `offset` on, the first one lowest.
    ///
    /// - Precondition: `offset + 8 <= end`.
    @inline(__always)
    func word(at offset: Int) -> UInt64 {
        UInt64(littleEndian: UnsafeRawPointer(base).loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
}

/// Tests on eight bytes at once. Each answers a word whose lowest set bit lies in the first byte that matches; bits
/// above it mean nothing, because a borrow may have run through them.
enum ByteLanes {
    @inline(__always)
    static func all(_ byte: UInt8) -> UInt64 { 0x0101_0101_0101_0101 &* UInt64(byte) }

    @inline(__always)
    static func equal(_ word: UInt64, _ byte: UInt8) -> UInt64 {
        let difference = word ^ all(byte)
        return (difference &- all(0x01)) & ~difference & all(0x80)
    }

    @inline(__always)
    static func below0x20(_ word: UInt64) -> UInt64 { (word &- all(0x20)) & ~word & all(0x80) }

    @inline(__always)
    static func above0x7F(_ word: UInt64) -> UInt64 { word & all(0x80) }
}

extension UInt8 {
    static let quote = UInt8(ascii: "\"")
    static let backslash = UInt8(ascii: "\\")
    static let comma = UInt8(ascii: ",")
    static let colon = UInt8(ascii: ":")
    static let space = UInt8(ascii: " ")
    static let newline = UInt8(ascii: "\n")
    static let carriageReturn = UInt8(ascii: "\r")
    static let openBrace = UInt8(ascii: "{")
    static let closeBrace = UInt8(ascii: "}")
    static let openBracket = UInt8(ascii: "[")
    static let closeBracket = UInt8(ascii: "]")
    static let minus = UInt8(ascii: "-")
    static let zero = UInt8(ascii: "0")

    @inline(__always)
    var isJSONWhiteSpace: Bool { self == 0x20 || self == 0x0A || self == 0x0D || self == 0x09 }

    @inline(__always)
    var isDigit: Bool { self &- 0x30 < 10 }

    /// The value of a hexadecimal digit.
    @inline(__always)
    var hexadecimalValue: UInt8? {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): self &- UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): self &- UInt8(ascii: "a") &+ 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): self &- UInt8(ascii: "A") &+ 10
        default: nil
        }
    }
}
