import Synchronization
import TestSupport
import Testing

/// A client of 2026-07-28: introduces itself in every request, answers what results ask, keeps what it is told, and checks
/// every message against the schema and the rules of its revision.
final class ModernClient: ToldClient, Sendable {
    typealias Answer = ClientAnswer

    enum Outcome: Sendable {
        case answer(Answer)
        case cancelled
        case failed(String)
    }

    struct Inbox: ClientInbox {
        /// Notifications in the order they came, those of subscriptions among them.
        var told: [JSONTree] = []
        /// What the client was asked, in the order it was.
        var asked: [JSONTree] = []
        var outcomes: [JSONTree: Outcome] = [:]
        /// What each subscription has sent, the acknowledgement first.
        var heard: [JSONTree: [JSONTree]] = [:]
        /// What breaks rules that the schema cannot express.
        var problems: [String] = []
    }

    static let revision = "2026-07-28"
    static let metaPrefix = "io.modelcontextprotocol/"
    /// More rounds than any request of a test needs.
    static let maxRounds = 20

    let name: String
    let capabilities: JSONTree
    let messages: MessageLog
    let inbox = Observed(Inbox())
    let wire: any ModernWire
    private let logLevel = Mutex<String?>(nil)
    private let nextID = Atomic<Int>(1)
    private let running = Mutex<[JSONTree: Task<Void, Never>]>([:])
    private let mirrored = Mutex<[String: [MirroredHeader]]>([:])

    /// - Parameters:
    ///   - name: of this client in messages of the test.
    ///   - customMethods: what the revision does not have and is asked for all the same, to see it refused.
    ///   - makeWire: opens the way to the server. What it passes to its receiver belongs to no request in particular.
    init(
        _ name: String, capabilities: JSONTree? = nil, customMethods: Set<String> = [],
        over makeWire: (@escaping MessageReceiver) async throws -> any ModernWire
    ) async throws {
        self.name = name
        self.capabilities = capabilities ?? AnswerBook.capabilities(of: .v2026_07_28)
        let messages = MessageLog(customMethods: customMethods)
        self.messages = messages
        let inbox = inbox
        wire = try await makeWire { bytes in
            do {
                let message = try await Self.take(bytes, name, messages)
                inbox.update { $0.note(stray: message) }
            } catch {
                Issue.record("\(name): \(String(decoding: bytes.prefix(400), as: UTF8.self)): \(error)")
            }
        }
    }

    /// Runs `body` with a client, closes it, and expects that every message was right.
    static func with<Result>(
        _ name: String = "modern client", capabilities: JSONTree? = nil,
        over makeWire: (@escaping MessageReceiver) async throws -> any ModernWire,
        body: (ModernClient) async throws -> Result
    ) async throws -> Result {
        let client = try await ModernClient(name, capabilities: capabilities, over: makeWire)
        do {
            let result = try await body(client)
            try await client.close()
            let problems = await client.problems()
            #expect(problems == [])
            return result
        } catch {
            do { try await client.close() } catch { Issue.record("\(name) could not be closed: \(error)") }
            throw error
        }
    }

    // MARK: Requests

    func call(_ tool: String, _ arguments: JSONTree = [:], meta: JSONTree? = nil) async throws -> Answer {
        var params: [JSONTree.Member] = [.init("name", .string(tool)), .init("arguments", arguments)]
        if let meta { params.append(.init("_meta", meta)) }
        return try await request("tools/call", .object(params))
    }

    /// Sends a request.
    ///
    /// - Returns: the id of its first round.
    func begin(_ method: String, _ params: JSONTree?) -> JSONTree {
        let id = makeID()
        start(id) { [self] in .answer(try await rounds(of: method, params, from: id)) }
        return id
    }

    /// Does something under an id, until it is done or ``cancel(_:)`` is called.
    func start(_ id: JSONTree, _ body: @escaping @Sendable () async throws -> Outcome) {
        // Registered in one step with its start: the end must find it.
        running.withLock { running in
            running[id] = Task {
                let outcome: Outcome
                do {
                    outcome = try await body()
                } catch is CancellationError {
                    outcome = .cancelled
                } catch {
                    outcome = .failed("\(error)")
                }
                self.running.withLock { $0[id] = nil }
                inbox.update { $0.outcomes[id] = outcome }
            }
        }
    }

    func answer(to id: JSONTree) async throws -> Answer {
        let outcome = try await inbox.wait(for: "answer to request \(id)", within: Self.patience) { $0.outcomes[id] }
        switch outcome {
        case .failed(let reason): throw WireFailure("\(name): request \(id): \(reason)")
        case .cancelled: return Answer(id: id, response: nil, before: [])
        case .answer(let answer): return answer
        }
    }

    /// Takes a request back in the way of the transport, and waits until that is done.
    func cancel(_ id: JSONTree) async throws {
        running.withLock { $0[id] }?.cancel()
        _ = try await inbox.wait(for: "end of request \(id)", within: Self.patience) { $0.outcomes[id] }
    }

    func makeID() -> JSONTree { .number(String(nextID.wrappingAdd(1, ordering: .relaxed).oldValue)) }

    /// The least severe log messages that requests ask for from now on; `nil` for none.
    func wantLogs(of level: String?) { logLevel.withLock { $0 = level } }

    // MARK: One round

    /// Sends one request and waits for its one response.
    ///
    /// - Parameter receive: sees each message that comes for it.
    func exchange(
        _ method: String, _ params: JSONTree?, id: JSONTree,
        receive: @escaping @Sendable (JSONTree) -> Void = { _ in }
    ) async throws -> (response: JSONTree?, facts: HTTPFacts?) {
        let request = JSONTree.request(method, introduced(params), id: id)
        try await messages.record(request.bytes, on: name, revision: Self.revision, sender: .client)
        let tool = method == "tools/call" ? params?["name"]?.string : nil
        let headers = tool.flatMap { tool in mirrored.withLock { $0[tool] } } ?? []
        let response = Mutex<JSONTree?>(nil)
        let facts = try await wire.exchange(request, mirrored: headers) { [self] bytes in
            do {
                let message = try await Self.take(bytes, name, messages)
                inbox.update { $0.note(message, of: request) }
                if message["method"] == nil {
                    response.withLock { $0 = message }
                    if method == "tools/list" { remember(message["result"]?["tools"]?.elements ?? []) }
                }
                receive(message)
            } catch {
                Issue.record("\(name): \(String(decoding: bytes.prefix(400), as: UTF8.self)): \(error)")
            }
        }
        let last = response.withLock { $0 }
        if let facts { inbox.update { $0.check(facts, last, of: request) } }
        return (last, facts)
    }

    /// The params with what every request says of itself.
    private func introduced(_ params: JSONTree?) -> JSONTree {
        var meta: [JSONTree.Member] = [
            .init("\(Self.metaPrefix)protocolVersion", .string(Self.revision)),
            .init("\(Self.metaPrefix)clientInfo", ["name": "matrix", "version": "1.0.0"]),
            .init("\(Self.metaPrefix)clientCapabilities", capabilities),
        ]
        if let level = logLevel.withLock({ $0 }) { meta.append(.init("\(Self.metaPrefix)logLevel", .string(level))) }
        meta += params?["_meta"]?.members ?? []
        let others = (params?.members ?? []).filter { $0.name != "_meta" }
        return .object(others + [.init("_meta", .object(meta))])
    }

    private static func take(_ bytes: [UInt8], _ name: String, _ messages: MessageLog) async throws -> JSONTree {
        try await messages.record(bytes, on: name, revision: revision, sender: .server)
        return try JSONTree(parsing: bytes)
    }

    // MARK: Lists

    /// What tools want repeated in headers is so from then on.
    func remember(_ tools: [JSONTree]) {
        for tool in tools {
            guard let name = tool["name"]?.string, let schema = tool["inputSchema"] else { continue }
            let headers = MirroredHeader.all(in: schema)
            mirrored.withLock { $0[name] = headers }
        }
    }

    // MARK: The end

    /// Everything that was wrong with what crossed the wire, or with what came when.
    func problems() async -> [String] { await messages.problems() + inbox.value.problems }

    /// Takes back what is running.
    func close() async throws {
        for id in running.withLock({ Array($0.keys) }) { try await cancel(id) }
        try await wire.close()
    }
}

extension JSONTree {
    static func request(_ method: String, _ params: JSONTree, id: JSONTree) -> JSONTree {
        ["jsonrpc": "2.0", "id": id, "method": .string(method), "params": params]
    }
}
