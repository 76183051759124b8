import MCPProtocol
import TestSupport
import Testing

/// A client of the reference server that speaks in messages of its own making, over any transport. Everything that
/// crosses the wire is checked against the schema of the revision.
final class RawPeer: Sendable {
    enum Transport: String, CaseIterable, Sendable {
        case stdio, http, sse
    }

    /// What came from the server.
    struct Traffic: Sendable {
        var responses: [JSONTree] = []
        var notifications: [JSONTree] = []
        var questions: [JSONTree] = []
        /// Why nothing more may come.
        var failure: String?

        func response(to id: JSONTree) -> JSONTree? { responses.first { $0["id"] == id } }
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// The outcome that answers a question: an object with `result` or `error`; `nil` leaves it open.
    typealias Answer = @Sendable (_ question: JSONTree) -> JSONTree?

    let transport: Transport
    let revision: ProtocolRevision
    let traffic = Observed(Traffic())
    let log: MessageLog
    private let process: RunningProcess
    private let port: Int
    private let answer: Answer
    private let lastID = Observed(100)
    /// HTTP: the session id. HTTP+SSE: where to post to.
    private let place = Observed<String?>(nil)
    private let readers = Observed<[Task<Void, Never>]>([])

    private init(
        _ transport: Transport, _ revision: ProtocolRevision, _ process: RunningProcess, port: Int,
        log: MessageLog, answer: @escaping Answer
    ) {
        self.transport = transport
        self.revision = revision
        self.process = process
        self.port = port
        self.log = log
        self.answer = answer
    }

    /// What a client of a revision can declare.
    static func everything(_ revision: ProtocolRevision) -> JSONTree {
        switch revision {
        case ..<(.v2025_06_18): ["sampling": [:], "roots": ["listChanged": true]]
        case .v2025_06_18: ["sampling": [:], "roots": ["listChanged": true], "elicitation": [:]]
        default:
            ["sampling": ["tools": [:]], "roots": ["listChanged": true], "elicitation": ["form": [:], "url": [:]]]
        }
    }

    /// Plausible answers to all questions.
    static let willing: Answer = { question in
        switch question["method"]?.string {
        case "sampling/createMessage":
            ["result": ["role": "assistant", "model": "m", "content": ["type": "text", "text": "hello"]]]
        case "elicitation/create":
            question["params"]?["mode"] == "url"
                ? ["result": ["action": "accept"]]
                : [
                    "result": [
                        "action": "accept",
                        "content": ["name": question["params"]?["message"] ?? "", "confirm": true],
                    ]
                ]
        case "roots/list": ["result": ["roots": [["uri": "file:///project", "name": "project"]]]]
        default: ["result": [:]]
        }
    }

    /// Starts a server, shakes hands, runs `body`, and checks every message.
    ///
    /// - Parameter opensStream: over HTTP, whether the client opens its standalone stream.
    static func with(
        _ transport: Transport, _ arguments: [String] = [], revision: ProtocolRevision = .latestLegacy,
        capabilities: JSONTree? = nil, customMethods: Set<String> = [], opensStream: Bool = true,
        checksMessages: Bool = true, answer: @escaping Answer = willing,
        _ body: (RawPeer) async throws -> Void
    ) async throws {
        let http = transport == .stdio ? [] : ["--http", "127.0.0.1:0"]
        let command = try RunningProcess.Command.built("reference-server", http + arguments)
        try await RunningProcess.with(command) { process in
            var port = 0
            if transport != .stdio {
                let line = try await process.line("URL") { $0.hasPrefix("listening on ") }
                port = line.split(separator: ":").last.flatMap { Int($0.prefix { $0.isNumber }) } ?? 0
            }
            let peer = RawPeer(
                transport, revision, process, port: port, log: MessageLog(customMethods: customMethods),
                answer: answer)
            do {
                try await peer.open(capabilities ?? everything(revision), opensStream: opensStream)
                try await body(peer)
                await peer.close()
            } catch {
                await peer.close()
                throw error
            }
            if checksMessages { #expect(await peer.log.problems() == []) }
        }
    }

    private func open(_ capabilities: JSONTree, opensStream: Bool) async throws {
        switch transport {
        case .stdio:
            read { [process] peer in
                while true {
                    let line = try await process.line("message", within: .seconds(300)) { _ in true }
                    try await peer.receive(Array(line.utf8))
                }
            }
        case .sse:
            let stream = try await stream(at: "/sse")
            let first = try await stream.readEvent()
            #expect(first?.name == "endpoint")
            place.update { $0 = first?.data }
            read { try await $0.receiveEvents(of: stream) }
        case .http: break
        }
        let hello: JSONTree = [
            "protocolVersion": .string(revision.rawValue), "capabilities": capabilities,
            "clientInfo": ["name": "peer", "version": "1.0"],
        ]
        let answer = try await request("initialize", hello)
        #expect(answer["result"]?["protocolVersion"]?.string == revision.rawValue)
        try await notify("notifications/initialized")
        if transport == .http, opensStream { try await openStream() }
    }

    /// HTTP: opens a standalone stream.
    func openStream(after lastEvent: String? = nil) async throws {
        let stream = try await stream(at: "/mcp", after: lastEvent)
        read { try await $0.receiveEvents(of: stream) }
    }

    private func close() async {
        for reader in readers.value {
            reader.cancel()
            await reader.value
        }
    }

    // MARK: Sending

    /// Sends a request and waits for its answer, which is the whole message.
    func request(_ method: String, _ params: JSONTree? = nil) async throws -> JSONTree {
        try await answer(to: try await begin(method, params))
    }

    /// Sends a request.
    ///
    /// - Returns: its id.
    func begin(_ method: String, _ params: JSONTree? = nil) async throws -> JSONTree {
        let number = lastID.update { last in
            last += 1
            return last
        }
        let id = JSONTree.number(String(number))
        var message: [JSONTree.Member] = [.init("jsonrpc", "2.0"), .init("id", id), .init("method", .string(method))]
        if let params { message.append(.init("params", params)) }
        try await send(.object(message))
        return id
    }

    func answer(to id: JSONTree) async throws -> JSONTree {
        let (answer, failure) = try await traffic.wait(for: "answer to \(id)") { traffic in
            let answer = traffic.response(to: id)
            return answer == nil && traffic.failure == nil ? nil : (answer, traffic.failure)
        }
        guard let answer else { throw Failure(description: failure ?? "no answer") }
        return answer
    }

    func call(_ tool: String, _ arguments: JSONTree = [:]) async throws -> JSONTree {
        try await request("tools/call", ["name": .string(tool), "arguments": arguments])
    }

    /// The first text of a call's result.
    func text(_ tool: String, _ arguments: JSONTree = [:]) async throws -> String {
        let answer = try await call(tool, arguments)
        return answer["result"]?["content"]?[0]?["text"]?.string ?? "\(answer)"
    }

    func notify(_ method: String, _ params: JSONTree? = nil) async throws {
        var message: [JSONTree.Member] = [.init("jsonrpc", "2.0"), .init("method", .string(method))]
        if let params { message.append(.init("params", params)) }
        try await send(.object(message))
    }

    private func send(_ message: JSONTree) async throws {
        let bytes = message.bytes
        try await log.record(bytes, on: "peer", revision: revision.rawValue, sender: .client)
        switch transport {
        case .stdio: try process.writeLine(message.description)
        case .sse:
            let answer = try await connect().request(
                "POST", place.value ?? "", headers: [("Content-Type", "application/json")], body: bytes)
            guard answer.status == 202 else { throw Failure(description: "\(answer)") }
        case .http:
            let connection = try await connect()
            try await connection.sendRequest("POST", "/mcp", headers: headers, body: bytes)
            // Whose answer comes first is the server's business: nobody waits here for it.
            read { try await $0.receiveAnswer(on: connection) }
            if message["method"]?.string == "initialize" {
                _ = try await traffic.wait(for: "session") { $0.responses.isEmpty && $0.failure == nil ? nil : true }
            }
        }
    }

    var headers: [(String, String)] {
        var headers = [("Content-Type", "application/json"), ("Accept", "application/json, text/event-stream")]
        if let session = place.value {
            headers.append(("Mcp-Session-Id", session))
            if revision.hasVersionHeader { headers.append(("MCP-Protocol-Version", revision.rawValue)) }
        }
        return headers
    }

    func connect() async throws -> RawHTTPClient { try await RawHTTPClient(port: port, limit: .seconds(60)) }

    /// Opens a stream of events with GET.
    func stream(at path: String, after lastEvent: String? = nil) async throws -> RawHTTPClient {
        let connection = try await connect()
        var headers = self.headers
        headers[1].1 = "text/event-stream"
        if let lastEvent { headers.append(("Last-Event-ID", lastEvent)) }
        try await connection.sendRequest("GET", path, headers: headers)
        let head = try await connection.readHead()
        guard head.status == 200 else { throw Failure(description: "GET \(path): \(head.status)") }
        return connection
    }

    // MARK: Receiving

    private func read(_ body: @escaping @Sendable (RawPeer) async throws -> Void) {
        let reader = Task {
            do {
                try await body(self)
            } catch is CancellationError {
                // The test is over.
            } catch {
                traffic.update { $0.failure = $0.failure ?? "\(error)" }
            }
        }
        readers.update { $0.append(reader) }
    }

    private func receiveAnswer(on connection: RawHTTPClient) async throws {
        let head = try await connection.readHead()
        if let session = head["Mcp-Session-Id"] { place.update { $0 = session } }
        if head["Content-Type"] == "text/event-stream" { return try await receiveEvents(of: connection) }
        var body: [UInt8] = []
        while let piece = try await connection.readBody() { body += piece }
        switch head.status {
        case 200: try await receive(body)
        case 202: break
        default: throw Failure(description: "HTTP \(head.status): \(String(decoding: body, as: UTF8.self))")
        }
    }

    private func receiveEvents(of stream: RawHTTPClient) async throws {
        while let event = try await stream.readEvent() {
            if !event.data.isEmpty { try await receive(Array(event.data.utf8)) }
        }
    }

    private func receive(_ bytes: [UInt8]) async throws {
        try await log.record(bytes, on: "peer", revision: revision.rawValue, sender: .server)
        let message = try JSONTree(parsing: bytes)
        guard message["method"] != nil else { return traffic.update { $0.responses.append(message) } }
        guard let id = message["id"] else { return traffic.update { $0.notifications.append(message) } }
        traffic.update { $0.questions.append(message) }
        guard let outcome = answer(message), let members = outcome.members else { return }
        try await send(.object([.init("jsonrpc", "2.0"), .init("id", id)] + members))
    }

    // MARK: Facts

    /// Waits for a notification of this method, and one with these params if they are given.
    @discardableResult
    func notification(_ method: String, _ params: JSONTree? = nil) async throws -> JSONTree {
        try await traffic.wait(for: method) { traffic in
            traffic.notifications.first {
                $0["method"]?.string == method && (params == nil || $0["params"] == params)
            }
        }
    }

    /// Calls a tool until its text is as wanted.
    func wait(for tool: String, _ isWanted: (String) -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(20)
        while true {
            let text = try await text(tool)
            if isWanted(text) { return }
            guard ContinuousClock.now < deadline else { throw Failure(description: "\(tool) still answers \(text)") }
            try await Task.sleep(for: .milliseconds(5))
        }
    }
}
