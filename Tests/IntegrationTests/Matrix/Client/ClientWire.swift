import TestSupport

/// A client's way to the gateway. What comes back, on whatever stream, goes to the receiver it was opened with, message by
/// message and in order for each stream.
protocol ClientWire: Sendable {
    /// Whether answers come with the exchange that carries the request, so that its end without one means that there is
    /// none.
    var answersInPlace: Bool { get }

    /// Sends a message. Returns when the gateway has taken it and, where ``answersInPlace``, has said all it has to say.
    func exchange(_ message: [UInt8]) async throws

    /// `initialize` has been answered.
    func sessionBegan(revision: Revision) async throws

    /// Ends the session in the orderly way of the transport.
    func close() async throws
}

/// Takes a message that came from the gateway.
typealias MessageReceiver = @Sendable ([UInt8]) async -> Void

/// The gateway has not treated a message as the transport asks.
struct WireFailure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// For a stream that may be silent for as long as the test runs.
let wholeTest = Duration.seconds(900)
