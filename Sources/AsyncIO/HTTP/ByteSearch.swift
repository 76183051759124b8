/// Searches eight bytes at a time: event streams carry answers of megabytes in single lines.
enum ByteSearch {
    /// The place of the first CR or LF, or the number of bytes if there is none.
    static func lineEnd(in bytes: Span<UInt8>) -> Int {
        let count = bytes.count
        var index = 0
        bytes.bytes.withUnsafeBytes { raw in
            while index &+ 8 <= count {
                // Bounds: checked by the condition above.
                let word = raw.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                if hasZeroByte(word ^ repeated(.lineFeed)) || hasZeroByte(word ^ repeated(.carriageReturn)) { break }
                index &+= 8
            }
        }
        while index < count, bytes[index] != .lineFeed, bytes[index] != .carriageReturn { index += 1 }
        return index
    }

    @inline(__always)
    private static func repeated(_ byte: UInt8) -> UInt64 { 0x0101_0101_0101_0101 &* UInt64(byte) }

    /// A byte borrows from the bit above itself only if it is zero.
    @inline(__always)
    private static func hasZeroByte(_ word: UInt64) -> Bool {
        (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080 != 0
    }
}
