import TestSupport

/// What a ``ScriptedHTTPServer`` answers as a server of 2026-07-28. Everything may be replaced by a handler of the test's
/// own.
struct ScriptedModern: Sendable {
    var capabilities = #"{"tools":{}}"#
    var tools = #"[{"name":"work","inputSchema":{"type":"object"}}]"#
    /// By ``ScriptedRequest/call``.
    var handlers: [String: ScriptedHTTPServer.Handler] = [:]

    var handler: ScriptedHTTPServer.Handler {
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

    static func text(_ text: String) -> String {
        #"{"resultType":"complete","content":[{"type":"text","text":"\#(text)"}]}"#
    }

    /// A result that asks.
    ///
    /// - Parameter state: JSON; `nil` gives none.
    static func asking(_ requests: String?, state: String? = nil) -> String {
        let members = [
            #""resultType":"input_required""#, requests.map { #""inputRequests":\#($0)"# },
            state.map { #""requestState":\#($0)"# },
        ]
        return "{\(members.compactMap { $0 }.joined(separator: ","))}"
    }

    static let form =
        #"{"method":"elicitation/create","params":{"mode":"form","message":"Who?","requestedSchema":{"type":"object"}}}"#
    static let sampling = #"{"method":"sampling/createMessage","params":{"messages":[],"maxTokens":1}}"#
    static let roots = #"{"method":"roots/list"}"#
    static func url(_ url: String) -> String {
        #"{"method":"elicitation/create","params":{"mode":"url","message":"Go","url":"\#(url)"}}"#
    }
}

extension ScriptedConnection {
    /// - Parameter data: JSON.
    func error(
        _ code: Int, _ message: String, of request: ScriptedRequest, status: Int = 200, data: String? = nil
    ) throws {
        let data = data.map { #","data":\#($0)"# } ?? ""
        try answer(
            status, #"{"jsonrpc":"2.0","id":\#(request.id),"error":{"code":\#(code),"message":"\#(message)"\#(data)}}"#)
    }
}

extension ScriptedRequest {
    var params: JSONTree? { json?["params"] }
}
