import Synchronization
import TestSupport

/// A server of 2026-07-28 over HTTP whose tool `work` can only be a task, and asks one form before it ends.
final class ScriptedModernTasks: Sendable {
    private struct State {
        var answer: JSONTree?
        var isCancelled = false
    }

    private let state = Mutex(State())
    /// Requests about the task so far, by their methods.
    let requests = Observed<[String]>([])

    /// What the form was answered with.
    var answer: JSONTree? { state.withLock { $0.answer } }

    var handler: ScriptedHTTPServer.Handler {
        { [self] request, connection in
            requests.update { $0.append(request.call) }
            switch request.call {
            case "server/discover":
                try connection.result(
                    #"{"resultType":"complete","supportedVersions":["2026-07-28"],"capabilities":{"tools":{},"#
                        + #""extensions":{"io.modelcontextprotocol/tasks":{}}},"ttlMs":0,"cacheScope":"private"}"#,
                    of: request)
            case "tools/list":
                try connection.result(
                    #"{"resultType":"complete","ttlMs":0,"cacheScope":"private","#
                        + #""tools":[{"name":"work","inputSchema":{"type":"object"}}]}"#, of: request)
            case "tools/call": try call(request, connection)
            case "tasks/get": try connection.result(task, of: request)
            case "tasks/update":
                let answer = request.json?["params"]?["inputResponses"]?["form"]
                state.withLock { $0.answer = answer }
                try connection.result(#"{"resultType":"complete"}"#, of: request)
            case "tasks/cancel":
                state.withLock { $0.isCancelled = true }
                try connection.result(#"{"resultType":"complete"}"#, of: request)
            default:
                try connection.answer(
                    404, #"{"jsonrpc":"2.0","id":\#(request.id),"error":{"code":-32601,"message":"Method not found"}}"#)
            }
        }
    }

    private func call(_ request: ScriptedRequest, _ connection: ScriptedConnection) throws {
        let declared = request.json?["params"]?["_meta"]?["io.modelcontextprotocol/clientCapabilities"]?["extensions"]
        guard declared?["io.modelcontextprotocol/tasks"] == [:] else {
            return try connection.answer(
                400,
                #"{"jsonrpc":"2.0","id":\#(request.id),"error":{"code":-32021,"message":"only a task","#
                    + #""data":{"requiredCapabilities":{"extensions":{"io.modelcontextprotocol/tasks":{}}}}}}"#)
        }
        try connection.result(#"{"resultType":"task",\#(Self.fields("working"))}"#, of: request)
    }

    private static func fields(_ status: String) -> String {
        #""taskId":"native","status":"\#(status)","createdAt":"2026-01-01T00:00:00Z","#
            + #""lastUpdatedAt":"2026-01-01T00:00:00Z","ttlMs":60000,"pollIntervalMs":20"#
    }

    private var task: String {
        let (answer, isCancelled) = state.withLock { ($0.answer, $0.isCancelled) }
        if isCancelled { return #"{"resultType":"complete",\#(Self.fields("cancelled"))}"# }
        guard let answer else {
            return #"{"resultType":"complete",\#(Self.fields("input_required")),"inputRequests":{"form":"#
                + #"{"method":"elicitation/create","params":{"message":"Go on?","requestedSchema":"#
                + #"{"type":"object","properties":{"confirm":{"type":"boolean"}}}}}}}"#
        }
        return #"{"resultType":"complete",\#(Self.fields("completed")),"result":{"resultType":"complete","#
            + #""content":[{"type":"text","text":"went on: \#(answer["action"]?.string ?? "?")"}]}}"#
    }

    /// Runs a gateway in front of it.
    static func with(body: (GatewayFixture, ScriptedModernTasks) async throws -> Void) async throws {
        let tasks = ScriptedModernTasks()
        try await ScriptedHTTPServer.with(tasks.handler) { server in
            try await GatewayFixture.with(UpstreamCase.configuration(["far": UpstreamCase.http(server)])) { gateway in
                try await body(gateway, tasks)
                try await gateway.waitUntilIdle()
            }
        }
    }
}
