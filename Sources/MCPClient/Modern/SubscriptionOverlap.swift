import AsyncIO

/// Tells the news that two subscriptions both bring, while one replaces the other, from news that one of them brings.
///
/// Each piece of news brought by one takes up one equal piece brought by the other. So of two changes of one resource none
/// is lost when the older subscription alone tells of the first.
struct SubscriptionOverlap {
    private struct Piece {
        let method: String
        let uri: String?
        let subscription: Int64
        let time: MonotonicInstant
    }

    /// Equal news further apart are news of two changes.
    static let window = Duration.seconds(1)
    /// Kept at a time; beyond, news may be told twice.
    static let maxPieces = 4096

    private var end: MonotonicInstant?
    private var unmatched: [Piece] = []

    mutating func begin(until end: MonotonicInstant) { self.end = end }

    /// - Returns: `false` for what the other subscription has told already.
    mutating func isNews(
        _ method: String, _ uri: String?, of subscription: Int64, at now: MonotonicInstant
    ) -> Bool {
        guard let end else { return true }
        unmatched.removeAll { now - $0.time > Self.window }
        if now > end + Self.window {
            self.end = nil
            unmatched = []
            return true
        }
        let match = unmatched.firstIndex { piece in
            piece.subscription != subscription && piece.method == method && piece.uri == uri
        }
        if let match {
            unmatched.remove(at: match)
            return false
        }
        if unmatched.count < Self.maxPieces {
            unmatched.append(Piece(method: method, uri: uri, subscription: subscription, time: now))
        }
        return true
    }
}
