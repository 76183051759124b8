/// One event of a `text/event-stream` (WHATWG HTML, "Server-sent events").
package struct EventStreamEvent: Hashable, Sendable {
    /// `message` when the stream does not say.
    package var name = "message"
    package var data = ""
    /// The id that this event sets; `nil` when it sets none.
    package var id: String?
    /// The reconnection time that came with this event, in milliseconds.
    package var retryMilliseconds: Int?

    package init(name: String = "message", data: String = "", id: String? = nil, retryMilliseconds: Int? = nil) {
        self.name = name
        self.data = data
        self.id = id
        self.retryMilliseconds = retryMilliseconds
    }

    /// The data as JSON.
    package func json() throws -> JSONTree { try JSONTree(parsing: data) }
}

/// Cuts a `text/event-stream` into events as its bytes come.
///
/// Unlike a browser it also reports an event with an id or a retry time but no `data` line: MCP primes its streams with
/// such events. Comments are left out of the events and counted.
package struct EventStreamReader: Sendable {
    private var buffer: [UInt8] = []
    private var position = 0
    private var event = EventStreamEvent()
    private var dataLines: [String] = []
    private var isEmpty = true
    /// Lines that start with a colon, which servers send to keep a connection alive.
    package private(set) var comments = 0

    package init() {}

    package mutating func append(_ bytes: some Sequence<UInt8>) { buffer.append(contentsOf: bytes) }

    /// The next complete event, or `nil` when more bytes are needed.
    package mutating func next() -> EventStreamEvent? {
        while let line = nextLine() {
            if let event = read(line) { return event }
        }
        buffer.removeFirst(position)
        position = 0
        return nil
    }

    private mutating func nextLine() -> String? {
        guard let end = buffer[position...].firstIndex(where: { $0 == 0x0A || $0 == 0x0D }) else { return nil }
        var next = end + 1
        if buffer[end] == 0x0D {
            // A newline may follow in the next bytes, and belongs to this line then.
            guard next < buffer.count else { return nil }
            if buffer[next] == 0x0A { next += 1 }
        }
        let line = String(decoding: buffer[position..<end], as: UTF8.self)
        position = next
        return line
    }

    /// Takes a line; the event when the line ends one.
    private mutating func read(_ line: String) -> EventStreamEvent? {
        if line.isEmpty {
            defer {
                event = EventStreamEvent()
                dataLines = []
                isEmpty = true
            }
            if isEmpty { return nil }
            event.data = dataLines.joined(separator: "\n")
            return event
        }
        if line.hasPrefix(":") {
            comments += 1
            return nil
        }
        let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let rest = parts.count > 1 ? parts[1] : ""
        let value = String(rest.hasPrefix(" ") ? rest.dropFirst() : rest)
        switch parts[0] {
        case "data": dataLines.append(value)
        case "event": event.name = value
        case "id": event.id = value
        case "retry": event.retryMilliseconds = Int(value)
        default: return nil
        }
        isEmpty = false
        return nil
    }
}
