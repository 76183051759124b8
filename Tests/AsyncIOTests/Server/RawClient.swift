@testable import AsyncIO

/// A client that sends exactly the bytes it is told to. Lives on its loop.
final class RawClient {
    struct Response {
        var status: Int
        /// The head's lines, without the first.
        var fields: [String: String]
        var body: String
    }

    struct Unexpected: Error, CustomStringConvertible {
        var description: String
    }

    let stream: IOStream
    private(set) var received: [UInt8] = []

    init(_ stream: IOStream) { self.stream = stream }

    /// Long enough never to matter where the server does what it should.
    static var patience: MonotonicInstant { .now + .seconds(20) }

    func send(_ text: String) async throws { try await stream.write(Array(text.utf8), until: Self.patience) }

    func close() { stream.close() }

    /// - Returns: `false` at the end of the stream.
    private func receive() async throws -> Bool {
        guard let bytes = try await stream.read(until: Self.patience, { Array($0) }) else { return false }
        received += bytes
        return true
    }

    private func receiveOrThrow() async throws {
        if try await !receive() {
            throw Unexpected(description: "ended after \(String(decoding: received, as: UTF8.self).debugDescription)")
        }
    }

    /// Reads up to and including `end`, and takes it.
    func text(through end: String) async throws -> String {
        let pattern = Array(end.utf8)
        while true {
            if let range = received.firstRange(of: pattern) {
                let taken = received[..<range.upperBound]
                received.removeSubrange(..<range.upperBound)
                return String(decoding: taken, as: UTF8.self)
            }
            try await receiveOrThrow()
        }
    }

    /// Everything until the server closes. A reset is an error.
    func textToEnd() async throws -> String {
        while try await receive() {}
        defer { received = [] }
        return String(decoding: received, as: UTF8.self)
    }

    /// Waits until the server has closed or reset the connection.
    func waitForClose() async throws {
        do {
            while try await receive() {}
        } catch IOStreamError.failed {
            return
        }
    }

    /// Reads one whole answer.
    func response(hasBody: Bool = true) async throws -> Response {
        let head = try await text(through: "\r\n\r\n")
        var lines = head.split(separator: "\r\n").map(String.init)
        let statusLine = lines.removeFirst().split(separator: " ")
        guard statusLine.count >= 2, statusLine[0] == "HTTP/1.1", let status = Int(statusLine[1]) else {
            throw Unexpected(description: head)
        }
        var fields: [String: String] = [:]
        for line in lines {
            guard let colon = line.firstIndex(of: ":") else { throw Unexpected(description: line) }
            fields[line[..<colon].lowercased()] = String(line[colon...].dropFirst(2))
        }
        var response = Response(status: status, fields: fields, body: "")
        guard hasBody, status != 204, status != 304, status >= 200 else { return response }
        if fields["transfer-encoding"] == "chunked" {
            response.body = String(decoding: try await chunkedBody(), as: UTF8.self)
        } else if let length = fields["content-length"].flatMap({ Int($0) }) {
            while received.count < length { try await receiveOrThrow() }
            response.body = String(decoding: received.prefix(length), as: UTF8.self)
            received.removeFirst(length)
        } else {
            response.body = try await textToEnd()
        }
        return response
    }

    /// Reads a chunked body to its end.
    func chunkedBody() async throws -> [UInt8] {
        var decoder = HTTPChunkedDecoder()
        var body: [UInt8] = []
        while true {
            var input = received[...]
            received = []
            decoding: while true {
                switch try decoder.decode(&input) {
                case .data(let piece): body += piece
                case .needsMoreBytes: break decoding
                case .end:
                    received = Array(input)
                    return body
                }
            }
            try await receiveOrThrow()
        }
    }
}
