import Synchronization

/// What has happened on a server since it started, over all loops.
package final class HTTPServerCounters: Sendable {
    private let openValue = Atomic<Int>(0)
    private let acceptedValue = Atomic<Int>(0)
    private let refusedValue = Atomic<Int>(0)
    private let malformedValue = Atomic<Int>(0)
    private let timedOutValue = Atomic<Int>(0)
    private let failedAcceptsValue = Atomic<Int>(0)

    /// Connections open now.
    package var open: Int { openValue.load(ordering: .relaxed) }
    /// Connections accepted so far, without the refused ones.
    package var accepted: Int { acceptedValue.load(ordering: .relaxed) }
    /// Connections answered 503 because `maxConnections` were open.
    package var refused: Int { refusedValue.load(ordering: .relaxed) }
    /// Requests refused because they broke the protocol or a limit of the parser.
    package var malformed: Int { malformedValue.load(ordering: .relaxed) }
    /// Requests whose head did not arrive in time.
    package var timedOut: Int { timedOutValue.load(ordering: .relaxed) }
    /// Times the kernel had no descriptor or memory for a connection.
    package var failedAccepts: Int { failedAcceptsValue.load(ordering: .relaxed) }

    /// - Returns: `false` if `limit` connections are open already.
    func opened(limit: Int) -> Bool {
        if openValue.add(1, ordering: .relaxed).newValue > limit {
            openValue.subtract(1, ordering: .relaxed)
            refusedValue.add(1, ordering: .relaxed)
            return false
        }
        acceptedValue.add(1, ordering: .relaxed)
        return true
    }

    func closed() { openValue.subtract(1, ordering: .relaxed) }
    func countMalformed() { malformedValue.add(1, ordering: .relaxed) }
    func countTimedOut() { timedOutValue.add(1, ordering: .relaxed) }
    func countFailedAccept() { failedAcceptsValue.add(1, ordering: .relaxed) }
}
