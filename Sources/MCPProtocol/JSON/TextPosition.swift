/// Where a byte stands in a text, as an editor shows it.
package struct TextPosition: Hashable, Sendable, CustomStringConvertible {
    /// From 1. Lines end with `\n`, `\r\n` or `\r`.
    package let line: Int

    /// From 1, in Unicode scalars.
    package let column: Int

    /// - Parameter offset: in bytes; past the end of `text`, the position of its end.
    package init(offset: Int, in text: [UInt8]) {
        var line = 1
        var column = 1
        for index in 0..<min(max(offset, 0), text.count) {
            let byte = text[index]
            if byte == .newline || (byte == .carriageReturn && (index + 1 == text.count || text[index + 1] != .newline))
            {
                line += 1
                column = 1
            } else if byte & 0xC0 != 0x80 {
                column += 1
            }
        }
        self.line = line
        self.column = column
    }

    package var description: String { "line \(line), column \(column)" }
}
