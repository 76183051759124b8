/// A cursor over the bytes of a JSON text: the checked pass that validates, and the fast walk over validated bytes.
///
/// Lives only inside a `withUnsafeBufferPointer` call. Every read is preceded by a comparison with `end`, also in the
/// functions that trust the grammar: bytes that are not JSON give a wrong answer, never a read out of bounds.
struct JSONScanner {
    let base: UnsafePointer<UInt8>
    let end: Int
    var position = 0

    /// `nil` for a buffer without memory, which is an empty one.
    @inline(__always)
    init?(_ text: UnsafeBufferPointer<UInt8>) {
        guard let base = text.baseAddress else { return nil }
        self.base = base
        self.end = text.count
    }

    @inline(__always)
    mutating func skipWhiteSpace() { position = endOfWhiteSpace(at: position) }

    @inline(__always)
    func endOfWhiteSpace(at start: Int) -> Int {
        var position = start
        while position < end {
            let byte = base[position]
            // One comparison for the common case: nothing printable is white space.
            guard byte <= .space, byte.isJSONWhiteSpace else { break }
            position &+= 1
        }
        return position
    }

    /// Eight bytes from `offset` on, the first one lowest.
    ///
    /// - Precondition: `offset + 8 <= end`.
    @inline(__always)
    func word(at offset: Int) -> UInt64 {
        UInt64(littleEndian: UnsafeRawPointer(base).loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
}
