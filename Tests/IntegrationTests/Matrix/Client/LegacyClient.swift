import Synchronization
import TestSupport
import Testing

/// A client of one of the revisions with a handshake, over any transport: declares everything its revision has, answers
/// whatever it is asked, keeps what it is told, and checks every message against the schema of its revision.
final class LegacyClient: ToldClient, Sendable {
    fileprivate enum Outcome: Sendable {
        case response(JSONTree, notifications: Int)
        case ended
        case failed(String)
    }

    struct Inbox: ClientInbox {
        /// Notifications in the order they came.
        fileprivate(set) var told: [JSONTree] = []
        /// Questions in the order they came.
        fileprivate(set) var asked: [JSONTree] = []
        /// Responses without an id: to what the gateway could not or would not read.
        fileprivate(set) var refusals: [JSONTree] = []
        fileprivate var outcomes: [JSONTree: Outcome] = [:]
    }

    let name: String
    let revision: Revision
    let messages: MessageLog
    let inbox: Observed<Inbox>
    let initializeResult: JSONTree
    private let wire: any ClientWire
    private let nextID = Atomic<Int>(1)

    // MARK: Beginning

    /// `initialize` and `notifications/initialized`.
    ///
    /// - Parameters:
    ///   - name: of this client in messages of the test.
    ///   - makeWire: opens the way to the gateway.
    static func open(
        _ name: String, _ revision: Revision, capabilities: JSONTree? = nil,
        over makeWire: (@escaping MessageReceiver) async throws -> any ClientWire
    ) async throws -> LegacyClient {
        let inbox = Observed(Inbox())
        // What the revision does not have is asked for all the same, to see it refused.
        let messages = MessageLog(
            customMethods: revision < .v2025_11_25 ? ["tasks/get", "tasks/result", "tasks/cancel"] : [])
        // The receiver needs the wire to answer with, which needs the receiver.
        let wire = Observed<(any ClientWire)?>(nil)
        let opened = try await makeWire { bytes in
            let answers = await Self.take(bytes, name, revision, messages, inbox)
            for answer in answers {
                // Not waited for: an answer must not hold back what comes behind the question.
                Task {
                    do {
                        try await messages.record(
                            answer.bytes, on: name, revision: revision.rawValue, sender: .client)
                        try await wire.value?.exchange(answer.bytes)
                    } catch {
                        Issue.record("\(name): the answer \(answer) was not taken: \(error)")
                    }
                }
            }
        }
        wire.update { $0 = opened }
        let client = LegacyClient.Opening(
            name: name, revision: revision, messages: messages, inbox: inbox, wire: opened)
        do {
            return try await client.begin(capabilities ?? AnswerBook.capabilities(of: revision))
        } catch {
            do { try await opened.close() } catch { Issue.record("\(name) could not be closed: \(error)") }
            throw error
        }
    }

    /// A client that has not been introduced yet.
    private struct Opening {
        let name: String
        let revision: Revision
        let messages: MessageLog
        let inbox: Observed<Inbox>
        let wire: any ClientWire

        func begin(_ capabilities: JSONTree) async throws -> LegacyClient {
            let request = LegacyClient.message(
                "initialize",
                [
                    "protocolVersion": .string(revision.rawValue), "capabilities": capabilities,
                    "clientInfo": ["name": "matrix", "version": "1.0.0"],
                ], id: 0)
            try await messages.record(request.bytes, on: name, revision: revision.rawValue, sender: .client)
            try await wire.exchange(request.bytes)
            let outcome = try await inbox.wait(for: "answer to initialize", within: LegacyClient.patience) {
                $0.outcomes[0]
            }
            guard case .response(let response, _) = outcome, let result = response["result"] else {
                throw WireFailure("\(name): initialize got \(outcome)")
            }
            guard result["protocolVersion"]?.string == revision.rawValue else {
                throw WireFailure("\(name): initialize agreed on \(result)")
            }
            let client = LegacyClient(self, result)
            try await wire.sessionBegan(revision: revision)
            try await client.notify("notifications/initialized")
            return client
        }
    }

    private init(_ opening: Opening, _ initializeResult: JSONTree) {
        name = opening.name
        revision = opening.revision
        messages = opening.messages
        inbox = opening.inbox
        wire = opening.wire
        self.initializeResult = initializeResult
    }

    // MARK: Receiving

    /// - Returns: answers to what was asked.
    private static func take(
        _ bytes: [UInt8], _ name: String, _ revision: Revision, _ messages: MessageLog, _ inbox: Observed<Inbox>
    ) async -> [JSONTree] {
        do {
            try await messages.record(bytes, on: name, revision: revision.rawValue, sender: .server)
            let message = try JSONTree(parsing: bytes)
            let parts = message.elements ?? [message]
            inbox.update { inbox in
                for part in parts { inbox.note(part) }
            }
            return parts.filter { $0["method"] != nil && $0["id"] != nil }.map {
                AnswerBook.answer(to: $0, revision: revision)
            }
        } catch {
            Issue.record("\(name): \(String(decoding: bytes.prefix(400), as: UTF8.self)): \(error)")
            return []
        }
    }

    // MARK: Requests

    static func message(_ method: String, _ params: JSONTree?, id: JSONTree? = nil) -> JSONTree {
        var members: [JSONTree.Member] = [.init("jsonrpc", "2.0")]
        if let id { members.append(.init("id", id)) }
        members.append(.init("method", .string(method)))
        if let params { members.append(.init("params", params)) }
        return .object(members)
    }

    func makeID() -> JSONTree { .number(String(nextID.wrappingAdd(1, ordering: .relaxed).oldValue)) }

    /// Sends a request.
    ///
    /// - Returns: its id.
    func begin(_ method: String, _ params: JSONTree?) async throws -> JSONTree {
        let id = makeID()
        try await send(Self.message(method, params, id: id), ids: [id])
        return id
    }

    /// Sends requests.
    ///
    /// - Parameters:
    ///   - message: one request, or a batch of them.
    ///   - ids: those of the requests that will be answered.
    ///   - isRight: `false` for what the schema forbids.
    func send(_ message: JSONTree, ids: [JSONTree], isRight: Bool = true) async throws {
        if isRight { try await record(message) }
        guard wire.answersInPlace else { return try await wire.exchange(message.bytes) }
        Task { [wire, inbox] in
            let end: Outcome
            do {
                try await wire.exchange(message.bytes)
                end = .ended
            } catch {
                end = .failed("\(error)")
            }
            inbox.update { inbox in
                for id in ids where inbox.outcomes[id] == nil { inbox.outcomes[id] = end }
            }
        }
    }

    func answer(to id: JSONTree) async throws -> ClientAnswer {
        let outcome = try await inbox.wait(for: "answer to request \(id)", within: Self.patience) { $0.outcomes[id] }
        switch outcome {
        case .failed(let reason): throw WireFailure("\(name): request \(id): \(reason)")
        case .ended: return ClientAnswer(id: id, response: nil, before: [])
        case .response(let response, let count):
            return ClientAnswer(id: id, response: response, before: inbox.value.told.prefix(count))
        }
    }

    /// Whether the request was answered, so far.
    func isAnswered(_ id: JSONTree) -> Bool {
        if case .response = inbox.value.outcomes[id] { true } else { false }
    }

    /// Waits until it is certain that a request that was taken back will not be answered.
    func waitForSilence(after id: JSONTree) async throws -> Bool {
        if wire.answersInPlace { return try await answer(to: id).response == nil }
        // What would have been said came before this.
        _ = try await request("ping")
        return !isAnswered(id)
    }

    func notify(_ method: String, _ params: JSONTree? = nil) async throws {
        let message = Self.message(method, params)
        try await record(message)
        try await wire.exchange(message.bytes)
    }

    private func record(_ message: JSONTree) async throws {
        try await messages.record(message.bytes, on: name, revision: revision.rawValue, sender: .client)
    }

    // MARK: Ending

    func close() async throws { try await wire.close() }
}

extension LegacyClient.Inbox {
    fileprivate mutating func note(_ message: JSONTree) {
        switch (message["method"], message["id"]) {
        case (_?, nil): told.append(message)
        case (_?, _?): asked.append(message)
        case (nil, let id?) where id != .null: outcomes[id] = .response(message, notifications: told.count)
        case (nil, _): refusals.append(message)
        }
    }
}
