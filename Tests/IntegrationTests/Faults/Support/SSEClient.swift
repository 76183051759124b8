import Synchronization
import TestSupport
import Testing

/// A client of HTTP+SSE (2024-11-05): a stream for all that comes, a URL for all that goes.
final class SSEClient: Sendable {
    let gateway: GatewayFixture
    /// Where its messages go.
    let messagesPath: String
    private let stream: RawHTTPClient
    private let nextID = Mutex(1)

    /// Opens the stream, and does not shake hands.
    static func connect(_ gateway: GatewayFixture) async throws -> SSEClient {
        let stream = try await gateway.connect()
        try await stream.sendRequest("GET", "/sse", headers: [("Accept", "text/event-stream")])
        let head = try await stream.readHead()
        #expect(head.status == 200, "\(head)")
        let first = try #require(try await stream.readEvent())
        #expect(first.name == "endpoint")
        return SSEClient(gateway, stream, first.data)
    }

    /// Opens the stream and shakes hands.
    static func open(
        _ gateway: GatewayFixture, revision: String = "2024-11-05", capabilities: JSONTree = [:]
    ) async throws -> SSEClient {
        let client = try await connect(gateway)
        try await client.send("initialize", initializeParams(revision, capabilities), id: 0)
        let answer = try #require(try await client.next())
        #expect(answer["result"]?["protocolVersion"]?.string == revision, "\(answer)")
        #expect(try await client.post(#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#).status == 202)
        return client
    }

    static func initializeParams(_ revision: String, _ capabilities: JSONTree) -> JSONTree {
        [
            "protocolVersion": .string(revision), "capabilities": capabilities,
            "clientInfo": ["name": "sse-client", "version": "1.0.0"],
        ]
    }

    private init(_ gateway: GatewayFixture, _ stream: RawHTTPClient, _ messagesPath: String) {
        self.gateway = gateway
        self.stream = stream
        self.messagesPath = messagesPath
    }

    func post(_ body: String) async throws -> HTTPAnswer {
        try await gateway.request(
            "POST", messagesPath, headers: [("Content-Type", "application/json")], body: body)
    }

    func send(_ method: String, _ params: JSONTree? = nil, id: JSONTree) async throws {
        let http = try await post(SessionClient.request(method, params, id: id).description)
        #expect(http.status == 202, "\(http)")
    }

    /// Calls a tool, of which the answer will come on the stream.
    func start(_ tool: String, _ arguments: JSONTree = [:]) async throws -> JSONTree {
        let id = nextID.withLock { number in
            defer { number += 1 }
            return JSONTree.number("\(number)")
        }
        try await send("tools/call", ["name": .string(tool), "arguments": arguments], id: id)
        return id
    }

    /// The next message on the stream; `nil` at its end.
    func next(within limit: Duration = .seconds(20)) async throws -> JSONTree? {
        try await stream.readEvent(within: limit)?.json()
    }

    /// Passes over what comes before the answer to a request.
    func answer(to id: JSONTree) async throws -> JSONTree {
        while let message = try await next() {
            if message["id"] == id, message["method"] == nil { return message }
        }
        throw FactMissing(description: "the stream ended without the answer to \(id)")
    }

    func close() { stream.close() }
}
