/// The inside of JSON strings: RFC 8259, section 7.
enum JSONString {
    /// Decodes the validated bytes between two quotes to UTF-8. A surrogate escape without its partner becomes U+FFFD.
    static func unescape(_ body: UnsafeBufferPointer<UInt8>) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(body.count)
        var index = 0
        while index < body.count {
            let byte = body[index]
            index += 1
            guard byte == .backslash, index < body.count else {
                output.append(byte)
                continue
            }
            let escape = body[index]
            index += 1
            switch escape {
            case UInt8(ascii: "b"): output.append(0x08)
            case UInt8(ascii: "f"): output.append(0x0C)
            case UInt8(ascii: "n"): output.append(0x0A)
            case UInt8(ascii: "r"): output.append(0x0D)
            case UInt8(ascii: "t"): output.append(0x09)
            case UInt8(ascii: "u"): output.append(contentsOf: scalar(body, &index).utf8)
            default: output.append(escape)
            }
        }
        return output
    }

    /// Reads the four digits at `index` and, after a high surrogate, the escape of its partner.
    private static func scalar(_ body: UnsafeBufferPointer<UInt8>, _ index: inout Int) -> Unicode.Scalar {
        let replacement: Unicode.Scalar = "\u{FFFD}"
        guard let unit = codeUnit(body, at: index) else { return replacement }
        index += 4
        guard UTF16.isLeadSurrogate(unit) else { return Unicode.Scalar(unit) ?? replacement }
        guard index + 1 < body.count, body[index] == .backslash, body[index + 1] == UInt8(ascii: "u"),
            let partner = codeUnit(body, at: index + 2), UTF16.isTrailSurrogate(partner)
        else { return replacement }
        index += 6
        return Unicode.Scalar(0x1_0000 + (UInt32(unit) & 0x3FF) << 10 + UInt32(partner) & 0x3FF) ?? replacement
    }

    private static func codeUnit(_ body: UnsafeBufferPointer<UInt8>, at index: Int) -> UInt16? {
        guard index + 4 <= body.count else { return nil }
        var unit: UInt16 = 0
        for offset in index..<(index + 4) {
            guard let digit = body[offset].hexadecimalValue else { return nil }
            unit = unit << 4 | UInt16(digit)
        }
        return unit
    }
}
