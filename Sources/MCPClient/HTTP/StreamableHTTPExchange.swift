import AsyncIO
import MCPProtocol

/// A request in progress over Streamable HTTP: one POST, answered with JSON or with a stream of events.
/// Lives on the loop of whoever began it. Nothing is sent before the first ``next(until:)``.
actor StreamableHTTPExchange: MCPExchange {
    enum State {
        case unsent
        case sending(HTTPCancellation)
        /// The answer is one JSON text, being read.
        case reading(HTTPClientResponse)
        /// The answer is a stream of events.
        case streaming(HTTPClientResponse)
        /// That stream broke off, and the server wants to be left alone until then.
        case interrupted(until: MonotonicInstant)
        case resuming(HTTPCancellation)
        case over
    }

    nonisolated let id: Int64
    nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    let method: String
    private let request: HTTPClientRequest
    let connection: StreamableHTTPConnection
    let client: HTTPClient
    var state = State.unsent
    var parser: SSEParser
    var unparsed: ArraySlice<UInt8> = []
    /// Events the caller has not taken yet: a batch has several.
    var events: [ExchangeEvent] = []
    var resumption = EventStreamResumption()
    var share = LoopShare()
    /// Ends the pause before a resumption.
    lazy var wakeUp = LoopSignal(loop: loop)
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
        do throws(MCPClientError) {
            while events.isEmpty {
                switch state {
                case .unsent:
                    if let event = try await send(until: deadline) { return event }
                case .streaming(let response):
                    if let event = try await readEvents(of: response, until: deadline) { return event }
                case .interrupted(let instant):
                    try await resume(at: instant, until: deadline)
                case .sending, .reading, .resuming, .over: throw .givenUp
                }
            }
            return events.removeFirst()
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
        case .sending(let cancellation), .resuming(let cancellation): cancellation.cancel()
        case .interrupted: wakeUp.signal()
        case .reading(let response), .streaming(let response): response.cancel()
        }
        state = .over
        hasToldServer = true
        guard connection.era == .legacy else { return }  // The end of the transfer says it.
        guard method != "initialize" else { return }  // Which must not be cancelled.
        connection.postLater(CancelledNotification(requestID: .integer(id), reason: reason).encode())
    }

    // MARK: The head of the answer

    /// - Returns: `nil` when the answer is a stream, to be read next.
    private func send(until deadline: MonotonicInstant) async throws(MCPClientError) -> ExchangeEvent? {
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
            throw .givenUp
        }
        if method == "initialize" { connection.noteSession(response.headers.first("Mcp-Session-Id")) }
        guard response.status == 200 else { return try await refusal(response, until: deadline) }
        if response.headers.hasContentType("text/event-stream") {
            state = .streaming(response)
            return nil
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
        guard let answer = take(try payload(of: body)) else {
            // Without the answer nothing that stands beside it is worth handing out.
            events = []
            throw MCPClientError(
                .protocolViolation, "the server's answer does not have the id of the request", mayHaveExecuted: true)
        }
        return first(before: answer)
    }

    private func payload(of body: [UInt8]) throws(MCPClientError) -> JSONRPCPayload {
        let limits = connection.options.jsonLimits
        do throws(JSONRPCParseError) {
            return try JSONRPCPayload(parsing: body[...], limits: limits)
        } catch {
            // There are servers that write what should be a stream of events as lines.
            if connection.era == .modern, let messages = JSONRPCPayload(lines: body[...], limits: limits) {
                return messages
            }
            throw MCPClientError(
                .protocolViolation, "the server's answer is not a JSON-RPC message: \(error.message)",
                mayHaveExecuted: true)
        }
    }
}

extension JSONRPCPayload {
    /// Messages one per line, at least two of them; `nil` if a line is none.
    fileprivate init?(lines body: ArraySlice<UInt8>, limits: JSONLimits) {
        var messages: [Result<JSONRPCMessage, JSONRPCParseError>] = []
        for line in body.split(separator: UInt8(ascii: "\n")) {
            guard line.contains(where: { !$0.isASCIIWhiteSpace }) else { continue }
            do throws(JSONRPCParseError) {
                guard case .single(let message) = try JSONRPCPayload(parsing: line, limits: limits) else { return nil }
                messages.append(.success(message))
            } catch {
                return nil
            }
        }
        guard messages.count > 1 else { return nil }
        self = .batch(messages)
    }
}

extension UInt8 {
    fileprivate var isASCIIWhiteSpace: Bool { self == 0x20 || (0x09...0x0D).contains(self) }
}
