import AsyncIO
import MCPProtocol

/// A request in progress over Streamable HTTP: one POST, answered with JSON or with a stream of events.
/// Lives on the loop of whoever began it. Nothing is sent before the first ``next(until:)``.
actor StreamableHTTPExchange: MCPExchange {
    private enum State {
        case unsent
        case sending(HTTPCancellation)
        /// The answer is one JSON text, being read.
        case reading(HTTPClientResponse)
        /// The answer is a stream of events.
        case streaming(HTTPClientResponse)
        case over
    }

    nonisolated let id: Int64
    private nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    private let method: String
    private let request: HTTPClientRequest
    private let connection: StreamableHTTPConnection
    private let client: HTTPClient
    private var state = State.unsent
    private var parser: SSEParser
    private var unparsed: ArraySlice<UInt8> = []
    private var share = LoopShare()
    /// Events the caller has not taken yet: a batch has several.
    private var events: [ExchangeEvent] = []
    private var wasSent = false
    private var hasToldServer = false

    init(
        id: Int64, method: String, request: HTTPClientRequest, connection: StreamableHTTPConnection,
        client: HTTPClient, loop: EventLoop
    ) {
        self.id = id
        self.method = method
        self.request = request
        self.connection = connection
        self.client = client
        self.loop = loop
        parser = SSEParser(maxEventBytes: connection.options.maxMessageBytes)
    }

    func next(until deadline: MonotonicInstant) async throws(MCPClientError) -> ExchangeEvent {
        if !events.isEmpty { return events.removeFirst() }
        do throws(MCPClientError) {
            switch state {
            case .unsent: return try await send(until: deadline)
            case .streaming(let response): return try await nextStreamed(response, until: deadline)
            case .sending, .reading, .over:
                throw MCPClientError(.cancelled, "the request was given up", mayHaveExecuted: true)
            }
        } catch {
            // A wait that ran out leaves a stream readable; anything else ends the exchange.
            if case .streaming(let response) = state, error.kind != .timedOut, error.kind != .cancelled {
                state = .over
                response.cancel()
            }
            throw error
        }
    }

    func cancel(reason: String) {
        guard !hasToldServer else { return }
        events = []
        switch state {
        case .over:
            // A POST that timed out is over for us, not for the server.
            guard wasSent else { return }
        case .unsent:
            state = .over
            return
        case .sending(let cancellation): cancellation.cancel()
        case .reading(let response), .streaming(let response): response.cancel()
        }
        state = .over
        hasToldServer = true
        guard method != "initialize" else { return }  // Which must not be cancelled.
        connection.postLater(CancelledNotification(requestID: .integer(id), reason: reason).encode())
    }

    // MARK: The head of the answer

    private func send(until deadline: MonotonicInstant) async throws(MCPClientError) -> ExchangeEvent {
        let cancellation = HTTPCancellation(on: loop)
        state = .sending(cancellation)
        let response: HTTPClientResponse
        do throws(HTTPClientError) {
            response = try await client.send(
                request, connectTimeout: connection.endpoint.connectTimeout, deadline: deadline,
                cancellation: cancellation)
        } catch {
            state = .over
            switch error {
            case .timedOut(let sent): wasSent = sent
            case .cancelled: wasSent = true
            default: break
            }
            throw MCPClientError(error)
        }
        guard case .sending = state else {
            response.cancel()
            throw MCPClientError(.cancelled, "the request was given up", mayHaveExecuted: true)
        }
        if method == "initialize" { connection.noteSession(response.headers.first("Mcp-Session-Id")) }
        guard response.status == 200 else { return try await refusal(response, until: deadline) }
        if response.headers.hasContentType("text/event-stream") {
            state = .streaming(response)
            return try await nextStreamed(response, until: deadline)
        }
        guard response.headers.hasContentType("application/json") else {
            state = .over
            let type = response.headers.first("Content-Type") ?? "no content type"
            throw await strange(response, "the server answered with \(type)")
        }
        state = .reading(response)
        defer { state = .over }
        return try await document(response, until: deadline)
    }

    /// Reads an answer that is one JSON text, or hands out the rest of it as a stream when it is large.
    private func document(
        _ response: HTTPClientResponse, until deadline: MonotonicInstant
    ) async throws(MCPClientError) -> ExchangeEvent {
        var body: [UInt8] = []
        do throws(MCPClientError) {
            while let chunk = try await JSONOutcomeStream.chunk(of: response, until: deadline) {
                if body.isEmpty { body = chunk } else { body += chunk }
                if body.count > connection.options.streamThreshold {
                    return .stream(
                        try await JSONOutcomeStream.open(
                            response, prefix: body, id: id, options: connection.options, loop: loop, until: deadline))
                }
            }
        } catch {
            response.cancel()
            switch error.kind {
            case .timedOut, .cancelled: wasSent = true
            default: break
            }
            throw error
        }
        let payload: JSONRPCPayload
        do throws(JSONRPCParseError) {
            payload = try JSONRPCPayload(parsing: body[...], limits: connection.options.jsonLimits)
        } catch {
            throw MCPClientError(
                .protocolViolation, "the server's answer is not a JSON-RPC message: \(error.message)",
                mayHaveExecuted: true)
        }
        if let answer = take(payload) { events.append(.response(answer)) }
        // What stands beside the answer comes first; without the answer nothing of it is worth handing out.
        guard case .response = events.last else {
            events = []
            throw MCPClientError(
                .protocolViolation, "the server's answer does not have the id of the request", mayHaveExecuted: true)
        }
        return events.removeFirst()
    }

    /// Finds our answer in a message or batch. What belongs to this request beside it goes to ``events``, the rest to
    /// the connection.
    private func take(_ payload: JSONRPCPayload) -> JSONRPCResponse? {
        var found: JSONRPCResponse?
        payload.forEachMessage(connection.options) { found = take($0) ?? found }
        return found
    }

    private func take(_ message: JSONRPCMessage) -> JSONRPCResponse? {
        switch message {
        case .response(let response) where isOurs(response): return response
        case .notification(let notification) where belongsToRequest(notification):
            events.append(.notification(notification))
        case .request(let request) where request.method != "ping":
            events.append(.request(request))
        case .response, .notification, .request:
            connection.handle(message)
        }
        return nil
    }

    private func isOurs(_ response: JSONRPCResponse) -> Bool { response.id?.echoedInteger == id }

    // MARK: A stream of events

    private func nextStreamed(
        _ response: HTTPClientResponse, until deadline: MonotonicInstant
    ) async throws(MCPClientError) -> ExchangeEvent {
        while true {
            while let event = try parser.nextEvent(in: &unparsed) {
                guard let payload = event.payload(connection.options) else { continue }
                if let answer = take(payload) {
                    state = .over
                    events.append(.response(answer))
                    await finish(response)
                }
                if !events.isEmpty { return events.removeFirst() }
            }
            do throws(HTTPClientError) {
                // A server that never pauses would keep every wait from reaching its deadline.
                guard MonotonicInstant.now < deadline else { throw HTTPClientError.timedOut(requestSent: true) }
                guard let chunk = try await response.nextChunk(until: deadline) else {
                    throw HTTPClientError.bodyTruncated(detail: "the stream ended without the answer")
                }
                unparsed = chunk[...]
            } catch {
                throw MCPClientError(error)
            }
            if share.isUsedUp(by: unparsed.count) { await loop.giveWay() }
        }
    }

    /// What the server says on a request's own stream belongs to the request, except what is about the whole server.
    private func belongsToRequest(_ notification: JSONRPCNotification) -> Bool {
        switch notification.method {
        case "notifications/progress", "notifications/message", "notifications/cancelled": true
        default: false
        }
    }

    /// After the answer the server ends the stream; having read that end, the connection can be used again.
    private func finish(_ response: HTTPClientResponse) async {
        do throws(HTTPClientError) {
            _ = try await response.readAll(upTo: 64 << 10, until: .now + .milliseconds(100))
        } catch {
            response.cancel()
        }
    }

    // MARK: Refusals

    private func refusal(
        _ response: HTTPClientResponse, until deadline: MonotonicInstant
    ) async throws(MCPClientError) -> ExchangeEvent {
        state = .over
        let status = response.status
        let body: [UInt8]
        do throws(HTTPClientError) {
            body = try await response.readAll(upTo: 64 << 10, until: deadline)
        } catch {
            response.cancel()
            body = []
        }
        if status == 404, connection.hasSession, method != "initialize" {
            connection.reportExpiry()
            throw MCPClientError(
                .sessionExpired, "the server no longer knows the session", mayHaveExecuted: false)
        }
        if status != 401, status != 403, let answer = errorAnswer(in: body) { return .response(answer) }
        throw MCPClientError(refusedWith: status, body)
    }

    /// A JSON-RPC error under an HTTP error status; some servers leave its id out.
    private func errorAnswer(in body: [UInt8]) -> JSONRPCResponse? {
        do throws(JSONRPCParseError) {
            guard
                case .single(.response(let response)) = try JSONRPCPayload(
                    parsing: body[...], limits: connection.options.jsonLimits),
                case .error = response.outcome, response.id == nil || isOurs(response)
            else { return nil }
            return JSONRPCResponse(id: .integer(id), outcome: response.outcome)
        } catch {
            return nil  // Any other body; the status speaks for itself.
        }
    }

    private func strange(_ response: HTTPClientResponse, _ fact: String) async -> MCPClientError {
        var detail = fact
        do throws(HTTPClientError) {
            if let chunk = try await response.nextChunk(until: .now + .milliseconds(200)),
                let sample = MCPClientError.sample(chunk)
            {
                detail += ": \(sample)"
            }
        } catch {
            // The sample is a courtesy.
        }
        response.cancel()
        return MCPClientError(.protocolViolation, detail, mayHaveExecuted: true)
    }
}
