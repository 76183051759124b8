/// Rows under titles, in aligned columns.
struct TextTable {
    struct Column {
        enum Alignment { case left, right }

        let title: String
        var alignment = Alignment.left
        /// Whether this column gives way first when the table is too wide.
        var yields = false
    }

    struct Cell: ExpressibleByStringLiteral {
        enum Tone: String {
            case plain = ""
            case good = "32"
            case doubtful = "33"
            case bad = "31"
        }

        let text: String
        let tone: Tone

        /// - Parameter text: from anywhere; what a terminal would obey is made visible.
        init(_ text: String, tone: Tone = .plain) {
            self.text = TerminalText.singleLine(text)
            self.tone = tone
        }

        init(stringLiteral text: String) { self.init(text) }
    }

    let columns: [Column]
    /// Each with one cell a column.
    var rows: [[Cell]] = []

    private static let gap = 2
    /// A column that yields keeps this much as long as any other can be cut.
    private static let leastYielding = 8

    /// - Parameters:
    ///   - width: of the terminal; `nil`: as wide as it gets.
    ///   - isColoured: whether tones become colours.
    func rendered(width: Int?, isColoured: Bool) -> String {
        let widths = fitted(width)
        var text = line(columns.map { Cell($0.title) }, widths, isColoured: false)
        for row in rows { text += line(row, widths, isColoured: isColoured) }
        return text
    }

    private func line(_ cells: [Cell], _ widths: [Int], isColoured: Bool) -> String {
        var line = ""
        var pending = 0
        for ((cell, column), width) in zip(zip(cells, columns), widths) {
            let shown = TerminalText.cut(cell.text, to: width)
            let padding = max(0, width - TerminalText.width(of: shown))
            let left = column.alignment == .right ? padding : 0
            if !shown.isEmpty {
                // Written only when something follows, so that no line ends in spaces.
                line += String(repeating: " ", count: pending + left)
                line += isColoured && cell.tone != .plain ? "\u{1B}[\(cell.tone.rawValue)m\(shown)\u{1B}[0m" : shown
                pending = padding - left + Self.gap
            } else {
                pending += width + Self.gap
            }
        }
        return line + "\n"
    }

    private func fitted(_ width: Int?) -> [Int] {
        var widths = columns.indices.map { index in
            rows.reduce(TerminalText.width(of: columns[index].title)) {
                max($0, TerminalText.width(of: $1[index].text))
            }
        }
        guard let width else { return widths }
        let available = width - Self.gap * (columns.count - 1)
        shrink(&widths, to: available, { columns[$0].yields ? Self.leastYielding : .max })
        shrink(&widths, to: available, { _ in 1 })
        return widths
    }

    /// Takes from the widest column, a bit at a time, until all fit or none may give more.
    private func shrink(_ widths: inout [Int], to available: Int, _ least: (Int) -> Int) {
        var excess = widths.reduce(0, +) - available
        while excess > 0 {
            let candidates = widths.indices.filter { widths[$0] > least($0) }.sorted { widths[$0] > widths[$1] }
            guard let widest = candidates.first else { return }
            // Down to the next widest at once, else a long text would take a pass a column.
            let next = candidates.dropFirst().first.map { widths[$0] } ?? 0
            let step = min(excess, widths[widest] - least(widest), max(1, widths[widest] - next))
            widths[widest] -= step
            excess -= step
        }
    }
}

extension TextTable {
    /// The table as fits standard output: cut and coloured for a terminal, whole and plain for a pipe.
    func forStandardOutput(_ environment: [String: String]) -> [UInt8] {
        let isTerminal = StandardStream.output.isTerminal
        let wantsColour = environment["NO_COLOR", default: ""].isEmpty && environment["TERM"] != "dumb"
        return Array(
            rendered(width: StandardStream.output.terminalWidth, isColoured: isTerminal && wantsColour).utf8)
    }
}
