/// Decompresses a gzip stream (RFC 1952) from bytes cut anywhere.
struct GzipDecoder: Sendable {
    private enum State {
        case header
        case body
        case trailer
    }

    private static let maxHeaderBytes = 64 << 10

    private var state = State.header
    private var pending: [UInt8] = []
    private var inflater = Inflater()
    private var checksum: UInt32 = 0
    private var length: UInt32 = 0

    /// - Parameter limit: of bytes to return for these.
    mutating func decode(_ bytes: [UInt8], limit: Int) throws(Inflater.Failure) -> [UInt8] {
        var output: [UInt8] = []
        pending += bytes
        while true {
            switch state {
            case .header:
                guard let end = try headerEnd() else {
                    guard pending.count <= Self.maxHeaderBytes else { throw .malformed }
                    return output
                }
                pending.removeFirst(end)
                (inflater, checksum, length) = (Inflater(), 0, 0)
                state = .body
            case .body:
                let piece = try inflater.inflate(pending, limit: limit - output.count)
                pending = []
                checksum = Self.crc32(piece, from: checksum)
                length &+= UInt32(truncatingIfNeeded: piece.count)
                output += piece
                guard inflater.isDone else { return output }
                pending = Array(inflater.rest)
                state = .trailer
            case .trailer:
                guard pending.count >= 8 else { return output }
                guard Self.number(pending[..<4]) == checksum, Self.number(pending[4..<8]) == length else {
                    throw .malformed
                }
                pending.removeFirst(8)
                // Another member may follow (section 2.2).
                state = .header
            }
        }
    }

    /// Where the header ends; `nil` while more is needed.
    private func headerEnd() throws(Inflater.Failure) -> Int? {
        guard pending.starts(with: [0x1F, 0x8B].prefix(pending.count)) else { throw .malformed }
        guard pending.count >= 10 else { return nil }
        let flags = pending[3]
        guard pending[2] == 8, flags & 0xE0 == 0 else { throw .malformed }
        var end = 10
        if flags & 4 != 0 {
            guard pending.count >= end + 2 else { return nil }
            end += 2 + Int(pending[end]) + Int(pending[end + 1]) << 8
        }
        for flag: UInt8 in [8, 16] where flags & flag != 0 {
            guard end < pending.count, let zero = pending[end...].firstIndex(of: 0) else { return nil }
            end = zero + 1
        }
        if flags & 2 != 0 { end += 2 }
        return end <= pending.count ? end : nil
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        bytes.reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }

    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 0 ? value >> 1 : value >> 1 ^ 0xEDB8_8320 }
    }

    private static func crc32(_ bytes: [UInt8], from start: UInt32) -> UInt32 {
        ~bytes.reduce(~start) { table[Int(UInt8(truncatingIfNeeded: $0) ^ $1)] ^ $0 >> 8 }
    }
}
