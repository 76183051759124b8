import Synchronization
import TestSupport
import Testing

/// A request of a client that is read event by event, so that what the server asks meanwhile can be answered.
final class OpenCall: Sendable {
    let client: SessionClient
    let id: JSONTree
    private struct State {
        var connection: RawHTTPClient
        var head: HTTPAnswer.Head?
        var lastEventID: String?
        var retryMilliseconds: Int?
    }
    private let state: Mutex<State>

    init(_ client: SessionClient, _ connection: RawHTTPClient, id: JSONTree) {
        self.client = client
        self.id = id
        state = Mutex(State(connection: connection))
    }

    private var connection: RawHTTPClient { state.withLock { $0.connection } }
    /// The newest event that the client has seen.
    var lastEventID: String? { state.withLock { $0.lastEventID } }
    /// When the gateway has asked the client to come back.
    var retryMilliseconds: Int? { state.withLock { $0.retryMilliseconds } }

    /// The next message on the stream; `nil` at its end.
    func next(within limit: Duration = .seconds(20)) async throws -> JSONTree? {
        if state.withLock({ $0.head }) == nil {
            let head = try await connection.readHead(within: limit)
            #expect(head.status == 200, "\(head)")
            state.withLock { $0.head = head }
        }
        guard state.withLock({ $0.head?["Content-Type"] }) == "text/event-stream" else {
            var body: [UInt8] = []
            while let piece = try await connection.readBody(within: limit) { body += piece }
            if body.isEmpty { return nil }
            try await client.record(body, from: .server)
            return try JSONTree(parsing: body)
        }
        while let event = try await connection.readEvent(within: limit, includingEmpty: true) {
            state.withLock { state in
                state.lastEventID = event.id ?? state.lastEventID
                state.retryMilliseconds = event.retryMilliseconds ?? state.retryMilliseconds
            }
            if event.data.isEmpty { continue }
            try await client.record(Array(event.data.utf8), from: .server)
            return try event.json()
        }
        return nil
    }

    /// The next message that is a request of the server's.
    func question(within limit: Duration = .seconds(20)) async throws -> JSONTree {
        while let message = try await next(within: limit) {
            if message["method"] != nil, message["id"] != nil { return message }
            try #require(message["method"] != nil, "no question before the answer: \(message)")
        }
        throw FactMissing(description: "the stream ended without a question")
    }

    /// The answer to the request, and what came before it.
    func rest(within limit: Duration = .seconds(20)) async throws -> (response: JSONTree?, before: [JSONTree]) {
        var before: [JSONTree] = []
        while let message = try await next(within: limit) {
            if message["method"] == nil {
                #expect(message["id"] == id, "\(message)")
                return (message, before)
            }
            before.append(message)
        }
        return (nil, before)
    }

    /// The answer to the request; what comes before it is passed over.
    func response(within limit: Duration = .seconds(20)) async throws -> JSONTree? {
        try await rest(within: limit).response
    }

    /// The text of the answer's first content block.
    func text(within limit: Duration = .seconds(20)) async throws -> String? {
        try await response(within: limit)?["result"]?["content"]?[0]?["text"]?.string
    }

    /// Expects that the stream ends without a further message.
    func expectEnd(within limit: Duration = .seconds(20)) async throws {
        #expect(try await next(within: limit) == nil)
    }

    /// Ends the connection; the session goes on.
    func vanish() { connection.reset() }

    /// Comes back for the rest of the stream on a connection of its own.
    ///
    /// - Parameter eventID: after which to go on; the newest that was seen without one.
    func resume(after eventID: String? = nil) async throws {
        let last = try #require(eventID ?? lastEventID, "the stream had no event to come back to")
        let connection = try await client.gateway.connect()
        try await connection.sendRequest("GET", "/mcp", headers: client.headers + [("Last-Event-ID", last)])
        state.withLock { state in
            state.connection = connection
            state.head = nil
        }
    }
}

extension SessionClient {
    /// What a client declares that can be asked everything.
    static let askable: JSONTree = ["elicitation": [:], "sampling": [:], "roots": ["listChanged": true]]

    /// Calls a tool and reads nothing yet.
    func start(
        _ tool: String, _ arguments: JSONTree = [:], meta: JSONTree? = nil, id: JSONTree? = nil
    ) async throws -> OpenCall {
        var params: [JSONTree.Member] = [.init("name", .string(tool)), .init("arguments", arguments)]
        if let meta { params.append(.init("_meta", meta)) }
        let id = id ?? makeID()
        return OpenCall(self, try await begin("tools/call", .object(params), id: id), id: id)
    }

    /// Answers a question of the server's with a result that is right.
    func answer(_ question: JSONTree, _ result: JSONTree = SessionClient.accepted) async throws {
        let id = try #require(question["id"])
        let http = try await post(JSONTree.object(Self.answer(id, result)).bytes).http
        #expect(http.status == 202, "\(http)")
    }

    /// Answers under this id with whatever this is, without being checked.
    func answerUnchecked(_ id: JSONTree, _ member: String = "result", _ value: JSONTree) async throws {
        let message = JSONTree.object([.init("jsonrpc", "2.0"), .init("id", id), .init(member, value)])
        let http = try await gateway.post(message.description, in: self)
        #expect(http.status == 202, "\(http)")
    }

    static func answer(_ id: JSONTree, _ result: JSONTree) -> [JSONTree.Member] {
        [.init("jsonrpc", "2.0"), .init("id", id), .init("result", result)]
    }

    /// The answer to a form.
    static let accepted: JSONTree = ["action": "accept", "content": ["name": "Ada"]]
}

extension JSONTree {
    /// Whether this is a notification that takes the question of this id back.
    func withdraws(_ question: JSONTree) -> Bool {
        self["method"] == "notifications/cancelled" && self["params"]?["requestId"] == question["id"]
    }
}
