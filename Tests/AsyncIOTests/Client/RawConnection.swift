@testable import AsyncIO

/// The server's end of a connection, byte by byte. Used by one task on its loop.
// Unchecked: touched on the loop's thread only.
final class RawConnection: @unchecked Sendable {
    let stream: IOStream
    private var received: [UInt8] = []

    enum Failure: Error { case ended }

    init(_ stream: IOStream) {
        self.stream = stream
        stream.disableDelay()
    }

    struct Request: Sendable {
        let head: String
        let body: [UInt8]

        var requestLine: String { String(head.prefix { $0 != "\r\n" }) }

        /// The first field of this name.
        func field(_ name: String) -> String? {
            for line in head.split(separator: "\r\n").dropFirst() {
                let parts = line.split(separator: ":", maxSplits: 1)
                if parts[0].lowercased() == name.lowercased() {
                    return parts.count > 1 ? String(parts[1].drop { $0 == " " }) : ""
                }
            }
            return nil
        }
    }

    /// Waits for a request with its body, as `Content-Length` says.
    func readRequest() async throws -> Request {
        let end = Array("\r\n\r\n".utf8)
        var split: Range<Int>?
        while true {
            split = received.firstRange(of: end)
            if split != nil { break }
            try await readMore()
        }
        guard let split else { throw Failure.ended }
        let head = String(decoding: received[..<split.lowerBound], as: UTF8.self)
        received.removeFirst(split.upperBound)
        let length = Request(head: head, body: []).field("content-length").flatMap { Int($0) } ?? 0
        while received.count < length { try await readMore() }
        let body = Array(received.prefix(length))
        received.removeFirst(length)
        return Request(head: head, body: body)
    }

    /// Waits until the client closes or resets, throwing away what it still sends.
    func waitForClose() async {
        do {
            while true { try await readMore() }
        } catch {
            return  // However it ended.
        }
    }

    private func readMore() async throws {
        guard let bytes = try await stream.read({ Array($0) }) else { throw Failure.ended }
        received += bytes
    }

    func write(_ text: String) async throws { try await stream.write(Array(text.utf8)) }

    /// A complete answer of status 200.
    func answer(_ body: String, fields: String = "") async throws {
        try await write("HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\(fields)\r\n\(body)")
    }
}
