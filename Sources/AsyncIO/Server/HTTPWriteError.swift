/// Why an answer's bytes could not be sent. The connection is cut; nothing more can be written to it.
package enum HTTPWriteError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The client is gone.
    case disconnected
    /// The client took no bytes, or hardly any, for this long: see `HTTPServerLimits.writeTimeout`.
    case stalled(after: Duration)
    /// The task was cancelled while it waited for the client.
    case cancelled
    /// The stream was finished before.
    case finished

    package var description: String {
        switch self {
        case .disconnected: "the client closed the connection"
        case .stalled(let duration): "the client read nothing for \(duration)"
        case .cancelled: "the write was cancelled"
        case .finished: "the answer was already complete"
        }
    }
}
