import AsyncIO
import MCPProtocol
import Synchronization

/// Shows a run in a terminal: the answer on standard output while it arrives, progress on standard error.
final class RunPrinter: Sendable {
    private struct State {
        /// Whether the answer's last character was a line end.
        var isAtLineStart = true
        var hasText = false
        /// Calls that are going on. Meanwhile a person may be asked something, so nothing moves.
        var openCalls = 0
    }

    private let options: ClientOptions
    private let color: Bool
    /// Turns while the model thinks; `nil` where nothing may move.
    private let spinner: Spinner?
    private let state = Mutex(State())
    private let began = MonotonicInstant.now

    /// - Parameter loop: where the events come.
    init(_ options: ClientOptions, on loop: EventLoop) {
        self.options = options
        color = options.hasColor && Terminal.error.takesColor
        spinner = !options.isQuiet && Terminal.error.takesControl ? Spinner("thinking…", on: loop) : nil
        if let spinner { loop.execute { spinner.start() } }
    }

    func print(_ event: RunEvent) {
        spinner?.stop()
        show(event)
        switch event {
        case .toolStarted: state.withLock { $0.openCalls += 1 }
        case .toolEnded:
            if state.withLock({
                $0.openCalls -= 1; return $0.openCalls == 0
            }) {
                spinner?.start()
            }
        default: break
        }
    }

    private func show(_ event: RunEvent) {
        switch event {
        case .text(let value):
            let text = value.stringValue ?? ""
            let shown = Terminal.output.isTerminal ? Terminal.visible(text) : text
            state.withLock { state in
                state.hasText = true
                state.isAtLineStart = text.hasSuffix("\n")
            }
            Terminal.output.write(shown)
        case .reasoning(let value):
            if options.isVerbose { Terminal.error.write(dim(Terminal.visible(value.stringValue ?? ""))) }
        case .toolStarted(let start):
            progress("→ \(Terminal.line(start.name)) \(dim(Terminal.line(start.arguments, limit: 200)))")
        case .toolProgress(_, let text):
            if options.isVerbose { progress("  \(dim(Terminal.line(text)))") }
        case .toolEnded(let end):
            let mark = end.isError ? paint("✗", 31) : paint("✓", 32)
            let note = end.note ?? (end.isError ? "failed" : Self.size(end.byteCount))
            progress("\(mark) \(Terminal.line(end.name)) \(Self.seconds(end.duration)) \(note)")
            if options.isVerbose { progress(dim("  " + Terminal.line(end.text))) }
        case .attachment(let attachment):
            let title = attachment.member("title")?.stringValue ?? ""
            let type = attachment.member("type")?.stringValue ?? ""
            progress("  attachment: \(Terminal.line(title)) \(Terminal.line(type))")
        case .usage, .interrupted: break
        case .finished(let summary):
            endLine()
            let tokens = summary.usage.totalTokens
            progress(
                dim(
                    "  \(summary.turns) turn\(summary.turns == 1 ? "" : "s") · \(summary.toolCalls) tool\(summary.toolCalls == 1 ? "" : "s") · \(tokens) tokens"
                        + " · \(Self.seconds(.now - began))"
                        + (summary.stopReason == .finalAnswer ? "" : " · stopped: \(summary.stopReason.rawValue)")))
        case .failed(let failure):
            let hasEnded = endLine()
            if failure == .cancelled {
                // The terminal has written "^C".
                if !hasEnded, Terminal.error.isTerminal { Terminal.error.write("\n") }
            } else {
                Terminal.error.note("agent-bridge: \(Terminal.line(failure.message, limit: 1000)) (\(failure.code))")
            }
        }
    }

    /// The answer ends with its line.
    ///
    /// - Returns: whether there was one to end.
    @discardableResult
    private func endLine() -> Bool {
        let needsEnd = state.withLock { state in
            defer { state.isAtLineStart = true }
            return state.hasText && !state.isAtLineStart
        }
        if needsEnd { Terminal.output.write("\n") }
        return needsEnd
    }

    private func progress(_ line: String) {
        guard !options.isQuiet else { return }
        // On a terminal both streams share the screen.
        if Terminal.output.isTerminal, Terminal.error.isTerminal { endLine() }
        Terminal.error.note(line)
    }

    private func dim(_ text: String) -> String { paint(text, 2) }

    private func paint(_ text: String, _ code: Int) -> String { color ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text }

    static func seconds(_ duration: Duration) -> String {
        let hundredths = duration.milliseconds / 10
        return "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)s"
    }

    static func size(_ bytes: Int) -> String {
        if bytes < 1000 { return "\(bytes) B" }
        let (unit, size) = bytes < 1_000_000 ? ("KB", 1000.0) : ("MB", 1_000_000.0)
        let tenths = Int((Double(bytes) / size * 10).rounded())
        return "\(tenths / 10).\(tenths % 10) \(unit)"
    }
}
