import Synchronization
import TestSupport
import Testing

/// A request of a client of 2026-07-28 that is read message by message, and can be given up.
final class StatelessCall: Sendable {
    let client: StatelessClient
    let request: StatelessClient.Request
    let id: JSONTree
    private let connection: RawHTTPClient
    private let head = Mutex<HTTPAnswer.Head?>(nil)

    init(_ client: StatelessClient, _ connection: RawHTTPClient, _ request: StatelessClient.Request, id: JSONTree) {
        self.client = client
        self.connection = connection
        self.request = request
        self.id = id
    }

    /// Waits for the beginning of the answer.
    @discardableResult
    func readHead() async throws -> HTTPAnswer.Head {
        if let known = head.withLock({ $0 }) { return known }
        let read = try await connection.readHead()
        head.withLock { $0 = read }
        return read
    }

    /// The next message; `nil` at the end of the stream.
    func next(within limit: Duration = .seconds(20)) async throws -> JSONTree? {
        let head = try await readHead()
        guard head["Content-Type"] == "text/event-stream" else {
            var body: [UInt8] = []
            while let piece = try await connection.readBody(within: limit) { body += piece }
            if body.isEmpty { return nil }
            try await client.record(body, answering: request.method)
            return try JSONTree(parsing: body)
        }
        guard let event = try await connection.readEvent(within: limit) else { return nil }
        try await client.record(Array(event.data.utf8), answering: request.method)
        return try event.json()
    }

    /// What the request came to.
    func answer() async throws -> StatelessClient.Answer {
        let head = try await readHead()
        var notifications: [JSONTree] = []
        while let message = try await next() {
            guard message["method"] == nil else {
                notifications.append(message)
                continue
            }
            #expect(message["id"] == id, "\(message)")
            return StatelessClient.Answer(
                request: request, http: HTTPAnswer(head: head, body: []), notifications: notifications,
                response: message)
        }
        return StatelessClient.Answer(
            request: request, http: HTTPAnswer(head: head, body: []), notifications: notifications, response: nil)
    }

    /// Lines of the stream so far that are no messages.
    var comments: Int { connection.eventComments }

    /// Gives the request up: the client closes the connection of its answer.
    func vanish() { connection.reset() }

    func close() { connection.close() }
}
