import Synchronization
import TestSupport

/// HTTP+SSE of 2024-11-05: one stream for all that comes, and a place to POST to.
final class EventStreamWire: ClientWire {
    private let port: Int
    private let target: String
    private let stream: RawHTTPClient
    private let reader: Task<Void, any Error>
    private let idle = Mutex<[RawHTTPClient]>([])

    init(port: Int, receive: @escaping MessageReceiver) async throws {
        self.port = port
        let stream = try await RawHTTPClient(port: port, limit: wholeTest)
        try await stream.sendRequest("GET", "/sse", headers: [("Accept", "text/event-stream")])
        let head = try await stream.readHead()
        guard head.status == 200, head["Content-Type"] == "text/event-stream",
            let first = try await stream.readEvent(), first.name == "endpoint"
        else { throw WireFailure("GET /sse got \(head), and not the event that names the endpoint") }
        target = first.data
        self.stream = stream
        reader = Task {
            while let event = try await stream.readEvent() {
                guard event.name == "message" else { throw WireFailure("an event of the kind \(event.name)") }
                await receive(Array(event.data.utf8))
            }
        }
    }

    let answersInPlace = false

    func exchange(_ message: [UInt8]) async throws {
        let connection: RawHTTPClient
        if let present = idle.withLock({ $0.popLast() }) {
            connection = present
        } else {
            connection = try await RawHTTPClient(port: port)
        }
        let answer = try await connection.request(
            "POST", target, headers: [("Content-Type", "application/json")], body: message)
        guard answer.status == 202 else { throw WireFailure("POST \(target) got \(answer)") }
        idle.withLock { $0.append(connection) }
    }

    func sessionBegan(revision: Revision) async throws {}

    func close() async throws {
        // The end of the stream is the end of the session.
        stream.close()
        _ = await reader.result
        for connection in idle.withLock({ $0 }) { connection.close() }
    }
}
