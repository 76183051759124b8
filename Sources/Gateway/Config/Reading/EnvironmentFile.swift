import Configuration

/// A file of environment variables as editors and containers use it: `NAME=VALUE` lines, `#` comments, optional
/// `export`, optional quotes around the value. Nothing is expanded.
struct EnvironmentFile {
    static let maxBytes = 256 << 10

    private(set) var variables: [NamedValue] = []

    /// Counted from 1.
    private(set) var malformedLines: [Int] = []

    init(parsing text: String) {
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        for (index, line) in lines.enumerated() {
            let line = Self.trimmed(line)
            guard !line.isEmpty, !line.hasPrefix("#") else { continue }
            let assignment = line.hasPrefix("export ") ? Self.trimmed(line.dropFirst("export ".count)) : line
            let pair = assignment.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = Self.trimmed(pair[0])
            guard pair.count == 2, !name.isEmpty, !name.contains(where: \.isWhitespace), !line.utf8.contains(0) else {
                malformedLines.append(index + 1)
                continue
            }
            variables.removeAll { $0.name == name }
            variables.append(NamedValue(String(name), Self.value(Self.trimmed(pair[1]))))
        }
    }

    private static func value(_ text: Substring) -> String {
        if let quote = text.first, quote == "\"" || quote == "'", text.count >= 2, text.last == quote {
            let inner = String(text.dropFirst().dropLast())
            return quote == "\"" ? inner.replacing("\\n", with: "\n").replacing("\\\"", with: "\"") : inner
        }
        // A comment after the value is set off by a space, so that "#" may stand in a password.
        guard let comment = text.firstRange(of: " #") else { return String(text) }
        return String(trimmed(text[..<comment.lowerBound]))
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text.drop(while: \.isWhitespace)
        while text.last?.isWhitespace ?? false { text = text.dropLast() }
        return text
    }
}
