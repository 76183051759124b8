import AsyncIO
import MCPClient
import MCPProtocol

/// A request that got no answer from its server, as the caller is told about it.
package struct UpstreamFailure: Error, Sendable {
    package let server: String
    /// A fixed short word: `connect`, `call`, `idle`, `max`, `closed`, `limit`, `cancelled`, …
    package let stage: String
    /// The cause, with the budget where there was one.
    package let detail: String
    /// Whether the same request may succeed if sent again, without being executed twice.
    package let isRetryable: Bool

    init(server: String, stage: String, detail: String, isRetryable: Bool) {
        self.server = server
        self.stage = stage
        self.detail = detail
        self.isRetryable = isRetryable
    }

    init(server: String, _ error: MCPClientError) {
        var detail = error.detail
        if error.mayHaveExecuted { detail += "; the request may have been executed" }
        self.init(server: server, stage: error.label, detail: detail, isRetryable: !error.mayHaveExecuted)
    }

    /// One sentence that names the server, the cause and, for a tool, the tool.
    package func sentence(tool: String? = nil) -> String {
        let subject = tool.map { "tool \"\($0)\" of server \"\(server)\"" } ?? "server \"\(server)\""
        return "\(subject): \(detail)"
    }

    /// For the `data` of an error and the `_meta` of an error result.
    package var data: RawJSON {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("server")
        writer.string(server)
        writer.key("stage")
        writer.string(stage)
        writer.key("retryable")
        writer.bool(isRetryable)
        writer.endObject()
        return RawJSON(unchecked: writer.finish()[...])
    }

    /// The answer to any request but a `tools/call` that failed this way.
    package var rpcError: JSONRPCError {
        JSONRPCError(code: ErrorCode.internalError, message: sentence(), data: data)
    }

    /// The answer to a `tools/call` that failed this way: a result the model can read (MCP, Tools, "Error Handling").
    package func toolResult(tool: String) -> RawJSON {
        RawJSON.toolError(sentence(tool: tool)).replacing([(["_meta", "mcp-gateway/failure"], Array(data.bytes))])
    }
}

extension Log {
    /// A call got no answer from its server.
    func callFailed(_ failure: UpstreamFailure, _ call: ClientCall) {
        warning(
            "call failed",
            ["server": failure.server, "call": call.subject, "stage": failure.stage, "reason": failure.detail])
    }
}
