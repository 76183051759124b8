/// Cuts a byte stream into messages, one a line.
///
/// ```swift
/// framer.append(bytes)
/// while let message = try framer.next() { handle(message) }
/// ```
/// - SeeAlso: MCP 2025-11-25, Transports, "stdio": messages are newline-delimited, with no newline inside.
package struct LineFramer: Sendable {
    package enum Failure: Error, Hashable, Sendable, CustomStringConvertible {
        /// A line is longer than `limit` bytes.
        case tooLong(limit: Int)

        package var description: String {
            switch self {
            case .tooLong(let limit): "line longer than \(limit) bytes"
            }
        }
    }

    /// The longest message accepted, in bytes, without its line break.
    package let maxMessageBytes: Int

    private var buffer: [UInt8] = []
    /// Where the next message begins.
    private var start = 0
    /// Everything before this offset is known to have no newline at or after `start`.
    private var searched = 0
    private var failure: Failure?

    /// - Parameter maxMessageBytes: 16 MiB unless said otherwise.
    package init(maxMessageBytes: Int = 16 << 20) {
        self.maxMessageBytes = max(0, maxMessageBytes)
    }

    /// Bytes received that are not part of a message returned yet.
    package var bufferedCount: Int { buffer.count - start }

    /// Adds bytes received. Call ``next()`` until it answers `nil` before adding more.
    package mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard failure == nil else { return }
        makeRoom()
        buffer.append(contentsOf: bytes)
    }

    package mutating func append(_ bytes: ArraySlice<UInt8>) {
        guard failure == nil else { return }
        makeRoom()
        buffer.append(contentsOf: bytes)
    }

    package mutating func append(_ bytes: [UInt8]) { append(bytes[...]) }

    /// Removes the next complete message from the front of the buffer. Empty lines are skipped.
    ///
    /// - Returns: the message without its line break (`\n` or `\r\n`), or `nil` if more bytes are needed. A final line
    ///   without a newline is never returned: the peer stopped in the middle of a message. The slice shares the
    ///   framer's buffer and keeps it alive.
    /// - Throws: ``Failure/tooLong(limit:)`` once a line is longer than `maxMessageBytes`. The framer is unusable
    ///   afterwards, and throws the same again; close the stream.
    /// - Complexity: O(new bytes); bytes already searched are not searched again.
    package mutating func next() throws(Failure) -> ArraySlice<UInt8>? {
        if let failure { throw failure }
        while true {
            let from = searched
            guard let newline = buffer.withUnsafeBufferPointer({ $0.firstOffset(of: .newline, from: from) }) else {
                searched = buffer.count
                // A carriage return at the very end may yet turn out to belong to the line break.
                let pending = buffer.count - start - (buffer.last == .carriageReturn ? 1 : 0)
                if pending > maxMessageBytes { throw fail() }
                // Gives the memory back: an idle stream costs none, and a message that is kept holds on to the bytes
                // that came with it, not to a buffer as large as the largest message there ever was.
                if start == buffer.count { reset() }
                return nil
            }
            let lineStart = start
            var lineEnd = newline
            if lineEnd > lineStart, buffer[lineEnd - 1] == .carriageReturn { lineEnd -= 1 }
            start = newline + 1
            searched = start
            if lineEnd - lineStart > maxMessageBytes { throw fail() }
            if lineEnd > lineStart { return buffer[lineStart..<lineEnd] }
        }
    }

    private mutating func fail() -> Failure {
        let failure = Failure.tooLong(limit: maxMessageBytes)
        self.failure = failure
        reset()
        return failure
    }

    private mutating func reset() {
        buffer = []
        start = 0
        searched = 0
    }

    /// Drops the messages already returned from the buffer, when there is more to drop than to move.
    private mutating func makeRoom() {
        guard start > 0, start >= buffer.count - start else { return }
        buffer = Array(buffer[start...])
        searched -= start
        start = 0
    }
}

/// The sending side.
extension LineFramer {
    /// A message as one line, its newline included.
    ///
    /// Line breaks between the tokens of a message (pretty-printed JSON) become spaces. Inside its strings there are
    /// none: JSON has them escaped.
    ///
    /// - Parameter message: valid JSON.
    package static func line(of message: [UInt8]) -> [UInt8] {
        var line = message
        line.reserveCapacity(message.count + 1)
        line.withUnsafeMutableBufferPointer { line in
            for lineBreak in [UInt8.newline, .carriageReturn] {
                var index = 0
                while let found = UnsafeBufferPointer(line).firstOffset(of: lineBreak, from: index) {
                    line[found] = .space
                    index = found + 1
                }
            }
        }
        line.append(.newline)
        return line
    }
}
