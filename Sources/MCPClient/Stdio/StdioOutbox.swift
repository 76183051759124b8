import MCPProtocol

/// Messages on their way to a child's stdin. They leave in one write per turn, however many became ready meanwhile.
struct StdioOutbox {
    /// What may wait while the child does not read.
    static let maxWaitingBytes = 32 << 20

    private var waiting: [UInt8] = []
    var isBeingWritten = false

    /// Adds a message as a line. Refuses when too much waits already.
    mutating func append(_ message: [UInt8]) -> Bool {
        guard waiting.isEmpty || waiting.count + message.count < Self.maxWaitingBytes else { return false }
        if waiting.isEmpty {
            waiting = LineFramer.line(of: message)
        } else {
            waiting.append(contentsOf: LineFramer.line(of: message))
        }
        return true
    }

    mutating func takeAll() -> [UInt8]? {
        guard !waiting.isEmpty else { return nil }
        defer { waiting = [] }
        return waiting
    }
}
