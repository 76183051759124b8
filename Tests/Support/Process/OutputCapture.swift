import Foundation
import Synchronization

/// Everything a program writes to one of its standard streams, read on a thread of its own, so that the program never
/// waits for the tests to read.
package final class OutputCapture: Sendable {
    struct Content: Sendable {
        var bytes: [UInt8] = []
        /// Where each complete line starts and ends, without its newline.
        var lines: [Range<Int>] = []
        var lineStart = 0
        var isAtEnd = false
        /// Lines that an earlier wait has returned or passed over.
        var passed = 0

        mutating func append(_ chunk: UnsafeRawBufferPointer) {
            var position = bytes.count
            bytes.append(contentsOf: chunk)
            while position < bytes.count {
                if bytes[position] == UInt8(ascii: "\n") {
                    lines.append(lineStart..<position)
                    lineStart = position + 1
                }
                position += 1
            }
        }

        mutating func finish() {
            if lineStart < bytes.count { lines.append(lineStart..<bytes.count) }
            isAtEnd = true
        }

        func line(_ index: Int) -> String { String(decoding: bytes[lines[index]], as: UTF8.self) }
    }

    private let content = Observed(Content())

    /// Reads until the end of the stream, then closes it.
    init(reading descriptor: Int32) {
        let content = content
        Thread.detachNewThread {
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65536, alignment: 16)
            defer {
                buffer.deallocate()
                close(descriptor)
            }
            while true {
                let count = read(descriptor, buffer.baseAddress, buffer.count)
                if count < 0 && errno == EINTR { continue }
                if count <= 0 { break }
                content.update { $0.append(UnsafeRawBufferPointer(rebasing: buffer[..<count])) }
            }
            content.update { $0.finish() }
        }
    }

    /// Everything so far; bytes that are not UTF-8 become U+FFFD.
    package var text: String { String(decoding: content.value.bytes, as: UTF8.self) }

    package var bytes: [UInt8] { content.value.bytes }

    /// The complete lines so far; at the end of the stream also a last one without a newline.
    package var lines: [String] {
        let content = content.value
        return content.lines.indices.map(content.line)
    }

    /// The next line that `match` accepts, or `nil` when the stream ends without one. Lines before it are passed over
    /// for good; when there is none in time, nothing is.
    func nextLine(
        _ what: String, within limit: Duration, where match: @escaping @Sendable (String) -> Bool
    ) async throws -> String? {
        // Where the last look ended: the output may be long, and looks are as many as its chunks.
        let seen = Mutex(content.value.passed)
        let index: Int? = try await content.wait(for: what, within: limit) { content -> Int?? in
            seen.withLock { seen in
                while seen < content.lines.count {
                    seen += 1
                    if match(content.line(seen - 1)) { return .some(seen - 1) }
                }
                return content.isAtEnd ? .some(nil) : nil
            }
        }
        guard let index else { return nil }
        return content.update { content in
            content.passed = max(content.passed, index + 1)
            return content.line(index)
        }
    }

    /// Waits for the end of the stream.
    package func end(within limit: Duration) async throws {
        try await content.wait(for: "end of output", within: limit) { $0.isAtEnd ? () : nil }
    }
}
