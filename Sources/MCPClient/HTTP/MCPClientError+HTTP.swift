import AsyncIO

extension MCPClientError {
    /// What a failed transfer means for the request it carried.
    init(_ error: HTTPClientError) {
        let kind: Kind =
            switch error {
            case .invalidURL, .invalidRequest, .couldNotResolve, .couldNotConnect, .tls, .connectTimedOut,
                .clientClosed:
                .connectionFailed
            case .timedOut: .timedOut
            case .sendFailed, .closedBeforeResponse, .bodyTruncated: .closed
            case .bodyTooLarge(let limit): .tooLarge(limit: limit)
            case .protocolError: .protocolViolation
            case .cancelled: .cancelled
            case .tooManyTransfers: .overloaded
            }
        self.init(kind, error.description, mayHaveExecuted: !error.isProvablyNotExecuted)
    }
}
