import Synchronization
import TestSupport
import Testing

/// A client of 2026-07-28 over HTTP: each of its requests describes itself and goes over a connection of its own. What the
/// gateway says is checked against the schema of that revision.
final class StatelessClient: Sendable {
    /// What a request is for. A retry is the same once more, with answers.
    struct Request: Sendable {
        var method: String
        var params: [JSONTree.Member] = []
        /// Members of `_meta` beside those that every request has.
        var meta: [JSONTree.Member] = []
        /// Header fields beside those that every request has.
        var fields: [(String, String)] = []

        static func call(_ tool: String, _ arguments: JSONTree = [:], meta: [JSONTree.Member] = []) -> Request {
            Request(
                method: "tools/call", params: [.init("name", .string(tool)), .init("arguments", arguments)], meta: meta)
        }

        /// What `Mcp-Name` has to repeat.
        var name: String? {
            let member = method == "resources/read" ? "uri" : "name"
            guard ["tools/call", "prompts/get", "resources/read"].contains(method) else { return nil }
            return params.first { $0.name == member }?.value.string
        }

        /// The same request with these answers, in place of those it may have.
        func answering(_ answers: JSONTree?, state: String?) -> Request {
            var retry = self
            retry.params.removeAll { ["inputResponses", "requestState"].contains($0.name) }
            if let answers { retry.params.append(.init("inputResponses", answers)) }
            if let state { retry.params.append(.init("requestState", .string(state))) }
            return retry
        }
    }

    /// What one request came to.
    struct Answer: Sendable {
        let request: Request
        let http: HTTPAnswer
        /// What came before the response, in order.
        let notifications: [JSONTree]
        /// `nil` when the stream ended without one.
        let response: JSONTree?

        var result: JSONTree? { response?["result"] }
        var error: JSONTree? { response?["error"] }
        var errorCode: Int? { error?["code"]?.int }
        var errorText: String { error?["message"]?.string ?? "" }
        var text: String? { result?["content"]?[0]?["text"]?.string }
        var isToolError: Bool { result?["isError"] == true }
        var isComplete: Bool { result?["resultType"] == "complete" }
        /// Whether the client is asked something.
        var asks: Bool { result?["resultType"] == "input_required" }
        /// The keys of the questions.
        var keys: [String] { result?["inputRequests"]?.members?.map(\.name) ?? [] }
        var state: String? { result?["requestState"]?.string }
    }

    /// What a client declares that can be asked everything.
    static let askable: JSONTree = [
        "elicitation": ["form": [:], "url": [:]], "sampling": ["tools": [:]], "roots": [:],
    ]
    /// The answer to a form.
    static let accepted: JSONTree = ["action": "accept", "content": ["name": "Ada"]]

    static let revision = "2026-07-28"

    let gateway: GatewayFixture
    let capabilities: JSONTree
    /// What keeps it apart from others that declare the same; `nil`: nothing.
    let affinity: String?
    /// What the gateway has said.
    let messages = MessageLog()
    /// The local address to come from; `nil` leaves it to the system.
    private let source: String?
    private let nextID = Mutex(1)

    init(
        _ gateway: GatewayFixture, capabilities: JSONTree = StatelessClient.askable, affinity: String? = nil,
        from source: String? = nil
    ) {
        self.gateway = gateway
        self.capabilities = capabilities
        self.affinity = affinity
        self.source = source
    }

    /// Runs `body` with a client, and expects that every message to it was right.
    static func with<Result>(
        _ gateway: GatewayFixture, capabilities: JSONTree = StatelessClient.askable,
        body: (StatelessClient) async throws -> Result
    ) async throws -> Result {
        let client = StatelessClient(gateway, capabilities: capabilities)
        let result = try await body(client)
        await client.expectNoProblems()
        return result
    }

    func expectNoProblems(sourceLocation: SourceLocation = #_sourceLocation) async {
        #expect(await messages.problems() == [], sourceLocation: sourceLocation)
    }

    // MARK: Messages

    func makeID() -> JSONTree {
        nextID.withLock { number in
            defer { number += 1 }
            return .number(String(number))
        }
    }

    /// What every request says of itself and its sender.
    var meta: [JSONTree.Member] {
        [
            .init("io.modelcontextprotocol/protocolVersion", .string(Self.revision)),
            .init("io.modelcontextprotocol/clientInfo", ["name": "stateless-client", "version": "1.0.0"]),
            .init("io.modelcontextprotocol/clientCapabilities", capabilities),
        ] + (affinity.map { [Self.member($0)] } ?? [])
    }

    /// The member of `_meta` that has an affinity.
    static func member(_ affinity: String) -> JSONTree.Member { .init("mcp-gateway/affinity", .string(affinity)) }

    func message(_ request: Request, id: JSONTree) -> JSONTree {
        let params = request.params + [.init("_meta", .object(meta + request.meta))]
        return SessionClient.request(request.method, .object(params), id: id)
    }

    static func headers(_ request: Request, accept: String = SessionClient.bothAnswers) -> [(String, String)] {
        var headers = [
            ("Content-Type", "application/json"), ("Accept", accept), ("MCP-Protocol-Version", revision),
            ("Mcp-Method", request.method),
        ]
        if let name = request.name { headers.append(("Mcp-Name", name)) }
        return headers + request.fields
    }

    // MARK: Requests

    /// Sends a request and reads until its response, or until its stream ends.
    ///
    /// - Parameter kept: a connection to use and leave open; without one, the request has its own.
    func send(
        _ request: Request, id: JSONTree? = nil, accept: String = SessionClient.bothAnswers,
        over kept: RawHTTPClient? = nil
    ) async throws -> Answer {
        let id = id ?? makeID()
        let connection: RawHTTPClient
        if let kept { connection = kept } else { connection = try await gateway.connect(from: source) }
        defer { if kept == nil { connection.close() } }
        let http = try await connection.request(
            "POST", "/mcp", headers: Self.headers(request, accept: accept), body: message(request, id: id).bytes)
        return try await read(http, of: request, id: id)
    }

    func call(_ tool: String, _ arguments: JSONTree = [:], meta: [JSONTree.Member] = []) async throws -> Answer {
        try await send(.call(tool, arguments, meta: meta))
    }

    /// The request of an answer that asks once more, with these answers.
    ///
    /// - Parameter answers: all forms accepted unless said; `nil` sends none.
    func retry(_ answer: Answer, _ answers: JSONTree?) async throws -> Answer {
        try await send(answer.request.answering(answers, state: answer.state))
    }

    func retryAccepting(_ answer: Answer) async throws -> Answer {
        try await retry(answer, Self.accepting(answer))
    }

    static func accepting(_ answer: Answer) -> JSONTree { .object(answer.keys.map { .init($0, accepted) }) }

    /// Sends a request and reads nothing yet.
    func start(
        _ request: Request, id: JSONTree? = nil, receiveBufferBytes: Int? = nil
    ) async throws -> StatelessCall {
        let id = id ?? makeID()
        let connection = try await gateway.connect(from: source, receiveBufferBytes: receiveBufferBytes)
        try await connection.sendRequest(
            "POST", "/mcp", headers: Self.headers(request), body: message(request, id: id).bytes)
        return StatelessCall(self, connection, request, id: id)
    }

    // MARK: Reading

    /// What an HTTP answer holds, all of it checked.
    func read(_ http: HTTPAnswer, of request: Request, id: JSONTree) async throws -> Answer {
        #expect(http[header: "Mcp-Session-Id"] == nil)
        guard http[header: "Content-Type"] == "text/event-stream" else {
            guard http[header: "Content-Type"] == "application/json" else {
                return Answer(request: request, http: http, notifications: [], response: nil)
            }
            try await record(http.body, answering: request.method)
            let response = try http.json()
            #expect(response["id"] == id, "\(response)")
            return Answer(request: request, http: http, notifications: [], response: response)
        }
        var notifications: [JSONTree] = []
        var response: JSONTree?
        for event in http.events() {
            #expect(event.id == nil, "events of 2026-07-28 have no ids")
            try await record(Array(event.data.utf8), answering: request.method)
            let message = try event.json()
            #expect(response == nil, "something after the response: \(message)")
            if message["method"] != nil {
                #expect(message["id"] == nil, "a request to a client of 2026-07-28: \(message)")
                notifications.append(message)
            } else {
                #expect(message["id"] == id, "\(message)")
                response = message
            }
        }
        return Answer(request: request, http: http, notifications: notifications, response: response)
    }

    func record(_ bytes: [UInt8], answering method: String) async throws {
        try await messages.record(
            bytes, on: "gateway", revision: Self.revision, sender: .server, answering: method)
    }
}

extension GatewayFixture {
    /// A new connection from a local address of the client's choice.
    func connect(from source: String?, receiveBufferBytes: Int? = nil) async throws -> RawHTTPClient {
        try await RawHTTPClient(
            port: port, limit: .seconds(20), receiveBufferBytes: receiveBufferBytes, from: source)
    }
}
