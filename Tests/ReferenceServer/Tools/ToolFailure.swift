import MCPProtocol

/// Why a call has no result.
enum ToolFailure: Error, Sendable {
    /// The tool ran and failed: a result with `isError`.
    case failed(String)
    /// A JSON-RPC error.
    case protocolError(code: Int64, message: String, data: RawJSON? = nil)
    /// The client has to answer questions and call again, where questions travel in results (from 2026-07-28). The call's
    /// client knows which.
    case inputRequired
    /// The client took the call back: nothing is answered.
    case cancelled
}
