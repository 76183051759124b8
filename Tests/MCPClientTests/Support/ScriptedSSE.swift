import TestSupport

/// An HTTP+SSE server: one client's stream, and what is posted to it.
final class ScriptedSSE: Sendable {
    /// The stream, once a client has opened it.
    private let stream = Observed<ScriptedConnection?>(nil)
    private let endpoint: String
    /// Says on the stream, the second argument, what a posted message brings about.
    typealias Responder = @Sendable (ScriptedRequest, ScriptedConnection) throws -> Void
    private let responders: [String: Responder]
    /// Answers POSTs by their call, where a test wants no 202.
    private let posts: [String: ScriptedHTTPServer.Handler]

    /// - Parameters:
    ///   - endpoint: the first event's data; `HOST` in it is replaced by the server's address.
    ///   - on: what to say instead of the usual, by ``ScriptedRequest/call``.
    ///   - posts: replaces both the 202 and what is said on the stream.
    init(
        endpoint: String = "/messages?token=1", on responders: [String: Responder] = [:],
        posts: [String: ScriptedHTTPServer.Handler] = [:]
    ) {
        self.endpoint = endpoint
        self.responders = responders
        self.posts = posts
    }

    var handler: ScriptedHTTPServer.Handler {
        { [self] request, connection in
            if let own = posts[request.call] { return try own(request, connection) }
            guard request.method != "GET" else {
                // Known before the client can post.
                stream.update { $0 = connection }
                try connection.beginEvents()
                let address = endpoint.replacing("HOST", with: request[field: "Host"] ?? "")
                try connection.chunk("event: endpoint\ndata: \(address)\n\n")
                return connection.waitForClose()
            }
            // A stream is opened at another path than messages are posted to.
            guard request.target.contains("essages") else { return try connection.answer(405, type: nil) }
            try connection.answer(202, type: "text/plain", "Accepted")
            guard let stream = stream.value else { return }
            if let own = responders[request.call] { return try own(request, stream) }
            switch request.call {
            case "initialize": try say(ScriptedMCP.initializeResult("2024-11-05"), to: request)
            case "tools/list": try say(ScriptedMCP.list(["work"]), to: request)
            case "tools/call": try say(ScriptedMCP.text("done"), to: request)
            default: if request.json?["method"] != nil, request.json?["id"] != nil { try say("{}", to: request) }
            }
        }
    }

    /// Answers a request on the stream.
    private func say(_ result: String, to request: ScriptedRequest) throws {
        try stream.value?.event(#"{"jsonrpc":"2.0","id":\#(request.id),"result":\#(result)}"#)
    }
}
