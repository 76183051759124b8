/// Why a session over Streamable HTTP did not come about, and what that says about the server.
struct HandshakeFailure: Error {
    let error: MCPClientError
    /// `nil` where it was not an HTTP status that refused it.
    let refusal: HandshakeRefusal?
}

/// An HTTP status other than 200 in answer to `initialize` or `server/discover`.
struct HandshakeRefusal {
    let status: Int
    /// Whether the body is a JSON-RPC error.
    let hasError: Bool
    /// Whether that error has the id of our request.
    let echoesID: Bool

    /// Whether the server may be one that speaks HTTP+SSE only: it does not take POST at this URL, or does not know what
    /// to make of it (MCP 2025-11-25, Transports, "Backwards Compatibility"). One that answers our very request with an
    /// error speaks Streamable HTTP; a status about credentials or haste says nothing.
    var allowsOlderTransport: Bool {
        switch status {
        case 401, 403, 408, 429: false
        default: (400..<500).contains(status) && !echoesID
        }
    }
}
