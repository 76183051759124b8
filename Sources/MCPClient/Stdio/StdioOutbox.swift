/// Messages on their way to a child's stdin. They leave in one write per turn, however many became ready meanwhile.
struct StdioOutbox {
    /// What may wait while the child does not read.
    static let maxWaitingBytes = 32 << 20

    private var waiting: [UInt8] = []
    var isBeingWritten = false

    /// Adds a message and the newline that ends it. Refuses when too much waits already.
    ///
    /// A newline between the members of a message is white space and becomes a space: a line is a message. One inside a
    /// string cannot be there, valid JSON escapes it.
    mutating func append(_ message: [UInt8]) -> Bool {
        guard waiting.isEmpty || waiting.count + message.count < Self.maxWaitingBytes else { return false }
        waiting.reserveCapacity(waiting.count + message.count + 1)
        if message.contains(where: { $0 == 0x0A || $0 == 0x0D }) {
            waiting.append(contentsOf: message.lazy.map { $0 == 0x0A || $0 == 0x0D ? 0x20 : $0 })
        } else {
            waiting.append(contentsOf: message)
        }
        waiting.append(0x0A)
        return true
    }

    mutating func takeAll() -> [UInt8]? {
        guard !waiting.isEmpty else { return nil }
        defer { waiting = [] }
        return waiting
    }
}
