/// Why a text is not a JSON-RPC message.
package struct JSONRPCParseError: Error, Hashable, Sendable {
    /// ``ErrorCode/parseError`` when it is not JSON, ``ErrorCode/invalidRequest`` when it is not an acceptable message.
    package let code: Int

    /// Names the fact, fit to be sent to the peer.
    package let message: String

    /// The id of the message, when one could be read: answer with it.
    package let id: RequestID?

    package init(code: Int, message: String, id: RequestID? = nil) {
        self.code = code
        self.message = message
        self.id = id
    }

    /// A text over a limit is a request we refuse, not a syntax error.
    init(_ error: JSONError) {
        let code =
            switch error.kind {
            case .tooLarge, .tooDeep: ErrorCode.invalidRequest
            default: ErrorCode.parseError
            }
        self.init(
            code: code,
            message: code == ErrorCode.parseError
                ? "invalid JSON: \(error.description)" : "message \(error.description)")
    }

    /// As the `error` member of a response.
    package var rpcError: JSONRPCError { JSONRPCError(code: code, message: message) }
}
