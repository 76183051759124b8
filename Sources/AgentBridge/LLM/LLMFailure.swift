import AsyncIO

/// Why a model's answer could not be had.
struct LLMFailure: Error, Sendable, Equatable {
    enum Kind: Sendable, Equatable {
        /// Nobody answered: no connection, or it broke before the answer began.
        case unreachable
        /// The server answered with this HTTP status, or says so in its body.
        case status(Int)
        /// Silence, at this stage: `connect`, `first byte`, `idle`, `total`.
        case timedOut(stage: String)
        /// The run's own deadline passed.
        case deadline
        /// The answer broke off after something of it was passed on.
        case interrupted
        /// An answer without text, calls or end, or one that is not what the protocol says.
        case unusable
        /// An answer beyond this client's limits.
        case tooLarge(limit: Int)
        case cancelled
    }

    var kind: Kind
    /// In words, for logs and operators; the provider's own message where it sent one.
    var detail: String
    /// The provider's `error.code` and `error.type`.
    var code: String?
    var type: String?
    var param: String?
    /// What the provider says may be shown to an end user.
    var displayMessage: String?
    /// The provider's wish to be left alone for a while.
    var retryAfter: Duration?
    /// The provider's own word on whether to try again.
    var shouldRetry: Bool?
    /// Whether the key that was refused is the caller's own.
    var usedCallersKey = false

    init(_ kind: Kind, _ detail: String) {
        self.kind = kind
        self.detail = detail
    }

    /// Whether another attempt can help, as long as nothing of the answer was passed on.
    var isWorthRetrying: Bool {
        if let shouldRetry { return shouldRetry }
        switch kind {
        case .unreachable, .unusable: return true
        case .timedOut(let stage): return stage == "connect"
        case .status(let status): return [408, 409, 429].contains(status) || status >= 500
        case .interrupted: return true
        case .deadline, .tooLarge, .cancelled: return false
        }
    }

    /// Whether another model may do better.
    var allowsFallback: Bool {
        switch kind {
        case .timedOut: true
        case .deadline, .cancelled: false
        default: isWorthRetrying
        }
    }

    /// A fixed short word for metrics.
    var label: String {
        switch kind {
        case .unreachable: "unreachable"
        case .status(let status): "status_\(status)"
        case .timedOut: "timeout"
        case .deadline: "deadline"
        case .interrupted: "interrupted"
        case .unusable: "unusable"
        case .tooLarge: "too_large"
        case .cancelled: "cancelled"
        }
    }
}

extension LLMFailure {
    /// - Parameter stage: what was being waited for.
    init(_ error: HTTPClientError, stage: String) {
        switch error {
        case .cancelled, .clientClosed: self.init(.cancelled, error.description)
        case .connectTimedOut: self.init(.timedOut(stage: "connect"), error.description)
        case .timedOut: self.init(.timedOut(stage: stage), "no answer: \(stage) timeout")
        case .bodyTooLarge(let limit): self.init(.tooLarge(limit: limit), error.description)
        case .protocolError: self.init(.unusable, error.description)
        default: self.init(.unreachable, error.description)
        }
    }
}
