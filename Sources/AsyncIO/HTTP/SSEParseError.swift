/// Why an event stream was given up.
package enum SSEParseError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The lines of one event together have more bytes than are allowed.
    case eventTooLarge(limit: Int)

    package var description: String {
        switch self {
        case .eventTooLarge(let limit): "a server-sent event is larger than \(limit) bytes"
        }
    }
}
