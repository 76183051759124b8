import AsyncIO
import MCPProtocol

/// The stream a client opens with GET to hear what belongs to no request (MCP 2025-11-25, Transports, "Listening for
/// Messages from the Server"). Reconnects for as long as its session lives.
struct ServerStream: Sendable {
    let connection: StreamableHTTPConnection
    let client: HTTPClient

    private static let firstDelay = Duration.seconds(1)
    private static let longestDelay = Duration.seconds(30)

    private enum End {
        case notOffered
        case sessionExpired
        case dropped
    }

    func run() async {
        var delay = Self.firstDelay
        var hasWorked = false
        var lastID: String?
        var retry: Int?
        while !Task.isCancelled {
            var parser = SSEParser(maxEventBytes: connection.options.maxMessageBytes)
            var received = false
            let end = await listen(&parser, lastEventID: lastID, isKnownToWork: hasWorked, received: &received)
            lastID = parser.lastEventID ?? lastID
            retry = parser.retry ?? retry
            switch end {
            case .notOffered:
                connection.noteNoStream()
                return
            case .sessionExpired:
                connection.reportExpiry()
                return
            case .dropped:
                if received {
                    hasWorked = true
                    delay = Self.firstDelay
                }
            }
            let wait = retry.map { Duration.milliseconds(min(max($0, 10), 600_000)) } ?? delay
            do {
                // On the loop: this runs as a task of the connection's home loop.
                guard let loop = EventLoop.current else { preconditionFailure("a server stream runs on a loop") }
                try await loop.sleep(for: wait)
            } catch {
                return
            }
            delay = min(delay * 2, Self.longestDelay)
        }
    }

    /// Listens until the stream ends. Silence on it is legitimate for as long as the session lives, so it has no
    /// deadline; closing the connection cancels the task.
    private func listen(
        _ parser: inout SSEParser, lastEventID: String?, isKnownToWork: Bool, received: inout Bool
    ) async -> End {
        var headers = connection.streamHeaders
        if let lastEventID, !lastEventID.isEmpty { headers.append(("Last-Event-ID", lastEventID)) }
        let request = HTTPClientRequest(method: "GET", url: connection.endpoint.url, headers: headers)
        do throws(HTTPClientError) {
            let response = try await client.send(
                request, connectTimeout: connection.endpoint.connectTimeout, deadline: nil)
            guard response.status == 200,
                response.headers.hasContentType("text/event-stream")
            else {
                let status = response.status
                response.cancel()
                if status == 404, isKnownToWork { return .sessionExpired }
                return (500..<600).contains(status) ? .dropped : .notOffered
            }
            received = true
            var share = LoopShare()
            while let chunk = try await response.nextChunk(until: nil) {
                var unparsed = chunk[...]
                do throws(SSEParseError) {
                    while let event = try parser.parse(&unparsed) { handle(event) }
                } catch {
                    response.cancel()
                    connection.options.log.warning("server stream closed", ["reason": error.description])
                    return .dropped
                }
                if share.isUsedUp(by: chunk.count), let loop = EventLoop.current { await loop.giveWay() }
            }
        } catch {
            connection.options.log.debug("server stream ended", ["reason": error.description])
        }
        return .dropped
    }

    private func handle(_ event: ServerSentEvent) {
        event.payload(connection.options)?.forEachMessage(connection.options) { connection.handle($0) }
    }
}
