import AsyncIO
import MCPProtocol

/// The answer as a stream of events, resumed where it breaks off.
extension StreamableHTTPExchange {
    /// Reads the stream up to the next event worth handing out.
    ///
    /// - Returns: `nil` when the stream broke off and can be resumed; the state says when.
    func readEvents(
        of response: HTTPClientResponse, until deadline: MonotonicInstant
    ) async throws(MCPClientError) -> ExchangeEvent? {
        while true {
            while let event = try parser.nextEvent(in: &unparsed) {
                guard resumption.isNew(event), let payload = event.payload(connection.options) else { continue }
                if let answer = take(payload) {
                    state = .over
                    await finish(response)
                    return first(before: answer)
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
                if share.isUsedUp(by: chunk.count) { await loop.giveWay() }
                guard case .streaming = state else { throw HTTPClientError.cancelled }
            } catch {
                guard case .streaming = state else { throw .givenUp }
                guard case .bodyTruncated = error else { throw MCPClientError(error) }
                try interrupt(parser, because: error.description)
                return nil
            }
        }
    }

    /// The first of what is to be handed out now that the answer is there: it stands last.
    func first(before answer: JSONRPCResponse) -> ExchangeEvent {
        guard !events.isEmpty else { return .response(answer) }
        events.append(.response(answer))
        return events.removeFirst()
    }

    /// Finds our answer in a message or batch. What belongs to this request beside it goes to ``events``, the rest to
    /// the connection.
    func take(_ payload: JSONRPCPayload) -> JSONRPCResponse? {
        var found: JSONRPCResponse?
        payload.forEachMessage(connection.options) { found = take($0) ?? found }
        return found
    }

    private func take(_ message: JSONRPCMessage) -> JSONRPCResponse? {
        switch message {
        case .response(let response) where isOurs(response): return response
        case .notification(let notification) where belongsToRequest(notification):
            events.append(.notification(notification))
        case .request(let request) where request.method != "ping" && connection.era == .legacy:
            events.append(.request(request))
        case .response, .notification, .request:
            connection.handle(message)
        }
        return nil
    }

    func isOurs(_ response: JSONRPCResponse) -> Bool { response.id?.echoedInteger == id }

    /// What the server says on a request's own stream belongs to the request, except what is about the whole server.
    private func belongsToRequest(_ notification: JSONRPCNotification) -> Bool {
        switch notification.method {
        case "notifications/progress", "notifications/message", "notifications/cancelled": true
        default: connection.era == .modern  // Where there is no other stream.
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

    // MARK: Resuming

    /// Plans to take the stream up again, or ends with the reason why it broke off.
    private func interrupt(_ parser: SSEParser?, because reason: String) throws(MCPClientError) {
        guard connection.era == .legacy, let pause = resumption.pause(after: parser) else {
            state = .over
            throw MCPClientError(.closed, reason, mayHaveExecuted: true)
        }
        connection.options.log.debug("answer stream broke off", ["reason": reason])
        state = .interrupted(until: .now + pause)
    }

    /// Waits for the pause to end, then asks for the rest of the stream.
    func resume(at instant: MonotonicInstant, until deadline: MonotonicInstant) async throws(MCPClientError) {
        while MonotonicInstant.now < instant {
            let wake = await wakeUp.wait(until: min(instant, deadline))
            guard case .interrupted = state else { throw .givenUp }
            if wake == .cancelled { throw MCPClientError(.cancelled, "cancelled", mayHaveExecuted: true) }
            guard MonotonicInstant.now < deadline else {
                throw MCPClientError(.timedOut, "no answer in time", mayHaveExecuted: true)
            }
        }
        let cancellation = HTTPCancellation(on: loop)
        state = .resuming(cancellation)
        let response: HTTPClientResponse
        do throws(HTTPClientError) {
            let position = [(name: "Last-Event-ID", value: resumption.lastEventID ?? "")]
            let request = HTTPClientRequest(
                method: "GET", url: connection.endpoint.url, headers: connection.streamHeaders + position)
            response = try await client.send(
                request, connectTimeout: connection.endpoint.connectTimeout, deadline: deadline,
                cancellation: cancellation)
        } catch {
            guard case .resuming = state else { throw .givenUp }
            switch error {
            case .timedOut, .cancelled:
                // The caller's wait has ended, not the exchange.
                state = .interrupted(until: instant)
                throw MCPClientError(MCPClientError(error).kind, error.description, mayHaveExecuted: true)
            default: return try interrupt(nil, because: "the stream broke off and cannot be resumed: \(error)")
            }
        }
        guard case .resuming = state else {
            response.cancel()
            throw .givenUp
        }
        try takeUp(response)
    }

    private func takeUp(_ response: HTTPClientResponse) throws(MCPClientError) {
        let status = response.status
        if status == 200, response.headers.hasContentType("text/event-stream") {
            parser = SSEParser(maxEventBytes: connection.options.maxMessageBytes)
            unparsed = []
            state = .streaming(response)
            return
        }
        response.cancel()
        let refusal = "the stream broke off, and the server does not resume it (HTTP status \(status))"
        if (500..<600).contains(status) { return try interrupt(nil, because: refusal) }
        state = .over
        guard status == 404, connection.hasSession else {
            throw MCPClientError(.closed, refusal, mayHaveExecuted: true)
        }
        connection.reportExpiry()
        throw MCPClientError(
            .sessionExpired, "the stream broke off, and the server no longer knows the session", mayHaveExecuted: true)
    }
}
