import AsyncIO
import MCPProtocol

/// The stream of an HTTP+SSE server, read up to the event that says where to post messages
/// (MCP 2024-11-05, Transports, "HTTP with SSE").
struct SSEGreeting: Sendable {
    let response: HTTPClientResponse
    let messages: MessageEndpoint
    /// In the middle of the stream, with what is to be read next.
    let parser: SSEParser
    let unparsed: ArraySlice<UInt8>

    /// Opens the stream and waits for that event. Whatever stands before it is passed over.
    ///
    /// - Throws: when the answer is no such stream, or does not say it by the deadline; the stream is closed then.
    static func receive(
        from endpoint: HTTPEndpoint, client: HTTPClient, options: ConnectionOptions, until deadline: MonotonicInstant
    ) async throws(MCPClientError) -> SSEGreeting {
        do throws(MCPClientError) {
            let response = try await get(endpoint, client, until: deadline)
            do throws(MCPClientError) {
                try await check(response)
                return try await read(response, endpoint, client, options, until: deadline)
            } catch {
                response.cancel()
                throw error
            }
        } catch {
            // Nothing was asked of the server yet.
            throw MCPClientError(error.kind, error.detail, mayHaveExecuted: false)
        }
    }

    private static func get(
        _ endpoint: HTTPEndpoint, _ client: HTTPClient, until deadline: MonotonicInstant
    ) async throws(MCPClientError) -> HTTPClientResponse {
        let request = HTTPClientRequest(
            method: "GET", url: endpoint.url, headers: endpoint.headers + [("Accept", "text/event-stream")])
        do throws(HTTPClientError) {
            return try await client.send(request, connectTimeout: endpoint.connectTimeout, deadline: deadline)
        } catch {
            throw MCPClientError(error)
        }
    }

    private static func check(_ response: HTTPClientResponse) async throws(MCPClientError) {
        let isStream = response.headers.hasContentType("text/event-stream")
        guard response.status != 200 || !isStream else { return }
        var body: [UInt8] = []
        do throws(HTTPClientError) {
            body = try await response.nextChunk(until: .now + .milliseconds(200)) ?? []
        } catch {
            // The sample is a courtesy.
        }
        guard response.status == 200 else { throw MCPClientError(refusedWith: response.status, body) }
        var detail = "the server answered GET with \(response.headers.first("Content-Type") ?? "no content type")"
        if let sample = MCPClientError.sample(body) { detail += ": \(sample)" }
        throw MCPClientError(.protocolViolation, detail, mayHaveExecuted: false)
    }

    private static func read(
        _ response: HTTPClientResponse, _ endpoint: HTTPEndpoint, _ client: HTTPClient, _ options: ConnectionOptions,
        until deadline: MonotonicInstant
    ) async throws(MCPClientError) -> SSEGreeting {
        var parser = SSEParser(maxEventBytes: options.maxMessageBytes)
        var share = LoopShare()
        while MonotonicInstant.now < deadline {
            var unparsed: ArraySlice<UInt8>
            do throws(HTTPClientError) {
                guard let chunk = try await response.nextChunk(until: deadline) else {
                    throw .bodyTruncated(detail: "the stream ended without an \"endpoint\" event")
                }
                unparsed = chunk[...]
                if share.isUsedUp(by: chunk.count) { await client.loop.giveWay() }
            } catch {
                if case .timedOut = error { break }
                throw MCPClientError(error)
            }
            while let event = try parser.nextEvent(in: &unparsed) {
                guard event.event == "endpoint" else { continue }
                let messages = try MessageEndpoint(resolving: event.data[...], against: endpoint.url)
                return SSEGreeting(response: response, messages: messages, parser: parser, unparsed: unparsed)
            }
        }
        throw MCPClientError(.timedOut, "no \"endpoint\" event in time", mayHaveExecuted: false)
    }
}
