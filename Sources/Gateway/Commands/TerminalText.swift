/// Text that others wrote, made fit for a terminal: it must not move the cursor, nor say what it is not.
enum TerminalText {
    /// On one line: runs of white space become one space, other control characters are escaped.
    static func singleLine(_ text: String) -> String {
        var line = ""
        var isGap = false
        for scalar in text.unicodeScalars {
            if scalar.properties.isWhitespace {
                isGap = true
                continue
            }
            if isGap, !line.isEmpty { line += " " }
            isGap = false
            append(scalar, to: &line)
        }
        return line
    }

    /// With its lines and tabs; other control characters are escaped.
    static func visible(_ text: String) -> String {
        var shown = ""
        shown.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars {
            if scalar == "\n" || scalar == "\t" {
                shown.unicodeScalars.append(scalar)
            } else {
                append(scalar, to: &shown)
            }
        }
        return shown
    }

    private static func append(_ scalar: Unicode.Scalar, to text: inout String) {
        let isBidiControl = (0x202A...0x202E).contains(scalar.value) || (0x2066...0x2069).contains(scalar.value)
        if scalar.properties.generalCategory == .control || isBidiControl {
            text += "\\u{\(String(scalar.value, radix: 16))}"
        } else {
            text.unicodeScalars.append(scalar)
        }
    }

    /// At most `width` columns; what is cut ends in an ellipsis.
    static func cut(_ text: String, to width: Int) -> String {
        guard self.width(of: text) > width else { return text }
        guard width > 0 else { return "" }
        var kept = ""
        var used = 0
        for character in text {
            let next = used + self.width(of: character)
            guard next <= width - 1 else { break }
            kept.append(character)
            used = next
        }
        return kept + "…"
    }

    /// How many columns a terminal gives to a text.
    static func width(of text: String) -> Int { text.reduce(0) { $0 + width(of: $1) } }

    private static func width(of character: Character) -> Int {
        guard let first = character.unicodeScalars.first else { return 0 }
        if character.unicodeScalars.contains("\u{FE0F}") { return 2 }
        switch first.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: return 0
        default: return isWide(first) ? 2 : 1
        }
    }

    /// East Asian Width W or F (Unicode, UAX #11), to the precision of whole blocks.
    private static func isWide(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x1100: false
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF,
            0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x20000...0x3FFFD:
            true
        default: scalar.properties.isEmojiPresentation
        }
    }
}
