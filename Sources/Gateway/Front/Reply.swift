import AsyncIO
import MCPClient
import MCPProtocol

/// Where the answer to one request of a client goes, and all that comes before it. Used on one loop.
protocol Reply: AnyObject, Sendable {
    /// The loop it is used on; `nil` where it has signs of life anyway, from any thread.
    var loop: EventLoop? { get }

    /// Whether something can be sent before the answer: notifications, questions.
    var takesMessages: Bool { get }

    /// What carries the messages before the answer; opened if it has not been. Usable from any thread, also when the
    /// answer has been sent.
    var channel: any FrontChannel { get }

    /// Sends a message before the answer. Returns at once; dropped when the client is gone.
    func push(_ message: [UInt8])

    /// Waits while the client is slow to take what was pushed.
    func room() async

    /// Prepares for a long wait: from now on the client sees signs of life, and can come back after a broken connection.
    func waitLong()

    /// Sends the answer.
    ///
    /// - Parameter status: the HTTP status, where the transport has one and it has not been sent.
    func send(_ message: [UInt8], as status: HTTPStatus) async

    /// Ends with nothing: the client has cancelled and wants no answer.
    func endWithoutAnswer() async

    /// Passes a large outcome on while it arrives; the client's pace becomes the server's.
    ///
    /// - Returns: what went wrong, if the answer broke off. The client can then not take what it got for whole.
    func pass(_ stream: any OutcomeStream) async -> String?
}

extension Reply {
    func send(_ message: [UInt8]) async { await send(message, as: .ok) }
}
