/// An HTTP/1.1 request or response, taken from what a connection carried.
///
/// Independent of the gateway's own parser on purpose: a mistake in one shows as a disagreement with the other.
struct TappedMessage: Sendable {
    struct Malformed: Error, CustomStringConvertible {
        let description: String
    }

    /// The request line or the status line.
    let startLine: String
    let headers: [(name: String, value: String)]
    /// Without the framing.
    private(set) var body: [UInt8] = []
    /// False when the connection ended, or was looked at, before the message did.
    private(set) var isComplete = false

    /// The value of a header, whatever its case.
    subscript(name: String) -> String? { headers.first { $0.name.lowercased() == name.lowercased() }?.value }

    /// The media type of the body, without parameters.
    var mediaType: String? {
        self["Content-Type"].map { $0.prefix { $0 != ";" }.lowercased() }
    }

    /// The parts of the start line: method, target, version, or version, status, reason.
    var startParts: [Substring] { startLine.split(separator: " ", maxSplits: 2) }

    /// The status of a response.
    var status: Int? { startParts.count > 1 ? Int(startParts[1]) : nil }

    /// Removes the message at the front of `bytes`.
    ///
    /// - Parameter hasBody: whether one may follow, for responses of which the head does not tell; `nil` for requests,
    ///   where no framing means no body.
    /// - Returns: `nil` when `bytes` has no whole head.
    static func take(from bytes: inout ArraySlice<UInt8>, responseMayHaveBody hasBody: Bool? = nil) throws(Malformed)
        -> TappedMessage?
    {
        guard let end = bytes.firstRange(of: [13, 10, 13, 10] as [UInt8]) else { return nil }
        let lines = bytes[..<end.lowerBound].split(separator: 10).map { line in
            String(decoding: line.last == 13 ? line.dropLast() : line, as: UTF8.self)
        }
        bytes = bytes[end.upperBound...]
        guard let startLine = lines.first else { throw Malformed(description: "a head without a start line") }
        var headers: [(name: String, value: String)] = []
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { throw Malformed(description: "not a header: \(line)") }
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            headers.append((String(line[..<colon]), String(value)))
        }
        var message = TappedMessage(startLine: startLine, headers: headers)
        if message["Transfer-Encoding"]?.lowercased() == "chunked", hasBody != false {
            try message.takeChunks(from: &bytes)
        } else if hasBody != false, let length = message["Content-Length"] {
            guard let length = Int(length), length >= 0 else { throw Malformed(description: "length \(length)") }
            message.body = Array(bytes.prefix(length))
            message.isComplete = message.body.count == length
            bytes = bytes.dropFirst(length)
        } else if hasBody == true {
            // Up to the end of the connection.
            message.body = Array(bytes)
            message.isComplete = true
            bytes = []
        } else {
            message.isComplete = true
        }
        return message
    }

    private mutating func takeChunks(from bytes: inout ArraySlice<UInt8>) throws(Malformed) {
        while let end = bytes.firstRange(of: [13, 10] as [UInt8]) {
            let line = String(decoding: bytes[..<end.lowerBound], as: UTF8.self)
            guard let size = Int(line.prefix { $0 != ";" }, radix: 16), size >= 0 else {
                throw Malformed(description: "not the size of a chunk: \(line)")
            }
            bytes = bytes[end.upperBound...]
            body += bytes.prefix(size)
            guard bytes.count >= size + 2 else {
                bytes = []
                return
            }
            let mark = bytes.dropFirst(size).prefix(2)
            guard mark.elementsEqual([13, 10]) else { throw Malformed(description: "a chunk is longer than it says") }
            bytes = bytes.dropFirst(size + 2)
            if size == 0 {
                isComplete = true
                return
            }
        }
        bytes = []
    }
}
