import Synchronization
import TestSupport
import Testing

/// A client of 2026-07-28 over HTTP that knows tasks, unless it says otherwise. What the gateway answers is checked against
/// the schemas of that revision and of the extension.
final class TaskClient: Sendable {
    static let tasks: JSONTree = ["io.modelcontextprotocol/tasks": [:]]
    static let askable: JSONTree = ["elicitation": ["form": [:]], "extensions": tasks]
    static let revision = "2026-07-28"

    /// What one request came to.
    struct Answer: Sendable {
        let http: HTTPAnswer
        let response: JSONTree?

        var result: JSONTree? { response?["result"] }
        var errorCode: Int? { response?["error"]?["code"]?.int }
        var resultType: String? { result?["resultType"]?.string }
        var taskID: String? { result?["taskId"]?.string }
        var status: String? { result?["status"]?.string }
        var text: String? { result?["content"]?[0]?["text"]?.string }
        /// The text of a tool's result inside a task.
        var taskText: String? { result?["result"]?["content"]?[0]?["text"]?.string }
        var keys: [String] { result?["inputRequests"]?.members?.map(\.name) ?? [] }
    }

    let gateway: GatewayFixture
    let capabilities: JSONTree
    let messages = MessageLog()
    private let nextID = Mutex(1)

    init(_ gateway: GatewayFixture, capabilities: JSONTree = TaskClient.askable) {
        self.gateway = gateway
        self.capabilities = capabilities
    }

    /// Runs `body` with a client, and expects that every message to it was right.
    static func with(
        _ gateway: GatewayFixture, capabilities: JSONTree = TaskClient.askable, body: (TaskClient) async throws -> Void
    ) async throws {
        let client = TaskClient(gateway, capabilities: capabilities)
        try await body(client)
        #expect(await client.messages.problems() == [])
    }

    private func message(_ method: String, _ params: JSONTree, id: Int) -> JSONTree {
        let meta: JSONTree = [
            "io.modelcontextprotocol/protocolVersion": .string(Self.revision),
            "io.modelcontextprotocol/clientInfo": ["name": "task-client", "version": "1.0.0"],
            "io.modelcontextprotocol/clientCapabilities": capabilities,
        ]
        return SessionClient.request(
            method, .object((params.members ?? []) + [.init("_meta", meta)]), id: .number(String(id)))
    }

    private func headers(_ method: String, _ params: JSONTree, name: String?) -> [(String, String)] {
        var headers = [
            ("Content-Type", "application/json"), ("Accept", SessionClient.bothAnswers),
            ("MCP-Protocol-Version", Self.revision), ("Mcp-Method", method),
        ]
        if let name = name ?? params["name"]?.string ?? params["taskId"]?.string { headers.append(("Mcp-Name", name)) }
        return headers
    }

    private func makeID() -> Int {
        nextID.withLock { number in
            defer { number += 1 }
            return number
        }
    }

    /// - Parameter name: what `Mcp-Name` says; what it has to say when not given.
    func request(_ method: String, _ params: JSONTree = [:], name: String? = nil) async throws -> Answer {
        let id = makeID()
        let http = try await gateway.request(
            "POST", "/mcp", headers: headers(method, params, name: name),
            body: message(method, params, id: id).description)
        guard http[header: "Content-Type"] == "text/event-stream" else {
            try await record(http.body, answering: method)
            let response = try http.json()
            #expect(response["id"]?.int == id, "\(response)")
            return Answer(http: http, response: response)
        }
        var response: JSONTree?
        for event in http.events() {
            try await record(Array(event.data.utf8), answering: method)
            let message = try event.json()
            if message["method"] == nil { response = message }
        }
        return Answer(http: http, response: response)
    }

    private func record(_ bytes: [UInt8], answering method: String) async throws {
        try await messages.record(bytes, on: "gateway", revision: Self.revision, sender: .server, answering: method)
    }

    // MARK: Tasks

    func call(_ tool: String, _ arguments: JSONTree = [:], _ more: [JSONTree.Member] = []) async throws -> Answer {
        try await request(
            "tools/call", .object([.init("name", .string(tool)), .init("arguments", arguments)] + more))
    }

    /// Calls a tool and expects a task.
    ///
    /// - Returns: its id.
    func begin(
        _ tool: String, _ arguments: JSONTree = [:], sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> String {
        let answer = try await call(tool, arguments)
        #expect(answer.resultType == "task", "\(answer.http)", sourceLocation: sourceLocation)
        #expect(answer.result?["task"] == nil, sourceLocation: sourceLocation)
        #expect(answer.result?["requestState"] == nil, sourceLocation: sourceLocation)
        return try #require(answer.taskID, "\(answer.http)", sourceLocation: sourceLocation)
    }

    func get(_ id: String) async throws -> Answer { try await request("tasks/get", ["taskId": .string(id)]) }

    func update(_ id: String, _ answers: JSONTree) async throws -> Answer {
        try await request("tasks/update", ["taskId": .string(id), "inputResponses": answers])
    }

    func cancel(_ id: String) async throws -> Answer { try await request("tasks/cancel", ["taskId": .string(id)]) }

    /// Asks about a task until it is as far as that.
    func wait(for id: String, until what: String, _ isSo: (Answer) -> Bool) async throws -> Answer {
        try await gateway.wait(for: "task that \(what)") {
            let answer = try await get(id)
            #expect(answer.resultType == "complete", "\(answer.http)")
            #expect(answer.taskID == id)
            #expect(answer.result?["requestState"] == nil)
            return isSo(answer) ? answer : nil
        }
    }

    func wait(for id: String, status: String) async throws -> Answer {
        try await wait(for: id, until: "is \(status)") { $0.status == status }
    }

    static func confirmed(_ isConfirmed: Bool = true) -> JSONTree {
        ["action": "accept", "content": ["confirm": .bool(isConfirmed)]]
    }

    static func named(_ name: String) -> JSONTree { ["action": "accept", "content": ["name": .string(name)]] }

    // MARK: Subscriptions

    /// Opens a subscription to what is said of these tasks.
    func listen(_ ids: [String]) async throws -> Subscription {
        let id = makeID()
        let params: JSONTree = ["notifications": ["taskIds": .array(ids.map(JSONTree.string))]]
        let method = "subscriptions/listen"
        let connection = try await gateway.connect()
        try await connection.sendRequest(
            "POST", "/mcp", headers: headers(method, params, name: nil), body: message(method, params, id: id).bytes)
        return Subscription(client: self, connection: connection)
    }

    struct Subscription: Sendable {
        let client: TaskClient
        private let connection: RawHTTPClient

        fileprivate init(client: TaskClient, connection: RawHTTPClient) {
            self.client = client
            self.connection = connection
        }

        /// The answer, where the subscription is refused.
        func refusal() async throws -> JSONTree { try await connection.readAnswer().json() }

        func begin() async throws {
            let head = try await connection.readHead()
            #expect(head["Content-Type"] == "text/event-stream", "\(head)")
        }

        /// The next message.
        func next() async throws -> JSONTree {
            let event = try #require(try await connection.readEvent())
            try await client.record(Array(event.data.utf8), answering: "subscriptions/listen")
            return try event.json()
        }

        func close() { connection.close() }
    }
}
