/// Comma-separated values (RFC 4180) as a table that a model reads.
enum CSVTable {
    /// A Markdown table whose head is the first row; `nil` if the text has no two columns.
    static func markdown(_ text: String) -> String? {
        let rows = rows(of: text)
        guard let head = rows.first, let width = rows.map(\.count).max(), width > 1 else { return nil }
        var lines = [line(head, width), "|" + String(repeating: " --- |", count: width)]
        lines += rows.dropFirst().map { line($0, width) }
        return lines.joined(separator: "\n")
    }

    private static func line(_ row: [String], _ width: Int) -> String {
        let cells = row + [String](repeating: "", count: width - row.count)
        return "| " + cells.map(cell).joined(separator: " | ") + " |"
    }

    private static func cell(_ text: String) -> String {
        var shown = ""
        for character in text {
            if character == "|" {
                shown += "\\|"
            } else if character.isNewline {
                shown += " "
            } else {
                shown.append(character)
            }
        }
        return shown
    }

    /// Quoted fields may hold separators, line ends and doubled quotes. Empty lines are left out.
    static func rows(of text: String) -> [[String]] {
        let separator = separator(of: text)
        var rows: [[String]] = []
        var row: [String] = []
        var field: [UInt8] = []
        var isQuoted = false
        var bytes = text.utf8.makeIterator()
        var next = bytes.next()
        func ended() -> String { String(decoding: field, as: UTF8.self) }
        func endRow() {
            if !row.isEmpty || !field.isEmpty { rows.append(row + [ended()]) }
            row = []
            field = []
        }
        while let byte = next {
            next = bytes.next()
            switch byte {
            case UInt8(ascii: "\"") where isQuoted && next == UInt8(ascii: "\""):
                field.append(byte)
                next = bytes.next()
            case UInt8(ascii: "\"") where isQuoted: isQuoted = false
            case UInt8(ascii: "\"") where field.isEmpty: isQuoted = true
            case separator where !isQuoted:
                row.append(ended())
                field = []
            case UInt8(ascii: "\r") where !isQuoted && next == UInt8(ascii: "\n"): continue
            case UInt8(ascii: "\n") where !isQuoted: endRow()
            default: field.append(byte)
            }
        }
        endRow()
        return rows
    }

    /// What separates the fields of the first line: a comma, or what spreadsheets write in its place.
    private static func separator(of text: String) -> UInt8 {
        let line = text.utf8.prefix { $0 != UInt8(ascii: "\n") }
        let counted = [",", ";", "\t"].map { candidate in
            let byte = candidate.utf8.first ?? UInt8(ascii: ",")
            return (byte: byte, count: line.count { $0 == byte })
        }
        return counted.reduce(counted[0]) { $1.count > $0.count ? $1 : $0 }.byte
    }
}
