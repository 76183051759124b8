import MCPProtocol

extension JSONRPCResponse {
    /// A JSON-RPC error under an HTTP error status; some servers leave its id out.
    ///
    /// - Returns: `nil` for any other body, and for an error with the id of another request.
    init?(refusing id: Int64, _ body: [UInt8], _ options: ConnectionOptions) {
        let message: JSONRPCPayload
        do throws(JSONRPCParseError) {
            message = try JSONRPCPayload(parsing: body[...], limits: options.jsonLimits)
        } catch {
            return nil  // The status speaks for itself.
        }
        guard case .single(.response(let response)) = message, case .error = response.outcome,
            response.id == nil || response.id?.echoedInteger == id
        else { return nil }
        self = response
    }
}
