import MCPProtocol

/// Why a request of 2026-07-28 is not served: the error, and the HTTP status that goes with it (Transports, "Error
/// Responses").
struct ModernRefusal: Error {
    let status: Int
    let error: JSONRPCError

    private init(_ status: Int, _ code: Int, _ message: String, data: JSONValue? = nil) {
        self.status = status
        error = JSONRPCError(code: code, message: message, data: data?.raw)
    }

    /// Not a message that may be sent here.
    static func invalidRequest(_ fact: String) -> Self { Self(400, ErrorCode.invalidRequest, fact) }

    /// `_meta` is not what every request has to have.
    static func badMeta(_ fact: String) -> Self { Self(400, ErrorCode.invalidParams, fact) }

    static func headerMismatch(_ fact: String) -> Self { Self(400, ErrorCode.headerMismatch, fact) }

    static func unsupportedVersion(_ requested: JSONValue, supported: [String]) -> Self {
        Self(
            400, ErrorCode.unsupportedProtocolVersion, "Unsupported protocol version",
            data: ["supported": .array(supported.map(JSONValue.string)), "requested": requested])
    }

    static func methodNotFound(_ method: String) -> Self {
        Self(404, ErrorCode.methodNotFound, "method \"\(method)\" is unknown")
    }

    /// - Parameter capabilities: what the client would have to declare.
    static func missingCapability(_ capabilities: JSONValue, _ fact: String) -> Self {
        Self(
            400, ErrorCode.missingRequiredClientCapability, fact, data: ["requiredCapabilities": capabilities])
    }

    /// The request was understood, and asks for what there is not.
    static func invalidParams(_ fact: String, data: JSONValue? = nil) -> Self {
        Self(200, ErrorCode.invalidParams, fact, data: data)
    }

    static func internalError(_ fact: String) -> Self { Self(200, ErrorCode.internalError, fact) }

    /// - Parameter id: `nil` leaves the member out, as this revision has it.
    func answer(to id: RequestID?) -> OutgoingMessage {
        var message = OutgoingMessage(JSONRPC.error(id: id, error, omitsMissingID: true))
        message.status = status
        return message
    }
}
