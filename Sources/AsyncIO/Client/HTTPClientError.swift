/// Why an HTTP exchange failed: at which stage, and whether the server can have acted on the request.
///
/// `detail` is libcurl's own account, for logs and error messages.
package enum HTTPClientError: Error, Sendable, Hashable {
    /// The URL is malformed, or its scheme is neither `http` nor `https`.
    case invalidURL(String)
    /// A method or header field that cannot be sent; `detail` names it.
    case invalidRequest(detail: String)
    case couldNotResolve(host: String, detail: String)
    /// `cause`: what the kernel said, which libcurl's account leaves out; `nil` where it was not the kernel that refused.
    case couldNotConnect(detail: String, cause: SystemError?)
    /// The handshake failed, or the server's certificate was not accepted.
    case tls(detail: String)
    /// Name look-up, connection, proxy and TLS together took longer than the connect timeout.
    case connectTimedOut(budget: Duration)
    /// The deadline passed. `requestSent`: whether a connection was there, so that the request may have arrived.
    case timedOut(requestSent: Bool)
    /// The connection broke while the request was being sent.
    case sendFailed(detail: String, requestBytesSent: Int)
    /// The connection ended before the head of a response was complete. On a reused connection most often because the
    /// server closed it for idleness just as the request was sent.
    case closedBeforeResponse(detail: String, wasReusedConnection: Bool, requestBytesSent: Int)
    /// The connection ended in the middle of the body.
    case bodyTruncated(detail: String)
    /// The body is longer than the reader allows.
    case bodyTooLarge(limit: Int)
    /// What arrived is not HTTP, or exceeds a limit of this client; `detail` names it.
    case protocolError(detail: String)
    /// The task was cancelled, or the response was.
    case cancelled
    /// ``HTTPClientOptions/maxTransfers`` are in flight.
    case tooManyTransfers(limit: Int)
    /// ``HTTPClient/close()`` was called.
    case clientClosed

    /// Whether the server has certainly not seen the request, so that sending it again is safe whatever it does.
    package var isProvablyNotExecuted: Bool {
        switch self {
        case .invalidURL, .invalidRequest, .couldNotResolve, .couldNotConnect, .tls, .connectTimedOut,
            .tooManyTransfers:
            true
        case .timedOut(let requestSent): !requestSent
        case .sendFailed(_, let sent), .closedBeforeResponse(_, _, let sent): sent == 0
        case .bodyTruncated, .bodyTooLarge, .protocolError, .cancelled, .clientClosed: false
        }
    }

    /// A fixed short name without payload, for metrics.
    package var label: String {
        switch self {
        case .invalidURL: "invalid_url"
        case .invalidRequest: "invalid_request"
        case .couldNotResolve: "resolve"
        case .couldNotConnect: "connect"
        case .tls: "tls"
        case .connectTimedOut: "connect_timeout"
        case .timedOut: "timeout"
        case .sendFailed: "send"
        case .closedBeforeResponse: "closed"
        case .bodyTruncated: "truncated"
        case .bodyTooLarge: "too_large"
        case .protocolError: "protocol"
        case .cancelled: "cancelled"
        case .tooManyTransfers: "too_many_transfers"
        case .clientClosed: "client_closed"
        }
    }
}

extension HTTPClientError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .invalidURL(let url): "not an http or https URL: \"\(url)\""
        case .invalidRequest(let detail): "the request cannot be sent: \(detail)"
        case .couldNotResolve(let host, let detail): "cannot resolve \"\(host)\": \(detail)"
        case .couldNotConnect(let detail, let cause):
            "cannot connect: \(cause.map { "\($0.reason) (\(detail))" } ?? detail)"
        case .tls(let detail): "TLS: \(detail)"
        case .connectTimedOut(let budget): "no connection within \(budget)"
        case .timedOut: "no answer before the deadline"
        case .sendFailed(let detail, let sent): "the request could not be sent (after \(sent) bytes): \(detail)"
        case .closedBeforeResponse(let detail, let reused, _):
            "the server closed the \(reused ? "kept-alive " : "")connection without an answer: \(detail)"
        case .bodyTruncated(let detail): "the connection ended in the middle of the answer: \(detail)"
        case .bodyTooLarge(let limit): "the answer is longer than \(limit) bytes"
        case .protocolError(let detail): "the answer is not acceptable: \(detail)"
        case .cancelled: "cancelled"
        case .tooManyTransfers(let limit): "\(limit) requests are in flight, which is the limit"
        case .clientClosed: "the HTTP client is closed"
        }
    }
}
