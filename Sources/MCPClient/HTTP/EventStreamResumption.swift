import AsyncIO

/// What is known about a stream of events that broke off: whether and when to ask for the rest, and from which event on
/// (MCP 2025-11-25, Transports, "Resumability and Redelivery").
struct EventStreamResumption {
    /// Attempts that bring no event before the stream is given up.
    static let maxFruitlessAttempts = 5
    static let firstPause = Duration.seconds(1)
    static let longestPause = Duration.seconds(60)
    /// A server that asks for no pause at all gets one.
    static let shortestPause = Duration.milliseconds(50)
    /// Ids remembered, the latest, to recognize events that come a second time.
    static let maxKnownIDs = 2048

    /// What to send as `Last-Event-ID`; `nil`: the stream cannot be resumed.
    private(set) var lastEventID: String?
    private var retry: Duration?
    private var fruitlessAttempts = 0
    /// In the order they came.
    private var knownIDs: [String] = []
    /// Those of them that came over earlier connections.
    private var earlierIDs: Set<String> = []
    private var hasNews = false

    /// Notes an event.
    ///
    /// - Returns: `false` for one that came before the stream broke off, by its id.
    mutating func isNew(_ event: ServerSentEvent) -> Bool {
        guard let id = event.id, !id.isEmpty else {
            hasNews = true
            return true
        }
        guard !earlierIDs.contains(id) else { return false }
        hasNews = true
        if knownIDs.count == 2 * Self.maxKnownIDs { knownIDs.removeFirst(Self.maxKnownIDs) }
        knownIDs.append(id)
        return true
    }

    /// Called when the stream has broken off, or an attempt to resume it has failed.
    ///
    /// - Parameter parser: what read the stream; `nil` where it did not come to that.
    /// - Returns: how long to wait before the next attempt; `nil`: there is none.
    mutating func pause(after parser: SSEParser?) -> Duration? {
        if let id = parser?.lastEventID, id != lastEventID {
            hasNews = true
            lastEventID = id.isEmpty ? nil : id
        }
        fruitlessAttempts = hasNews ? 0 : fruitlessAttempts + 1
        hasNews = false
        if let milliseconds = parser?.retry { retry = .milliseconds(min(milliseconds, 3_600_000)) }
        earlierIDs = Set(knownIDs.suffix(Self.maxKnownIDs))
        guard lastEventID != nil, fruitlessAttempts < Self.maxFruitlessAttempts else { return nil }
        if let retry { return min(max(retry, Self.shortestPause), Self.longestPause) }
        return min(Self.firstPause * (1 << fruitlessAttempts), Self.longestPause)
    }
}
