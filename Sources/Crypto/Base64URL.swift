/// Base 64 with the alphabet for URLs, without padding (RFC 4648, section 5).
package enum Base64URL {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    package static func encode(_ bytes: [UInt8]) -> String {
        let capacity = (bytes.count * 4 + 2) / 3
        return String(unsafeUninitializedCapacity: capacity) { text in
            let alphabet = alphabet.span
            var count = 0
            var buffer: UInt32 = 0
            var bits: UInt32 = 0
            for byte in bytes {
                buffer = buffer << 8 | UInt32(byte)
                bits += 8
                while bits >= 6 {
                    bits -= 6
                    text[count] = alphabet[Int(buffer >> bits & 63)]
                    count += 1
                }
            }
            if bits > 0 {
                text[count] = alphabet[Int(buffer << (6 - bits) & 63)]
                count += 1
            }
            return count
        }
    }

    /// The bytes that ``encode(_:)`` made this text from; `nil` for a text it makes from none: of other characters,
    /// padded, of an impossible length, or with bits set beyond the last byte (RFC 4648, section 3.5).
    package static func decode(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count * 3 / 4)
        var buffer: UInt32 = 0
        var bits = 0
        for character in text {
            guard let value = value(of: character) else { return nil }
            buffer = buffer << 6 | UInt32(value)
            bits += 6
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: buffer >> bits))
            }
        }
        // What is left belongs to no byte: fewer than six bits, all zero.
        guard bits < 6, buffer & (1 << bits - 1) == 0 else { return nil }
        return bytes
    }

    /// ``decode(_:)`` of a whole text.
    package static func decode(_ text: [UInt8]) -> [UInt8]? { decode(text[...]) }

    private static func value(of character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): character - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): character - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0") + 52
        case UInt8(ascii: "-"): 62
        case UInt8(ascii: "_"): 63
        default: nil
        }
    }
}
