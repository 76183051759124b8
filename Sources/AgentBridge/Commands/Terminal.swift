import Glibc

/// Standard output and standard error of a command, written to without buffering.
enum Terminal {
    case output, error

    private var descriptor: Int32 { self == .output ? STDOUT_FILENO : STDERR_FILENO }

    var isTerminal: Bool { isatty(descriptor) == 1 }

    /// Whether the cursor may be moved there: some terminals understand nothing but text.
    var takesControl: Bool { isTerminal && ![nil, "", "dumb"].contains(Self.variable("TERM")) }

    /// Whether text may have colours there (https://no-color.org).
    var takesColor: Bool { takesControl && (Self.variable("NO_COLOR") ?? "").isEmpty }

    private static func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

    /// Writes all of the text. Blocks.
    ///
    /// - Returns: `false` if nobody reads it any more.
    @discardableResult
    func write(_ text: String) -> Bool { write(Array(text.utf8)) }

    @discardableResult
    func write(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count >= 0 {
                rest = rest.dropFirst(count)
            } else if errno == EAGAIN {
                var poll = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                Glibc.poll(&poll, 1, -1)
            } else if errno != EINTR {
                // Work for an answer that nobody reads costs all the same.
                if self == .output, errno == EPIPE { Interruption.outputClosed() }
                return false
            }
        }
        return true
    }

    func note(_ line: String) { write(line + "\n") }

    /// Text of others on one line, for a terminal: it must not move the cursor.
    static func line(_ text: String, limit: Int = 300) -> String {
        var line = ""
        for scalar in text.unicodeScalars.prefix(limit) {
            let isBidi = (0x202A...0x202E).contains(scalar.value) || (0x2066...0x2069).contains(scalar.value)
            if scalar == "\n" || scalar == "\t" || scalar == "\r" {
                line += " "
            } else if scalar.properties.generalCategory == .control || isBidi {
                line += "\\u{\(String(scalar.value, radix: 16))}"
            } else {
                line.unicodeScalars.append(scalar)
            }
        }
        return text.unicodeScalars.count > limit ? line + "…" : line
    }

    /// Text of others with its lines.
    static func visible(_ text: String) -> String {
        var shown = ""
        for scalar in text.unicodeScalars {
            let isControl = scalar.properties.generalCategory == .control && scalar != "\n" && scalar != "\t"
            if isControl || (0x202A...0x202E).contains(scalar.value) || (0x2066...0x2069).contains(scalar.value) {
                shown += "\\u{\(String(scalar.value, radix: 16))}"
            } else {
                shown.unicodeScalars.append(scalar)
            }
        }
        return shown
    }
}
