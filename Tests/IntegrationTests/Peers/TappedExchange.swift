import TestSupport

/// A request and its response, as they went through a ``MessageTap``.
struct TappedExchange: Sendable {
    /// Which connection of the tap it was, counted from 0.
    let connection: Int
    let request: TappedMessage
    /// `nil` when none has come.
    let response: TappedMessage?
    /// Whether the client had closed the connection before the whole response was there.
    let wasAbandoned: Bool

    var method: String { request.startParts.first.map(String.init) ?? "" }

    private var target: String { request.startParts.count > 1 ? String(request.startParts[1]) : "" }

    /// The session it belongs to: its id, or for HTTP+SSE the path that the stream's first event names.
    var session: String? {
        if let id = request["Mcp-Session-Id"] ?? response?["Mcp-Session-Id"] { return id }
        return isOfSSE ? target : events.first { $0.name == "endpoint" }?.data
    }

    /// Whether it is a message of HTTP+SSE, which names its session in the query.
    var isOfSSE: Bool { method == "POST" && target.contains("?") }

    /// The revision that its request says it is of, if it describes itself (MCP 2026-07-28, Basic, "_meta").
    ///
    /// Such a request belongs to no session, and its answer and everything on the way to it is in its own response.
    var describedRevision: String? { requestMessages.first.flatMap(TappedMessage.describedRevision(of:)) }

    /// The JSON-RPC message in the request, if there is one.
    var requestMessages: [[UInt8]] { method == "POST" && request.isComplete ? [request.body] : [] }

    /// The JSON-RPC messages in the response, in order.
    var responseMessages: [[UInt8]] {
        guard let response else { return [] }
        if response.mediaType == "application/json", response.isComplete { return [response.body] }
        return events.filter { $0.name != "endpoint" && !$0.data.isEmpty }.map { Array($0.data.utf8) }
    }

    private var events: [EventStreamEvent] {
        guard let response, response.mediaType == "text/event-stream" else { return [] }
        var reader = EventStreamReader()
        reader.append(response.body)
        var events: [EventStreamEvent] = []
        while let event = reader.next() { events.append(event) }
        return events
    }

    /// Takes apart what one connection carried.
    ///
    /// - Parameter receivedBeforeLeaving: how much of `received` had come when the client left, if it has.
    static func parse(
        requests sent: [UInt8], responses received: [UInt8], receivedBeforeLeaving: Int?, connection: Int
    ) throws(TappedMessage.Malformed) -> [TappedExchange] {
        var sent = sent[...]
        var received = received[...]
        let stay = receivedBeforeLeaving ?? received.count
        var exchanges: [TappedExchange] = []
        while let request = try TappedMessage.take(from: &sent) {
            var response: TappedMessage?
            repeat {
                response = try takeResponse(to: request, from: &received)
            } while response?.status.map { $0 / 100 == 1 } == true
            exchanges.append(
                TappedExchange(
                    connection: connection, request: request, response: response,
                    wasAbandoned: received.startIndex > stay))
        }
        guard received.isEmpty else {
            let text = String(decoding: received.prefix(200), as: UTF8.self)
            throw .init(description: "bytes that answer nothing: \(text)")
        }
        return exchanges
    }

    private static func takeResponse(
        to request: TappedMessage, from received: inout ArraySlice<UInt8>
    ) throws(TappedMessage.Malformed) -> TappedMessage? {
        // The status stands after "HTTP/1.1 ".
        let status = Int(String(decoding: received.dropFirst(9).prefix(3), as: UTF8.self)) ?? 0
        let hasNoBody = status / 100 == 1 || status == 204 || status == 304 || request.startLine.hasPrefix("HEAD ")
        return try TappedMessage.take(from: &received, responseMayHaveBody: !hasNoBody)
    }
}
