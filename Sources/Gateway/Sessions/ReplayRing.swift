/// The newest messages of one event stream, for a client that comes back for what it missed
/// (MCP 2025-11-25, Transports, "Resumability and Redelivery").
struct ReplayRing {
    /// Messages kept, in bytes. What is older, or larger than this alone, is lost to a client that comes back.
    let maxBytes: Int

    /// The number of the newest message; they are counted from 1.
    private(set) var newest = 0
    private var messages: [[UInt8]] = []
    private var bytes = 0

    init(maxBytes: Int) { self.maxBytes = maxBytes }

    /// - Returns: the message's number.
    mutating func append(_ message: [UInt8]) -> Int {
        newest += 1
        messages.append(message)
        bytes += message.count
        var surplus = 0
        while bytes > maxBytes, surplus < messages.count {
            bytes -= messages[surplus].count
            surplus += 1
        }
        messages.removeFirst(surplus)
        return newest
    }

    /// Counts a message that is not kept, and so loses the earlier ones for whoever comes back.
    mutating func skip() {
        newest += 1
        messages = []
        bytes = 0
    }

    /// What came after a message.
    ///
    /// - Returns: number and message, oldest first, and whether nothing in between has been lost. `nil` for a number that
    ///   was never given.
    func messages(after number: Int) -> (messages: [(number: Int, message: [UInt8])], isComplete: Bool)? {
        guard 0...newest ~= number else { return nil }
        let oldest = newest - messages.count + 1
        let start = max(number + 1, oldest)
        let kept = (start..<(newest + 1)).map { ($0, messages[$0 - oldest]) }
        return (kept, number + 1 >= oldest)
    }
}
