import TestSupport

/// What one side of tapped Streamable HTTP or HTTP+SSE has said, checked against the schema of what each session negotiated
/// or each request says of itself.
struct TappedSessions: Sendable {
    /// The messages of the side that is checked.
    private(set) var checkedMessages = 0
    /// The methods of its requests and notifications, and those that its responses answer.
    private(set) var methods: Set<String> = []
    /// The revisions that sessions agreed on, and those that requests are of which belong to none.
    private(set) var revisions: Set<String> = []
    /// What is wrong with the messages of the side that is checked; empty when nothing is.
    private(set) var problems: [String] = []

    /// - Parameter checked: the side whose messages have to be right. What the other side says only gives them their
    ///   meaning.
    init(_ exchanges: [TappedExchange], checking checked: MessageValidator.Sender) async throws {
        let revisionOfSession = Self.negotiated(in: exchanges)
        revisions = Set(revisionOfSession.values).union(exchanges.compactMap(\.describedRevision))
        let log = MessageLog()
        // The other side first: an answer may have travelled on a connection that was made before its question's.
        for sender in [checked.other, checked] {
            for (index, exchange) in exchanges.enumerated() {
                // What belongs to no session says itself which revision it is of, or fits the newest with sessions.
                let session = exchange.session
                let described = exchange.describedRevision
                let revision =
                    described ?? session.flatMap { revisionOfSession[$0] } ?? exchange.request["MCP-Protocol-Version"]
                    ?? "2025-11-25"
                // Several clients may share a connection, each with ids of its own; a request without a session is
                // answered where it was made.
                let channel = described != nil ? "exchange \(index)" : session ?? "connection \(exchange.connection)"
                for message in sender == .client ? exchange.requestMessages : exchange.responseMessages {
                    try await log.record(message, on: channel, revision: revision, sender: sender)
                }
            }
        }
        for entry in await log.entries where entry.sender == checked {
            checkedMessages += 1
            if let method = entry.method { methods.insert(method) }
            for problem in entry.problems {
                let text = String(decoding: entry.bytes.prefix(400), as: UTF8.self)
                problems.append("[\(entry.channel), \(entry.revision)] \(problem)\n    in \(text)")
            }
        }
        switch checked {
        case .client: problems += try exchanges.flatMap(Self.misdescribed)
        case .server:
            problems += try Self.misanswered(exchanges)
            problems += try exchanges.flatMap(Self.mistold)
        }
    }

    /// The revision of each session, by its id.
    private static func negotiated(in exchanges: [TappedExchange]) -> [String: String] {
        var revisions: [String: String] = [:]
        for exchange in exchanges {
            guard let session = exchange.session else { continue }
            for message in exchange.responseMessages {
                guard let tree = try? JSONTree(parsing: message) else { continue }  // Recorded, and a problem, later.
                if let revision = tree["result"]?["protocolVersion"]?.string { revisions[session] = revision }
            }
        }
        return revisions
    }

    /// Whole answers that do not answer the message they were for (MCP 2025-11-25, Transports, "Sending Messages to the
    /// Server"): one response to a request unless it was cancelled, and 202 without a body to anything else. Over HTTP+SSE
    /// the answers to requests come on the session's stream.
    private static func misanswered(_ exchanges: [TappedExchange]) throws -> [String] {
        var problems: [String] = []
        let cancelled = try cancelledRequests(in: exchanges)
        for exchange in exchanges where exchange.method == "POST" && exchange.request.isComplete {
            guard let response = exchange.response, response.isComplete, let status = response.status else { continue }
            if status >= 500 { problems.append("\(response.startLine) to \(text(exchange.request.body))") }
            guard status / 100 == 2 else { continue }
            let message = try JSONTree(parsing: exchange.request.body)
            guard let id = message["id"], message["method"] != nil, !exchange.isOfSSE else {
                if status != 202 || !exchange.isOfSSE && !response.body.isEmpty {
                    problems.append("\(response.startLine) \(text(response.body)) to \(text(exchange.request.body))")
                }
                continue
            }
            let answers = try exchange.responseMessages.map { try JSONTree(parsing: $0) }.filter { $0["method"] == nil }
            let session = exchange.session ?? ""
            if answers.isEmpty, cancelled.contains([session, id.description]) { continue }
            // In 2026-07-28 that is how a request is cancelled (Transports, "Cancellation").
            if answers.isEmpty, exchange.wasAbandoned, exchange.describedRevision != nil { continue }
            if answers.count != 1 || answers.first?["id"] != id {
                problems.append("\(answers.count) responses to \(text(exchange.request.body))")
            }
        }
        return problems
    }

    /// Session and id of each request that its client has cancelled.
    private static func cancelledRequests(in exchanges: [TappedExchange]) throws -> Set<[String]> {
        var cancelled: Set<[String]> = []
        for exchange in exchanges where exchange.method == "POST" && exchange.request.isComplete {
            let message = try JSONTree(parsing: exchange.request.body)
            guard message["method"] == "notifications/cancelled", let id = message["params"]?["requestId"] else {
                continue
            }
            cancelled.insert([exchange.session ?? "", id.description])
        }
        return cancelled
    }

    static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes.prefix(300), as: UTF8.self) }
}
