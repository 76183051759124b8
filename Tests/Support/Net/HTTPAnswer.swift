/// One HTTP/1.1 response as it came.
package struct HTTPAnswer: Sendable, CustomStringConvertible {
    /// A response's status line and header section.
    package struct Head: Sendable {
        package let status: Int
        package let reason: String
        /// In the order they came, with the spelling they had.
        package let headers: [(name: String, value: String)]

        /// The values of a header joined with commas, or `nil` when there is none. The case of the name does not matter.
        package subscript(name: String) -> String? {
            let values = headers.filter { $0.name.lowercased() == name.lowercased() }.map(\.value)
            return values.isEmpty ? nil : values.joined(separator: ", ")
        }
    }

    package let head: Head
    package let body: [UInt8]

    package init(head: Head, body: [UInt8]) {
        self.head = head
        self.body = body
    }

    package var status: Int { head.status }
    package var text: String { String(decoding: body, as: UTF8.self) }
    package subscript(header name: String) -> String? { head[name] }

    /// The body as JSON.
    package func json() throws -> JSONTree { try JSONTree(parsing: body) }

    /// The body as a finished `text/event-stream`.
    ///
    /// - Parameter includingEmpty: whether events without data count, which are no messages but places to resume from.
    package func events(includingEmpty: Bool = false) -> [EventStreamEvent] {
        var reader = EventStreamReader()
        reader.append(body)
        var events: [EventStreamEvent] = []
        while let event = reader.next() {
            if includingEmpty || !event.data.isEmpty { events.append(event) }
        }
        return events
    }

    package var description: String { "HTTP \(head.status) \(head.headers) \(text.prefix(2000))" }
}

extension HTTPAnswer.Head {
    /// Reads the lines before the empty one.
    init(parsing bytes: [UInt8]) throws(ConnectionFailure) {
        // Split on bytes: to Swift a carriage return and a newline are one character.
        let lines = bytes.split(separator: 0x0A).map { line in
            String(decoding: line.last == 0x0D ? line.dropLast() : line, as: UTF8.self)
        }
        let start = lines.first.map { $0.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false) } ?? []
        guard start.count >= 2, start[0] == "HTTP/1.1", start[1].count == 3, let status = Int(start[1]) else {
            throw ConnectionFailure(.malformed, "not the status line of an HTTP/1.1 response: \(lines.first ?? "")")
        }
        var headers: [(name: String, value: String)] = []
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":"), colon != line.startIndex,
                line[..<colon].allSatisfy({ $0 != " " && $0 != "\t" })
            else { throw ConnectionFailure(.malformed, "not a header line: \(line)") }
            let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
            headers.append((String(line[..<colon]), String(value)))
        }
        self.init(status: status, reason: start.count > 2 ? String(start[2]) : "", headers: headers)
    }
}
