import Glibc
import TestSupport

/// A server over HTTP that says and asks what a test tells it. Each session has an id of its own, and may listen.
struct AskingServer: Sendable {
    /// What a call of the tool `work` does.
    typealias Call = @Sendable (ScriptedRequest, ScriptedConnection, AskingServer) throws -> Void

    /// The answers of clients to what was asked, in the order of arrival.
    let answers = Observed<[JSONTree]>([])
    /// The streams that are open, by their sessions.
    let streams = Observed<[String: ScriptedConnection]>([:])
    private let sessions = Observed(0)
    private let call: Call

    /// - Parameter call: answers each call of the tool `work`.
    init(_ call: @escaping Call) { self.call = call }

    var script: ScriptedMCP {
        ScriptedMCP(
            tools: ["work", "other"],
            [
                "initialize": { request, connection in
                    let number = sessions.update { count in
                        count += 1
                        return count
                    }
                    try connection.result(
                        ScriptedMCP.initializeResult("2025-11-25"), of: request,
                        fields: "Mcp-Session-Id: session-\(number)\r\n")
                },
                "GET": { request, connection in
                    let session = request[field: "Mcp-Session-Id"] ?? ""
                    try connection.beginEvents()
                    streams.update { $0[session] = connection }
                    connection.waitForClose()
                    streams.update { if $0[session] === connection { $0[session] = nil } }
                },
                "POST": { request, connection in
                    answers.update { $0.append(request.json ?? .null) }
                    try connection.answer(202, type: nil)
                },
                "tools/call": { request, connection in
                    guard request.json?["params"]?["name"] == "work" else {
                        return try connection.result(ScriptedMCP.text("other"), of: request)
                    }
                    try call(request, connection, self)
                },
            ])
    }

    /// Runs a gateway in front of the server; afterwards only the common session may be open.
    func with(
        settings: [JSONTree.Member] = [], limits: JSONTree = [:],
        body: (GatewayFixture, ScriptedHTTPServer) async throws -> Void
    ) async throws {
        try await UpstreamCase.with(script, settings: settings, limits: limits) { gateway, server in
            try await body(gateway, server)
            try await gateway.waitForSessions(1)
        }
    }

    /// A form, as a request of the server's under this id.
    static func form(_ id: String, _ message: String = "who?") -> String {
        #"{"jsonrpc":"2.0","id":\#(id),"method":"elicitation/create","params":{"message":"\#(message)","requestedSchema":"#
            + #"{"type":"object","properties":{"name":{"type":"string"}}}}}"#
    }

    /// The answer that ends a call.
    static func done(_ request: ScriptedRequest, _ text: String = "done") -> String {
        #"{"jsonrpc":"2.0","id":\#(request.id),"result":\#(ScriptedMCP.text(text))}"#
    }

    /// Answers to what was asked under this id.
    func answers(to id: JSONTree) -> [JSONTree] { answers.value.filter { $0["id"] == id } }

    /// Waits, on the thread that serves a request, until so many answers have come.
    func waitForAnswers(_ count: Int, to id: JSONTree? = nil) throws {
        for _ in 0..<4000 {
            if answers.value.count(where: { id == nil || $0["id"] == id }) >= count { return }
            usleep(5_000)
        }
        throw FactMissing(description: "not \(count) answers, but \(answers.value)")
    }

    /// Waits, on the thread that serves a request, until the flag is set.
    static func wait(until flag: Observed<Bool>) throws {
        for _ in 0..<4000 {
            if flag.value { return }
            usleep(5_000)
        }
        throw FactMissing(description: "a flag was not set")
    }
}
