import TestSupport

/// A server of 2025-11-25 over HTTP whose tool `work` can be a task, which says of it what a test tells it.
enum ScriptedTasks {
    /// Runs a gateway in front of it.
    ///
    /// - Parameters:
    ///   - created: the result of a call that asks for a task.
    ///   - handlers: for requests about it.
    static func with(
        created: String = creation(), _ handlers: [String: ScriptedHTTPServer.Handler] = [:],
        limits: JSONTree = [:],
        body: (GatewayFixture, ScriptedHTTPServer) async throws -> Void
    ) async throws {
        var script = ScriptedMCP(handlers)
        script.handlers["initialize"] = { request, connection in
            try connection.result(
                #"{"protocolVersion":"2025-11-25","capabilities":{"tools":{},"tasks":{"cancel":{},"#
                    + #""requests":{"tools":{"call":{}}}}},"serverInfo":{"name":"scripted","version":"1"}}"#,
                of: request, fields: "Mcp-Session-Id: scripted-session\r\n")
        }
        script.handlers["tools/list"] = { request, connection in
            try connection.result(
                #"{"tools":[{"name":"work","inputSchema":{"type":"object"},"execution":{"taskSupport":"optional"}}]}"#,
                of: request)
        }
        script.handlers["tools/call"] = { request, connection in
            let asksForTask = request.json?["params"]?["task"] == [:]
            try connection.result(asksForTask ? created : ScriptedMCP.text("no task"), of: request)
        }
        try await UpstreamCase.with(script, limits: limits, body: body)
    }

    static func creation(ttl: String = "60000") -> String { #"{"task":\#(task("working", ttl: ttl))}"# }

    static func task(_ status: String, ttl: String = "60000") -> String {
        #"{"taskId":"native","status":"\#(status)","createdAt":"2026-01-01T00:00:00Z","#
            + #""lastUpdatedAt":"2026-01-01T00:00:00Z","ttl":\#(ttl),"pollInterval":20}"#
    }

    static func answering(_ result: String) -> ScriptedHTTPServer.Handler {
        { request, connection in try connection.result(result, of: request) }
    }

    static func refusing(_ code: Int) -> ScriptedHTTPServer.Handler {
        { request, connection in
            try connection.answer(
                #"{"jsonrpc":"2.0","id":\#(request.id),"error":{"code":\#(code),"message":"no"}}"#)
        }
    }
}
