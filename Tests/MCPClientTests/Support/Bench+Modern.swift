import AsyncIO
import MCPClient
import MCPProtocol
import TestSupport

extension Bench {
    /// All a client can be asked.
    static let askable = RawJSON(
        unchecked: Array(#"{"elicitation":{"form":{},"url":{}},"sampling":{},"roots":{}}"#.utf8)[...])

    /// Opens a session with a scripted server of 2026-07-28.
    func withModern(
        _ script: ScriptedModern, options change: @escaping @Sendable (inout ConnectionOptions) -> Void = { _ in },
        _ body: (any MCPConnection, ScriptedHTTPServer) async throws -> Void
    ) async throws {
        try await ScriptedHTTPServer.with(script.handler) { server in
            let options = options { options in
                options.era = .modern
                change(&options)
            }
            try await with(.auto, server, options: options) { try await body($0, server) }
        }
    }

    /// Calls `work`, and answers what it asks.
    func call(
        _ connection: any MCPConnection, arguments: String = "{}", context: RequestContext = RequestContext(),
        answer: (JSONRPCRequest) async throws -> JSONRPCResponse.Outcome
    ) async throws -> (answer: String, notifications: [JSONRPCNotification]) {
        let id = connection.makeRequestID()
        let params = #"{"name":"work","arguments":\#(arguments),"_meta":{"progressToken":\#(id)}}"#
        let exchange = try await connection.begin(
            id: id, method: "tools/call", params: Array(params.utf8), context: context, on: loop)
        var notifications: [JSONRPCNotification] = []
        while true {
            switch try await exchange.next(until: .soon) {
            case .notification(let notification): notifications.append(notification)
            case .request(let request): try await connection.reply(to: request.id, try await answer(request))
            case .alive: continue
            case .response(let response): return (response.outcomeText, notifications)
            case .stream: return ("a stream", notifications)
            }
        }
    }

    static func accepted(_ name: String = "Ada") -> JSONRPCResponse.Outcome {
        .result(RawJSON(unchecked: Array(#"{"action":"accept","content":{"name":"\#(name)"}}"#.utf8)[...]))
    }
}
