/// JSON on one line, for readers who find more line ends than there are.
enum JSONLine {
    /// Escapes U+0085, U+2028 and U+2029. Events end their lines with CR and LF alone, but widespread clients cut text
    /// at every line end of Unicode, and the JSON with it.
    ///
    /// - Parameter json: valid, so that these characters can only be inside of strings.
    static func escapingLineEnds(_ json: [UInt8]) -> [UInt8] {
        guard json.contains(where: { $0 == 0xC2 || $0 == 0xE2 }) else { return json }
        var result: [UInt8] = []
        result.reserveCapacity(json.count + 16)
        var rest = json[...]
        while let byte = rest.first {
            if byte == 0xC2, rest.starts(with: [0xC2, 0x85]) {
                result += #"\u0085"#.utf8
                rest = rest.dropFirst(2)
            } else if byte == 0xE2, rest.starts(with: [0xE2, 0x80, 0xA8]) {
                result += #"\u2028"#.utf8
                rest = rest.dropFirst(3)
            } else if byte == 0xE2, rest.starts(with: [0xE2, 0x80, 0xA9]) {
                result += #"\u2029"#.utf8
                rest = rest.dropFirst(3)
            } else {
                result.append(byte)
                rest = rest.dropFirst()
            }
        }
        return result
    }
}
