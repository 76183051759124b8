import Synchronization
import TestSupport
import Testing

/// A legacy MCP client over Streamable HTTP, which checks every message against the schema of the negotiated revision.
final class SessionClient: Sendable {
    /// What one request came to.
    struct Answer: Sendable {
        let http: HTTPAnswer
        /// What came before the response on the same stream, in order.
        let notifications: [JSONTree]
        /// `nil` when the stream ended without one.
        let response: JSONTree?

        var result: JSONTree? { response?["result"] }
        var error: JSONTree? { response?["error"] }
        var errorCode: Int? { error?["code"]?.int }
        var isEventStream: Bool { http[header: "Content-Type"] == "text/event-stream" }
        /// The text of a tool's first content block.
        var text: String? { result?["content"]?[0]?["text"]?.string }
        var isToolError: Bool { result?["isError"] == true }
    }

    static let bothAnswers = "application/json, text/event-stream"

    let gateway: GatewayFixture
    let sessionID: String
    /// The revision the gateway answered.
    let revision: String
    let initializeResult: JSONTree
    /// All messages of this client, both ways.
    let messages: MessageLog

    private struct State {
        var nextID = 1
        var idle: [RawHTTPClient] = []
    }
    private let state = Mutex(State())

    /// `initialize` and `notifications/initialized`.
    ///
    /// - Parameter revision: the one to ask for.
    static func open(
        _ gateway: GatewayFixture, revision: String = "2025-11-25", capabilities: JSONTree = [:]
    ) async throws -> SessionClient {
        let request: JSONTree = [
            "jsonrpc": "2.0", "id": 0, "method": "initialize",
            "params": [
                "protocolVersion": .string(revision), "capabilities": capabilities,
                "clientInfo": ["name": "session-client", "version": "1.0.0"],
            ],
        ]
        let connection = try await gateway.connect()
        let http = try await connection.request(
            "POST", "/mcp", headers: [("Content-Type", "application/json"), ("Accept", bothAnswers)],
            body: request.bytes)
        #expect(http.status == 200, "\(http)")
        let result = try #require(try http.json()["result"], "\(http)")
        let client = SessionClient(
            gateway, sessionID: try #require(http[header: "Mcp-Session-Id"]),
            revision: try #require(result["protocolVersion"]?.string), initializeResult: result)
        client.state.withLock { $0.idle.append(connection) }
        try await client.record(request.bytes, from: .client)
        try await client.record(http.body, from: .server)
        let accepted = try await client.notify("notifications/initialized")
        #expect(accepted.status == 202, "\(accepted)")
        #expect(accepted.body.isEmpty)
        return client
    }

    /// Runs `body` with a session, ends the session, and expects that every message was right.
    static func with<Result>(
        _ gateway: GatewayFixture, revision: String = "2025-11-25", capabilities: JSONTree = [:],
        body: (SessionClient) async throws -> Result
    ) async throws -> Result {
        let client = try await open(gateway, revision: revision, capabilities: capabilities)
        let result = try await body(client)
        try await client.close()
        return result
    }

    private init(_ gateway: GatewayFixture, sessionID: String, revision: String, initializeResult: JSONTree) {
        self.gateway = gateway
        self.sessionID = sessionID
        self.revision = revision
        self.initializeResult = initializeResult
        messages = MessageLog()
    }

    // MARK: Requests

    /// An id that this session has not used.
    func makeID() -> JSONTree {
        state.withLock { state in
            defer { state.nextID += 1 }
            return .number(String(state.nextID))
        }
    }

    /// The header fields of every request of this session.
    var headers: [(String, String)] {
        var headers = [
            ("Content-Type", "application/json"), ("Accept", Self.bothAnswers), ("Mcp-Session-Id", sessionID),
        ]
        if revision >= "2025-06-18" { headers.append(("MCP-Protocol-Version", revision)) }
        return headers
    }

    /// Sends a request and reads until its response, or until its stream ends.
    ///
    /// - Parameters:
    ///   - id: one of ``makeID()`` when not given.
    ///   - accept: replaces the `Accept` header.
    func request(
        _ method: String, _ params: JSONTree? = nil, id: JSONTree? = nil, accept: String? = nil
    ) async throws -> Answer {
        try await post(Self.request(method, params, id: id ?? makeID()).bytes, accept: accept)
    }

    func call(_ tool: String, _ arguments: JSONTree = [:], meta: JSONTree? = nil, id: JSONTree? = nil) async throws
        -> Answer
    {
        var params: [JSONTree.Member] = [.init("name", .string(tool)), .init("arguments", arguments)]
        if let meta { params.append(.init("_meta", meta)) }
        return try await request("tools/call", .object(params), id: id)
    }

    static func request(_ method: String, _ params: JSONTree?, id: JSONTree) -> JSONTree {
        var members: [JSONTree.Member] = [
            .init("jsonrpc", "2.0"), .init("id", id), .init("method", .string(method)),
        ]
        if let params { members.append(.init("params", params)) }
        return .object(members)
    }

    /// Sends a message as it is, and reads everything that answers it. The message is checked, too, so it must be right.
    func post(_ message: [UInt8], accept: String? = nil) async throws -> Answer {
        try await record(message, from: .client)
        var headers = headers
        if let accept { headers = headers.map { $0.0 == "Accept" ? ($0.0, accept) : $0 } }
        let connection = try await takeConnection()
        let http = try await connection.request("POST", "/mcp", headers: headers, body: message)
        keep(connection, after: http)
        return try await read(http)
    }

    /// What an HTTP answer to one message holds, all of it checked.
    func read(_ http: HTTPAnswer) async throws -> Answer {
        guard http[header: "Content-Type"] == "text/event-stream" else {
            guard http[header: "Content-Type"] == "application/json" else {
                return Answer(http: http, notifications: [], response: nil)
            }
            try await record(http.body, from: .server)
            return Answer(http: http, notifications: [], response: try http.json())
        }
        var notifications: [JSONTree] = []
        var response: JSONTree?
        for event in http.events() where !event.data.isEmpty {
            #expect(event.name == "message")
            try await record(Array(event.data.utf8), from: .server)
            let message = try event.json()
            if message["method"] != nil {
                #expect(response == nil, "a notification after the response: \(message)")
                notifications.append(message)
            } else {
                #expect(response == nil, "a second response: \(message)")
                response = message
            }
        }
        return Answer(http: http, notifications: notifications, response: response)
    }

    @discardableResult
    func notify(_ method: String, _ params: JSONTree? = nil) async throws -> HTTPAnswer {
        var members: [JSONTree.Member] = [.init("jsonrpc", "2.0"), .init("method", .string(method))]
        if let params { members.append(.init("params", params)) }
        return try await post(JSONTree.object(members).bytes).http
    }

    func cancel(_ id: JSONTree, reason: String = "not needed any more") async throws {
        let http = try await notify(
            "notifications/cancelled", ["requestId": id, "reason": .string(reason)])
        #expect(http.status == 202, "\(http)")
    }

    /// A connection on which a request has been sent and nothing been read, for tests that read event by event or vanish.
    func begin(_ method: String, _ params: JSONTree?, id: JSONTree) async throws -> RawHTTPClient {
        let message = Self.request(method, params, id: id).bytes
        try await record(message, from: .client)
        let connection = try await gateway.connect()
        try await connection.sendRequest("POST", "/mcp", headers: headers, body: message)
        return connection
    }

    // MARK: The stream of the session

    /// Opens the stream for what belongs to no request.
    func openStream() async throws -> SessionEvents { try await SessionEvents(self) }

    func record(_ bytes: [UInt8], from sender: MessageValidator.Sender) async throws {
        try await messages.record(bytes, on: sessionID, revision: revision, sender: sender)
    }

    // MARK: The end

    /// Ends the session, and expects that every message was right.
    func close() async throws {
        let http = try await gateway.request("DELETE", "/mcp", headers: headers)
        #expect(http.status == 204, "\(http)")
        for connection in state.withLock({ $0.idle }) { connection.close() }
        #expect(await messages.problems() == [])
    }

    /// Expects that every message so far was right, for a session that is not ended by its client.
    func abandon() async {
        for connection in state.withLock({ $0.idle }) { connection.close() }
        #expect(await messages.problems() == [])
    }

    // MARK: Connections

    private func takeConnection() async throws -> RawHTTPClient {
        if let idle = state.withLock({ $0.idle.popLast() }) { return idle }
        return try await gateway.connect()
    }

    private func keep(_ connection: RawHTTPClient, after http: HTTPAnswer) {
        if http[header: "Connection"]?.lowercased() == "close" {
            connection.close()
        } else {
            state.withLock { $0.idle.append(connection) }
        }
    }
}

/// The stream a session's client has opened with GET.
final class SessionEvents: Sendable {
    private let client: SessionClient
    private let connection: RawHTTPClient

    fileprivate init(_ client: SessionClient) async throws {
        self.client = client
        connection = try await client.gateway.connect()
        try await connection.sendRequest("GET", "/mcp", headers: client.headers)
        let head = try await connection.readHead()
        try #require(head.status == 200, "\(head)")
        #expect(head["Content-Type"] == "text/event-stream")
        #expect(head["Cache-Control"]?.contains("no-cache") == true)
    }

    /// The next message; `nil` when the gateway has ended the stream.
    func next(within limit: Duration = .seconds(20)) async throws -> JSONTree? {
        while let event = try await connection.readEvent(within: limit) {
            if event.data.isEmpty { continue }
            try await client.record(Array(event.data.utf8), from: .server)
            return try event.json()
        }
        return nil
    }

    func close() { connection.close() }
}
