/// A way to one client on which whole messages leave in order: an event stream, or the output of a stdio server.
protocol FrontChannel: AnyObject, Sendable {
    /// Queues a message. From any thread.
    ///
    /// - Returns: `false` if the channel has ended; the message is dropped then.
    @discardableResult
    func push(_ message: [UInt8]) -> Bool

    /// Waits while the client is slow to take what was pushed, for as long as that is bounded.
    func room() async

    /// Ends the channel behind what was pushed. From any thread.
    func close()
}
