/// Percent-encoding of RFC 3986, section 2.1.
enum PercentEncoding {
    /// - Returns: `nil` if a `%` is not followed by two hexadecimal digits.
    static func decodeStrictly(_ bytes: ArraySlice<UInt8>) -> [UInt8]? {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(bytes.count)
        var index = bytes.startIndex
        while index < bytes.endIndex {
            if bytes[index] == UInt8(ascii: "%") {
                guard let byte = octet(bytes, after: index) else { return nil }
                decoded.append(byte)
                index += 3
            } else {
                decoded.append(bytes[index])
                index += 1
            }
        }
        return decoded
    }

    /// As forms and browsers write a query: `+` is a space, and a `%` that starts nothing stands for itself.
    static func decodeQuery(_ bytes: ArraySlice<UInt8>) -> String {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(bytes.count)
        var index = bytes.startIndex
        while index < bytes.endIndex {
            let byte = bytes[index]
            if byte == UInt8(ascii: "%"), let octet = octet(bytes, after: index) {
                decoded.append(octet)
                index += 3
            } else {
                decoded.append(byte == UInt8(ascii: "+") ? .space : byte)
                index += 1
            }
        }
        return String(decoding: decoded, as: UTF8.self)
    }

    private static func octet(_ bytes: ArraySlice<UInt8>, after percent: Int) -> UInt8? {
        guard bytes.endIndex - percent >= 3, let high = bytes[percent + 1].hexadecimalValue,
            let low = bytes[percent + 2].hexadecimalValue
        else { return nil }
        return high << 4 | low
    }
}
