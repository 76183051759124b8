import MCPProtocol

/// `notifications/cancelled` (MCP 2025-11-25, Cancellation).
package struct CancelledNotification: Sendable {
    package let requestID: RequestID
    package let reason: String?

    package init(requestID: RequestID, reason: String?) {
        self.requestID = requestID
        self.reason = reason
    }

    package func encode() -> [UInt8] {
        var params = JSONWriter()
        params.beginObject()
        params.key("requestId")
        params.raw(requestID.encode())
        if let reason {
            params.key("reason")
            params.string(reason)
        }
        params.endObject()
        return JSONRPC.notification(method: "notifications/cancelled", params: params.finish())
    }
}
