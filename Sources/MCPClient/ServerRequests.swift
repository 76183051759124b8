import MCPProtocol

/// Answers to what a server asks of a client that declared no capabilities.
enum ServerRequests {
    static func answer(_ request: JSONRPCRequest) -> [UInt8] {
        if request.method == "ping" { return JSONRPC.response(id: request.id, result: Array("{}".utf8)) }
        return JSONRPC.error(
            id: request.id,
            JSONRPCError(
                code: ErrorCode.methodNotFound, message: "\(request.method) is not supported by this client"))
    }
}
