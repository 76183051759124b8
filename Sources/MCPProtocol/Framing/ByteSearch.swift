extension UnsafeBufferPointer<UInt8> {
    /// The offset of the first `byte` at or after `start`, eight bytes at a time.
    func firstOffset(of byte: UInt8, from start: Int = 0) -> Int? {
        guard let base = baseAddress else { return nil }
        let raw = UnsafeRawPointer(base)
        var index = start
        while index &+ 8 <= count {
            let word = UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: index, as: UInt64.self))
            let match = ByteLanes.equal(word, byte)
            if match != 0 { return index &+ match.trailingZeroBitCount >> 3 }
            index &+= 8
        }
        while index < count {
            if base[index] == byte { return index }
            index &+= 1
        }
        return nil
    }
}
