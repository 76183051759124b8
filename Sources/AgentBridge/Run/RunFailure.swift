import MCPClient

/// Why a run has no answer: what the caller is told, on either of the two paths.
struct RunFailure: Error, Sendable, Equatable {
    /// The HTTP status on `/v1`.
    var status: Int
    /// The HTTP status on the DIAL path, where a platform takes 429, 502, 503 and 504 as "try another".
    var dialStatus: Int
    var type: String
    var code: String
    var dialCode: String?
    /// Without prompts, keys and addresses.
    var message: String
    var param: String?
    var displayMessage: String?
    var retryAfter: Duration?

    init(_ status: Int, dial: Int? = nil, _ type: String, _ code: String, _ message: String, param: String? = nil) {
        self.status = status
        dialStatus = dial ?? status
        self.type = type
        self.code = code
        self.message = message
        self.param = param
    }

    static func invalidBody(_ message: String, param: String? = nil) -> RunFailure {
        RunFailure(400, "invalid_request_error", "invalid_body", message, param: param)
    }

    static let deadlineExceeded = RunFailure(
        504, dial: 500, "server_error", "deadline_exceeded", "The run took longer than it may.")
    static let cancelled = RunFailure(499, dial: 499, "server_error", "cancelled", "The run was cancelled.")
    static let shuttingDown = RunFailure(
        503, "server_error", "shutting_down", "The agent is shutting down; try again.")

    static func maxTurns(_ limit: Int) -> RunFailure {
        RunFailure(
            500, "server_error", "max_turns_exceeded", "The model still asked for tools after \(limit) calls.")
    }

    static func gatewayUnavailable(_ error: MCPClientError) -> RunFailure {
        if error.kind == .cancelled { return .cancelled }
        // The detail may name an address; the log has it.
        return RunFailure(
            502, dial: 500, "server_error", "gateway_unavailable",
            "The tools cannot be reached (\(error.label)).")
    }

    /// What a model's failure means for the caller.
    init(_ failure: LLMFailure) {
        switch failure.kind {
        case .cancelled: self = .cancelled
        case .deadline: self = .deadlineExceeded
        case .timedOut(let stage):
            self.init(
                504, dial: 500, "server_error", "llm_timeout", "The model did not answer in time (\(stage)).")
        case .interrupted:
            self.init(
                502, dial: 500, "server_error", "llm_stream_interrupted", "The model's answer broke off.")
        case .unreachable:
            self.init(502, dial: 500, "server_error", "llm_error", "The model cannot be reached.")
        case .unusable:
            self.init(502, dial: 500, "server_error", "llm_error", "The model's server sent an unusable answer.")
        case .tooLarge(let limit):
            self.init(
                502, dial: 500, "server_error", "llm_error", "The model's answer exceeds \(limit) bytes.")
        case .status(let status): self.init(failure, status: status)
        }
        displayMessage = failure.displayMessage
        retryAfter = failure.retryAfter
    }

    private init(_ failure: LLMFailure, status: Int) {
        switch status {
        case 401, 403:
            if failure.usedCallersKey {
                self.init(
                    status, failure.type ?? "authentication_error", failure.code ?? "invalid_api_key",
                    failure.detail)
            } else {
                self.init(
                    502, dial: 500, "server_error", "llm_auth_failed", "The model's server refused the agent's key.")
            }
        case 404:
            self.init(
                502, dial: 500, "server_error", "llm_model_not_found", "The model's server does not know the model.")
        case 429:
            self.init(
                429, dial: 500, "rate_limit_error", "llm_rate_limited", "The model's server is overloaded; try later.")
        case 400, 413, 422:
            self.init(
                400, failure.type ?? "invalid_request_error", failure.code ?? "llm_bad_request", failure.detail,
                param: failure.param)
        default:
            self.init(
                502, dial: 500, "server_error", "llm_error", "The model's server failed (HTTP status \(status)).")
        }
    }
}
