import Synchronization
import TestSupport

/// Streamable HTTP of 2026-07-28: a POST for each request. Its connection is closed to take the request back.
final class ModernHTTPWire: ModernWire {
    private let port: Int
    private let target: String
    private let idle = Mutex<[RawHTTPClient]>([])

    init(port: Int, target: String = "/mcp") {
        self.port = port
        self.target = target
    }

    let cancelsByClosing = true

    func exchange(
        _ request: JSONTree, mirrored: [MirroredHeader], receive: @escaping MessageReceiver
    ) async throws -> HTTPFacts? {
        let connection: RawHTTPClient
        if let present = idle.withLock({ $0.popLast() }) {
            connection = present
        } else {
            connection = try await RawHTTPClient(port: port, limit: wholeTest)
        }
        do {
            try await connection.sendRequest(
                "POST", target, headers: ModernHeaders.fields(for: request, mirrored: mirrored), body: request.bytes)
            let head = try await connection.readHead()
            var hasEventIDs = false
            switch head["Content-Type"] {
            case "text/event-stream":
                while let event = try await connection.readEvent() {
                    guard event.name == "message" else { throw WireFailure("an event of the kind \(event.name)") }
                    hasEventIDs = hasEventIDs || event.id != nil
                    await receive(Array(event.data.utf8))
                }
            case "application/json":
                var body: [UInt8] = []
                while let piece = try await connection.readBody() { body += piece }
                await receive(body)
            default: throw WireFailure("POST of \(request) got \(head)")
            }
            if head["Connection"]?.lowercased() == "close" {
                connection.close()
            } else {
                idle.withLock { $0.append(connection) }
            }
            return HTTPFacts(head: head, hasEventIDs: hasEventIDs)
        } catch {
            connection.close()
            throw error
        }
    }

    func close() async throws {
        for connection in idle.withLock({ $0 }) { connection.close() }
    }
}
