/// What a ``ScriptedHTTPServer`` answers as a server of 2026-07-28. Everything may be replaced by a handler of the test's
/// own.
package struct ScriptedModern: Sendable {
    package var capabilities: String
    package var tools: String
    /// By ``ScriptedRequest/call``.
    package var handlers: [String: ScriptedHTTPServer.Handler]

    package init(
        capabilities: String = #"{"tools":{}}"#, tools: String = #"[{"name":"work","inputSchema":{"type":"object"}}]"#,
        handlers: [String: ScriptedHTTPServer.Handler] = [:]
    ) {
        self.capabilities = capabilities
        self.tools = tools
        self.handlers = handlers
    }

    package var handler: ScriptedHTTPServer.Handler {
        { request, connection in
            if let own = handlers[request.call] { return try own(request, connection) }
            switch request.call {
            case "server/discover":
                try connection.result(
                    #"{"resultType":"complete","supportedVersions":["2026-07-28"],"capabilities":\#(capabilities),"#
                        + #""instructions":"Be kind.","ttlMs":0,"cacheScope":"private","#
                        + #""_meta":{"io.modelcontextprotocol/serverInfo":{"name":"scripted","version":"2"}}}"#,
                    of: request)
            case "tools/list":
                try connection.result(
                    #"{"resultType":"complete","tools":\#(tools),"ttlMs":0,"cacheScope":"private"}"#, of: request)
            case "tools/call": try connection.result(Self.text("done"), of: request)
            default: try connection.error(-32601, "Method not found", of: request, status: 404)
            }
        }
    }

    package static func text(_ text: String) -> String {
        #"{"resultType":"complete","content":[{"type":"text","text":"\#(text)"}]}"#
    }

    /// A result that asks.
    ///
    /// - Parameter state: JSON; `nil` gives none.
    package static func asking(_ requests: String?, state: String? = nil) -> String {
        let members = [
            #""resultType":"input_required""#, requests.map { #""inputRequests":\#($0)"# },
            state.map { #""requestState":\#($0)"# },
        ]
        return "{\(members.compactMap { $0 }.joined(separator: ","))}"
    }

    package static let form =
        #"{"method":"elicitation/create","params":{"mode":"form","message":"Who?","requestedSchema":{"type":"object"}}}"#
    package static let sampling = #"{"method":"sampling/createMessage","params":{"messages":[],"maxTokens":1}}"#
    package static let roots = #"{"method":"roots/list"}"#
    package static func url(_ url: String) -> String {
        #"{"method":"elicitation/create","params":{"mode":"url","message":"Go","url":"\#(url)"}}"#
    }
}

extension ScriptedConnection {
    /// - Parameter data: JSON.
    package func error(
        _ code: Int, _ message: String, of request: ScriptedRequest, status: Int = 200, data: String? = nil
    ) throws {
        let data = data.map { #","data":\#($0)"# } ?? ""
        try answer(
            status, #"{"jsonrpc":"2.0","id":\#(request.id),"error":{"code":\#(code),"message":"\#(message)"\#(data)}}"#)
    }
}

extension ScriptedRequest {
    package var params: JSONTree? { json?["params"] }
}
