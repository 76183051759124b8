/// Why a request's body could not be read.
package enum HTTPBodyError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Answer 413.
    case tooLarge(limit: Int)
    /// The client fell silent for `HTTPServerLimits.bodyTimeout`. Answer 408.
    case timedOut
    /// The connection ended in the middle of the body, or the server stops.
    case closed
    /// The framing is wrong. Answer 400.
    case malformed(HTTPParseError)

    /// The status to answer with; ``closed`` has nobody to answer to any more.
    package var status: HTTPStatus {
        switch self {
        case .tooLarge: .contentTooLarge
        case .timedOut: .requestTimeout
        case .closed: .badRequest
        case .malformed(let error): error.status
        }
    }

    package var description: String {
        switch self {
        case .tooLarge(let limit): "the request body is larger than \(limit) bytes"
        case .timedOut: "the request body did not arrive in time"
        case .closed: "the connection was closed before the request body was complete"
        case .malformed(let error): error.description
        }
    }
}
