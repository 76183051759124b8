import MCPProtocol

/// What a connection answers by itself when its server asks something.
enum ServerRequests {
    /// The answer to a request that nobody else has to see: a ping, or a question that nobody is there to answer.
    ///
    /// - Parameter hasListener: whether ``ConnectionOptions/onRequest`` or the caller of an exchange takes questions.
    /// - Returns: `nil` for a question that is theirs.
    static func localAnswer(to request: JSONRPCRequest, hasListener: Bool) -> [UInt8]? {
        if request.method == "ping" { return JSONRPC.response(id: request.id, result: Array("{}".utf8)) }
        guard !hasListener else { return nil }
        return JSONRPC.error(
            id: request.id,
            JSONRPCError(
                code: ErrorCode.methodNotFound, message: "\(request.method) is not supported by this client"))
    }

    /// The message that carries somebody's answer.
    static func message(answering id: RequestID, _ outcome: JSONRPCResponse.Outcome) -> [UInt8] {
        switch outcome {
        case .result(let result): JSONRPC.response(id: id, result: result)
        case .error(let error): JSONRPC.error(id: id, error)
        }
    }
}
