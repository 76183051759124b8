/// Lines and columns of offsets in a text, without searching it anew each time.
package struct LineIndex {
    private let text: [UInt8]

    /// The offset at which each line begins.
    private let starts: [Int]

    /// How many characters stand before each multiple of ``stride``: a file of one long line would otherwise be counted
    /// through for every finding.
    private let characters: [Int]
    private static let stride = 1024

    package init(_ text: [UInt8]) {
        self.text = text
        var starts = [0]
        var characters: [Int] = []
        var count = 0
        for (offset, byte) in text.enumerated() {
            if offset.isMultiple(of: Self.stride) { characters.append(count) }
            if Self.beginsCharacter(byte) { count += 1 }
            let isLoneReturn =
                byte == UInt8(ascii: "\r") && (offset + 1 == text.count || text[offset + 1] != UInt8(ascii: "\n"))
            if byte == UInt8(ascii: "\n") || isLoneReturn { starts.append(offset + 1) }
        }
        if text.count.isMultiple(of: Self.stride) { characters.append(count) }
        self.starts = starts
        self.characters = characters
    }

    /// Both counted from 1; the column in characters of Unicode (scalars), as most editors do.
    package func position(of offset: Int) -> (line: Int, column: Int) {
        let offset = min(max(offset, 0), text.count)
        let line = index(ofLineWith: offset)
        return (line + 1, charactersBefore(offset) - charactersBefore(starts[line]) + 1)
    }

    /// Counted from 1.
    package func line(of offset: Int) -> Int { index(ofLineWith: min(max(offset, 0), text.count)) + 1 }

    private func charactersBefore(_ offset: Int) -> Int {
        let known = offset / Self.stride
        return characters[known] + text[(known * Self.stride)..<offset].count(where: Self.beginsCharacter)
    }

    /// A byte 10xxxxxx continues a character.
    private static func beginsCharacter(_ byte: UInt8) -> Bool { byte & 0xC0 != 0x80 }

    /// The text around an offset on its line, at most 80 characters of it, on one line.
    package func excerpt(around offset: Int) -> String {
        let offset = min(max(offset, 0), text.count)
        let start = starts[index(ofLineWith: offset)]
        let end = text[offset...].firstIndex { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") } ?? text.count
        // Not from the middle of a character.
        var from = max(start, offset - 40)
        while from > start, text[from] & 0xC0 == 0x80 { from -= 1 }
        let shown = String(decoding: text[from..<min(end, from + 320)], as: UTF8.self)
        let trimmed = shown.drop { $0 == " " || $0 == "\t" }
        return (from > start ? "…" : "") + trimmed.shortened
    }

    private func index(ofLineWith offset: Int) -> Int {
        var (low, high) = (0, starts.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if starts[middle] <= offset { low = middle } else { high = middle }
        }
        return low
    }
}
