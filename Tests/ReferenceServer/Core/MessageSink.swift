import MCPProtocol

/// Where what belongs to one incoming message goes: the notifications of its calls, and its answer.
@LoopActor
protocol MessageSink: AnyObject, Sendable {
    /// Whether anything can be sent before the answer.
    var carriesMessages: Bool { get }

    /// Sends a notification or a request before the answer. Waits while the reader is slow. The message is dropped where
    /// there is no place for it: see ``carriesMessages``.
    func send(_ message: [UInt8]) async

    /// Ends the exchange; called once for each message whose reception was ``Reception/pending``.
    ///
    /// - Parameter answer: `nil` when there is none, because the client took its request back.
    func finish(_ answer: OutgoingMessage?)

    /// Misbehaves as asked, before the answer or in its place.
    ///
    /// - Returns: `false` if the transport has no such way to go wrong.
    func misbehave(_ how: Misbehaviour) -> Bool

    /// Shows a peer that hears nothing that the connection is still there, where there is a way to.
    func keepAlive()

    /// How the message came, as JSON.
    var transportFacts: JSONValue { get }
}

extension MessageSink {
    func keepAlive() {}
}

/// What became of an incoming message.
enum Reception {
    /// Answered at once.
    case answer(OutgoingMessage)
    /// ``MessageSink/finish(_:)`` will be called.
    case pending
    /// Not to be answered: a notification or a response.
    case accepted
}
