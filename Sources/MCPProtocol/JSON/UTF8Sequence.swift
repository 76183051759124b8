/// What may follow a lead byte: RFC 3629, section 4. Overlong forms, surrogates and values past U+10FFFF are excluded
/// by the range of the second byte.
struct UTF8Sequence {
    let second: ClosedRange<UInt8>
    /// 1 to 3, the second byte included.
    let continuationCount: Int

    @inline(__always)
    init?(lead: UInt8) {
        switch lead {
        case 0xC2...0xDF: (second, continuationCount) = (0x80...0xBF, 1)
        case 0xE0: (second, continuationCount) = (0xA0...0xBF, 2)
        case 0xED: (second, continuationCount) = (0x80...0x9F, 2)
        case 0xE1...0xEF: (second, continuationCount) = (0x80...0xBF, 2)
        case 0xF0: (second, continuationCount) = (0x90...0xBF, 3)
        case 0xF1...0xF3: (second, continuationCount) = (0x80...0xBF, 3)
        case 0xF4: (second, continuationCount) = (0x80...0x8F, 3)
        default: return nil
        }
    }
}
