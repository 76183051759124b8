/// Error codes of JSON-RPC 2.0 and MCP.
package enum ErrorCode {
    /// The text is not JSON.
    package static let parseError = -32700
    /// JSON, but not a JSON-RPC message, or one that is not allowed here.
    package static let invalidRequest = -32600
    package static let methodNotFound = -32601
    /// Also an unknown tool or prompt, and from 2026-07-28 on an unknown resource.
    package static let invalidParams = -32602
    package static let internalError = -32603
    /// Up to 2025-11-25. Must not be sent in 2026-07-28, but may be received.
    package static let resourceNotFound = -32002
    /// 2025-11-25 only: the client has to visit the URLs in `data.elicitations` first.
    package static let urlElicitationRequired = -32042
    /// 2026-07-28: a header contradicts the body. Goes with HTTP status 400.
    package static let headerMismatch = -32020
    /// 2026-07-28: `data.requiredCapabilities` names what the client did not declare. Goes with HTTP status 400.
    package static let missingRequiredClientCapability = -32021
    /// 2026-07-28: `data` has `supported` and `requested`. Goes with HTTP status 400.
    package static let unsupportedProtocolVersion = -32022
    /// A client's answer when its user refused a sampling request.
    package static let userRejected = -1
}
