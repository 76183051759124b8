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
