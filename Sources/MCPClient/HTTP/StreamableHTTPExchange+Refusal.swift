import AsyncIO
import MCPProtocol

extension StreamableHTTPExchange {
    /// An answer whose status is not 200.
    func refusal(
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
        let answer = status == 401 || status == 403 ? nil : JSONRPCResponse(refusing: id, body, connection.options)
        if method == "initialize" || method == DiscoverResult.method {
            connection.noteRefusal(
                HandshakeRefusal(status: status, hasError: answer != nil, echoesID: answer?.id != nil))
        }
        if let answer {
            // Toward a modern server a missing id tells something: see `ModernExchange`.
            let id = connection.era == .modern ? answer.id : .integer(id)
            return .response(JSONRPCResponse(id: id, outcome: answer.outcome))
        }
        throw MCPClientError(refusedWith: status, body)
    }

    /// The error for an answer of another type, with a sample of it.
    func strange(_ response: HTTPClientResponse, _ fact: String) async -> MCPClientError {
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
