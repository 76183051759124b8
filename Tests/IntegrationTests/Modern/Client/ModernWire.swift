import TestSupport

/// A client's way to a server of 2026-07-28: each request is an exchange of its own.
protocol ModernWire: Sendable {
    /// Sends a request and hands over what comes back for it, message by message, until its response or the end of what
    /// answers it. A cancelled task takes the request back in the way of the transport.
    ///
    /// - Returns: what the transport itself said; `nil` where it says nothing.
    func exchange(
        _ request: JSONTree, mirrored: [MirroredHeader], receive: @escaping MessageReceiver
    ) async throws -> HTTPFacts?

    /// Whether an exchange that was taken back is certain not to be answered any more.
    var cancelsByClosing: Bool { get }

    func close() async throws
}

/// What HTTP says about an answer, beside the messages in it.
struct HTTPFacts: Sendable {
    let head: HTTPAnswer.Head
    /// Whether an event had an id, which this revision has no use for.
    let hasEventIDs: Bool

    var isStream: Bool { head["Content-Type"] == "text/event-stream" }
}
