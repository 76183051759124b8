import Synchronization
import TestSupport

/// Streamable HTTP: a POST for each message, and a GET stream for what belongs to none.
final class StreamableHTTPWire: ClientWire {
    private struct State {
        var sessionID: String?
        var revision: Revision?
        var idle: [RawHTTPClient] = []
        var stream: (connection: RawHTTPClient, reader: Task<Void, any Error>)?
    }

    private let port: Int
    private let receive: MessageReceiver
    private let state = Mutex(State())

    init(port: Int, receive: @escaping MessageReceiver) {
        self.port = port
        self.receive = receive
    }

    let answersInPlace = true

    private var headers: [(String, String)] {
        state.withLock { state in
            var headers = [
                ("Content-Type", "application/json"), ("Accept", "application/json, text/event-stream"),
            ]
            if let sessionID = state.sessionID { headers.append(("Mcp-Session-Id", sessionID)) }
            if let revision = state.revision, revision >= .v2025_06_18 {
                headers.append(("MCP-Protocol-Version", revision.rawValue))
            }
            return headers
        }
    }

    func exchange(_ message: [UInt8]) async throws {
        let connection: RawHTTPClient
        if let idle = state.withLock({ $0.idle.popLast() }) {
            connection = idle
        } else {
            connection = try await RawHTTPClient(port: port, limit: .seconds(60))
        }
        try await connection.sendRequest("POST", "/mcp", headers: headers, body: message)
        let head = try await connection.readHead()
        if let sessionID = head["Mcp-Session-Id"] { state.withLock { $0.sessionID = sessionID } }
        switch (head.status, head["Content-Type"]) {
        case (200, "text/event-stream"):
            while let event = try await connection.readEvent() { await receive(Array(event.data.utf8)) }
        case (202, nil), (200, "application/json"), (400, "application/json"):
            var body: [UInt8] = []
            while let piece = try await connection.readBody() { body += piece }
            if !body.isEmpty { await receive(body) }
        default:
            throw WireFailure("POST of \(String(decoding: message.prefix(200), as: UTF8.self)) got \(head)")
        }
        if head["Connection"]?.lowercased() != "close" { state.withLock { $0.idle.append(connection) } }
    }

    func sessionBegan(revision: Revision) async throws {
        state.withLock { $0.revision = revision }
        let connection = try await RawHTTPClient(port: port, limit: wholeTest)
        try await connection.sendRequest("GET", "/mcp", headers: headers)
        let head = try await connection.readHead()
        guard head.status == 200, head["Content-Type"] == "text/event-stream" else {
            throw WireFailure("GET /mcp got \(head)")
        }
        let reader = Task { [receive] in
            while let event = try await connection.readEvent() { await receive(Array(event.data.utf8)) }
        }
        state.withLock { $0.stream = (connection, reader) }
    }

    func close() async throws {
        let connection = try await RawHTTPClient(port: port)
        let answer = try await connection.request("DELETE", "/mcp", headers: headers)
        connection.close()
        guard answer.status == 204 else { throw WireFailure("DELETE /mcp got \(answer)") }
        // The gateway ends the stream with the session.
        try await state.withLock { $0.stream?.reader }?.value
        for connection in state.withLock({ $0.idle }) { connection.close() }
    }
}
