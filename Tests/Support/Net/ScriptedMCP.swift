/// What a ``ScriptedHTTPServer`` answers as an MCP server. Everything may be replaced by a handler of the test's own.
package struct ScriptedMCP: Sendable {
    /// Given out by `initialize`; `nil` for a server without sessions.
    package var sessionID: String? = "scripted-session"
    /// Answered by `initialize`; `nil` answers the one asked for.
    package var revision: String?
    package var tools = ["work"]
    /// Handlers that replace the usual answers, by ``ScriptedRequest/call``.
    package var handlers: [String: ScriptedHTTPServer.Handler]

    package init(
        sessionID: String? = "scripted-session", revision: String? = nil, tools: [String] = ["work"],
        _ handlers: [String: ScriptedHTTPServer.Handler] = [:]
    ) {
        self.sessionID = sessionID
        self.revision = revision
        self.tools = tools
        self.handlers = handlers
    }

    package var handler: ScriptedHTTPServer.Handler {
        { request, connection in
            if let own = handlers[request.call] { return try own(request, connection) }
            try answer(request, connection)
        }
    }

    /// The usual answer.
    package func answer(_ request: ScriptedRequest, _ connection: ScriptedConnection) throws {
        switch request.call {
        case "initialize":
            let revision = revision ?? request.json?["params"]?["protocolVersion"]?.string ?? "2025-11-25"
            let field = sessionID.map { "Mcp-Session-Id: \($0)\r\n" } ?? ""
            try connection.result(Self.initializeResult(revision), of: request, fields: field)
        case "tools/list":
            try connection.result(Self.list(tools), of: request)
        case "tools/call":
            try connection.result(Self.text("done"), of: request)
        case "GET":
            try connection.answer(405, type: nil)
        case "DELETE":
            try connection.answer(204, type: nil)
        default:
            if request.json?["id"] == nil || request.json?["method"] == nil {
                try connection.answer(202, type: nil)
            } else {
                try connection.answer(
                    #"{"jsonrpc":"2.0","id":\#(request.id),"error":{"code":-32601,"message":"Method not found"}}"#)
            }
        }
    }

    package static func initializeResult(_ revision: String) -> String {
        #"{"protocolVersion":"\#(revision)","capabilities":{"tools":{"listChanged":true}},"#
            + #""serverInfo":{"name":"scripted","version":"1"}}"#
    }

    package static func list(_ tools: [String]) -> String {
        let items = tools.map { #"{"name":"\#($0)","inputSchema":{"type":"object"}}"# }
        return #"{"tools":[\#(items.joined(separator: ","))]}"#
    }

    package static func text(_ text: String) -> String { #"{"content":[{"type":"text","text":"\#(text)"}]}"# }
}
