import AsyncIO
import MCPProtocol

/// The event streams of one session over Streamable HTTP.
struct SessionStreams {
    /// Streams for what belongs to no request, newest last; also those whose connection is gone.
    private(set) var standalone: [FrontStream] = []
    /// Streams that answer requests, oldest first; ended ones are kept for a while.
    private(set) var answers: [FrontStream] = []
    private var lastNumber = 0

    /// Streams without a connection that are kept for a client that comes back.
    static let maxAbandoned = 2
    /// Ended answers that are kept for a client that comes back.
    static let maxEnded = 8

    var all: [FrontStream] { standalone + answers }
    var isAnyCarried: Bool { standalone.contains(where: \.isCarried) || answers.contains { $0.finishedAt == nil } }
    var carriedStandalone: [FrontStream] { standalone.filter(\.isCarried) }

    mutating func nextNumber() -> Int {
        lastNumber += 1
        return lastNumber
    }

    mutating func addStandalone(_ stream: FrontStream) { standalone.append(stream) }
    mutating func addAnswer(_ stream: FrontStream) { answers.append(stream) }

    func stream(number: Int) -> FrontStream? {
        standalone.first { $0.number == number } ?? answers.first { $0.number == number }
    }

    /// Moves a stream to the place of the newest.
    mutating func makeNewest(_ stream: FrontStream) {
        guard let index = standalone.firstIndex(where: { $0 === stream }) else { return }
        standalone.append(standalone.remove(at: index))
    }

    /// Forgets streams nobody will come back to: answers that were sent longer ago than `window`, and the oldest beyond a
    /// number.
    mutating func prune(olderThan window: Duration?, now: MonotonicInstant) {
        if let window { answers.removeAll { stream in stream.finishedAt.map { now - $0 > window } ?? false } }
        var surplus = answers.count { $0.finishedAt != nil } - Self.maxEnded
        answers.removeAll { stream in
            guard surplus > 0, stream.finishedAt != nil else { return false }
            surplus -= 1
            return true
        }
        var abandoned = standalone.count { !$0.isCarried } - Self.maxAbandoned
        standalone.removeAll { stream in
            if stream.finishedAt != nil, !stream.isCarried { return true }
            guard abandoned > 0, !stream.isCarried else { return false }
            abandoned -= 1
            return true
        }
    }
}
