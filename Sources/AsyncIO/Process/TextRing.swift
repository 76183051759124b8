/// The last lines of a text, within a bound of bytes: what a child said on stderr.
package struct TextRing: Sendable {
    private let maxBytes: Int
    private let maxLineBytes: Int
    private var lines: [String] = []
    private var first = 0
    private var totalBytes = 0
    private var unfinished: [UInt8] = []

    package init(maxBytes: Int = 64 << 10, maxLineBytes: Int = 2 * 1024) {
        self.maxBytes = maxBytes
        self.maxLineBytes = maxLineBytes
    }

    /// Adds bytes and returns the lines they completed. A line that is too long is cut and continues as another.
    package mutating func append(_ bytes: UnsafeRawBufferPointer) -> [String] {
        var completed: [String] = []
        for byte in bytes {
            if byte == 0x0A {
                completed.append(takeLine())
            } else {
                unfinished.append(byte)
                if unfinished.count >= maxLineBytes { completed.append(takeLine()) }
            }
        }
        for line in completed { keep(line) }
        return completed
    }

    private mutating func takeLine() -> String {
        if unfinished.last == 0x0D { unfinished.removeLast() }
        defer { unfinished.removeAll(keepingCapacity: true) }
        return String(decoding: unfinished, as: UTF8.self)
    }

    private mutating func keep(_ line: String) {
        lines.append(line)
        totalBytes += line.utf8.count + 1
        while totalBytes > maxBytes, first < lines.count {
            totalBytes -= lines[first].utf8.count + 1
            lines[first] = ""
            first += 1
        }
        if first > 64, first * 2 > lines.count {
            lines.removeFirst(first)
            first = 0
        }
    }

    /// The kept lines, oldest first, with a last one that has no newline yet.
    package var text: [String] {
        Array(lines[first...]) + (unfinished.isEmpty ? [] : [String(decoding: unfinished, as: UTF8.self)])
    }
}
