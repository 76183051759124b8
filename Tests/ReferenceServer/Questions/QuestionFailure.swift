import MCPProtocol

/// Why a question has no answer.
enum QuestionFailure: Error {
    /// The client has not declared that it can be asked this.
    case unsupported(Question.Kind)
    /// The client answered an error.
    case refused(JSONRPCError)
    case timedOut(method: String, limit: Duration)
    /// The session has ended.
    case closed
    /// The call that asks was taken back.
    case cancelled

    var toolFailure: ToolFailure {
        switch self {
        case .cancelled: .cancelled
        default: .failed(description)
        }
    }
}

extension QuestionFailure: CustomStringConvertible {
    var description: String {
        switch self {
        case .unsupported(let kind): "client does not support \(kind.rawValue)"
        case .refused(let error): "client answered error \(error.code): \(error.message)"
        case .timedOut(let method, let limit):
            "no answer to \(method) within \(limit.components.seconds * 1000 + limit.components.attoseconds / 1_000_000_000_000_000) ms"
        case .closed: "the session has ended"
        case .cancelled: "the call was cancelled"
        }
    }
}
