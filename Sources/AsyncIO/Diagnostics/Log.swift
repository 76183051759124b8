import CLinux
import Glibc
import Synchronization

/// How much a log line matters.
package enum LogLevel: Int, Sendable, Comparable, CaseIterable {
    case debug, info, warning, error

    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

    package var name: String {
        switch self {
        case .debug: "debug"
        case .info: "info"
        case .warning: "warning"
        case .error: "error"
        }
    }
}

/// How a log line is written.
package enum LogForm: String, Sendable, CaseIterable {
    /// `time=… level=info msg="…" name=value`
    case logfmt
    /// `{"time":"…","level":"info","msg":"…","name":"value"}`, whole numbers as such.
    case json
}

/// Structured log lines: a constant message plus fields, one line each.
///
/// Logging never blocks a loop: lines go to a thread of their own through a bounded queue; when the reader of the log
/// is too slow, lines are dropped and the number dropped is logged.
package final class Log: Sendable {
    /// Lines waiting for the writer.
    private static let maxQueuedBytes = 1024 * 1024

    private struct Queue {
        var bytes: [UInt8] = []
        var dropped = 0
        var isWriting = false
    }

    package let level: LogLevel
    private let form: LogForm
    private let queue = Mutex(Queue())
    private let writer: EventLoop?
    private let descriptor: Int32
    private let redact: @Sendable (String) -> String

    /// - Parameters:
    ///   - descriptor: written to with blocking calls, from a thread of the log's own; stays open.
    ///   - redact: applied to every field's text before it is written.
    package init(
        level: LogLevel, form: LogForm = .logfmt, descriptor: Int32 = STDERR_FILENO,
        redact: @escaping @Sendable (String) -> String = { $0 }
    ) throws(SystemError) {
        self.level = level
        self.form = form
        self.descriptor = descriptor
        self.redact = redact
        // Used as a plain work thread: nothing else runs on it, so its writes may block.
        let thread = try EventLoop(name: "log")
        try thread.start()
        writer = thread
    }

    private init() {
        level = .error
        form = .logfmt
        descriptor = -1
        redact = { $0 }
        writer = nil
    }

    /// Discards everything; for tests and for library use without a log.
    package static let silent = Log()

    package typealias Fields = KeyValuePairs<String, any CustomStringConvertible & Sendable>

    package func debug(_ message: StaticString, _ fields: @autoclosure () -> Fields = [:]) {
        if level <= .debug { write(.debug, message, fields()) }
    }
    package func info(_ message: StaticString, _ fields: @autoclosure () -> Fields = [:]) {
        if level <= .info { write(.info, message, fields()) }
    }
    package func warning(_ message: StaticString, _ fields: @autoclosure () -> Fields = [:]) {
        if level <= .warning { write(.warning, message, fields()) }
    }
    package func error(_ message: StaticString, _ fields: @autoclosure () -> Fields = [:]) {
        write(.error, message, fields())
    }

    private func write(_ level: LogLevel, _ message: StaticString, _ fields: Fields) {
        guard let writer else { return }
        let line = line(level, message, fields)
        let mustStart = queue.withLock { queue in
            if queue.bytes.count > Self.maxQueuedBytes {
                queue.dropped += 1
                return false
            }
            queue.bytes.append(contentsOf: line.utf8)
            defer { queue.isWriting = true }
            return !queue.isWriting
        }
        if mustStart { writer.execute { self.drain() } }
    }

    private func drain() {
        while true {
            let (bytes, dropped) = queue.withLock { queue -> ([UInt8], Int) in
                if queue.bytes.isEmpty, queue.dropped == 0 { queue.isWriting = false }
                defer {
                    queue.bytes = []
                    queue.dropped = 0
                }
                return (queue.bytes, queue.dropped)
            }
            if bytes.isEmpty, dropped == 0 { return }
            output(bytes)
            if dropped > 0 { output(Array(line(.warning, "log lines dropped", ["count": dropped]).utf8)) }
        }
    }

    private func line(_ level: LogLevel, _ message: StaticString, _ fields: Fields) -> String {
        switch form {
        case .logfmt:
            var line = "time=\(Self.timestamp()) level=\(level.name) msg=\"\(message)\""
            for (name, value) in fields { line += " \(name)=\(Self.quoted(redact(value.description)))" }
            return line + "\n"
        case .json:
            var line =
                #"{"time":"\#(Self.timestamp())","level":"\#(level.name)","msg":\#(Self.json(message.description))"#
            for (name, value) in fields {
                let shown = value is Int ? value.description : Self.json(redact(value.description))
                line += ",\(Self.json(name)):\(shown)"
            }
            return line + "}\n"
        }
    }

    private func output(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 { rest = rest.dropFirst(count) } else if errno != EINTR { return }  // Nobody reads the log.
        }
    }

    /// Waits until everything logged so far is written. Blocks; for the end of `main`.
    package func flush() {
        guard let writer else { return }
        writer.shutDown()
        drain()
    }

    /// A JSON string (RFC 8259, section 7).
    private static func json(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            default:
                // Line ends of Unicode, too: a log is read line by line.
                if scalar.value < 0x20 || [0x7F, 0x85, 0x2028, 0x2029].contains(scalar.value) {
                    let digits = String(scalar.value, radix: 16)
                    quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                } else {
                    quoted.unicodeScalars.append(scalar)
                }
            }
        }
        return quoted + "\""
    }

    private static func quoted(_ text: String) -> String {
        let plain = text.utf8.allSatisfy { $0 > 0x20 && $0 != 0x22 && $0 != 0x3D && $0 != 0x5C && $0 != 0x7F }
        if plain, !text.isEmpty { return text }
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\r": quoted += "\\r"
            case "\t": quoted += "\\t"
            default:
                if scalar.value < 0x20 || scalar.value == 0x7F {
                    quoted += "\\u{" + String(scalar.value, radix: 16) + "}"
                } else {
                    quoted.unicodeScalars.append(scalar)
                }
            }
        }
        return quoted + "\""
    }

    /// The present time as RFC 3339, in UTC with milliseconds.
    package static func timestamp() -> String {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return time(now.tv_sec) + "." + padded(now.tv_nsec / 1_000_000, 3) + "Z"
    }

    /// A point of time as RFC 3339, in UTC.
    ///
    /// - Parameter seconds: since 1970.
    package static func timestamp(ofSeconds seconds: Int) -> String { time(seconds) + "Z" }

    private static func time(_ seconds: Int) -> String {
        var seconds = seconds
        var parts = tm()
        gmtime_r(&seconds, &parts)
        return "\(parts.tm_year + 1900)-\(padded(Int(parts.tm_mon) + 1, 2))-\(padded(Int(parts.tm_mday), 2))"
            + "T\(padded(Int(parts.tm_hour), 2)):\(padded(Int(parts.tm_min), 2)):\(padded(Int(parts.tm_sec), 2))"
    }

    private static func padded(_ value: Int, _ width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
