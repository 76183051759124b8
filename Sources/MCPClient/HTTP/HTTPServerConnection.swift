import AsyncIO
import MCPProtocol

/// Opens a session with a server of which only the URL is known.
package enum HTTPServerConnection {
    package enum Kind: Sendable, CaseIterable {
        /// Streamable HTTP or, where the server does not know it, HTTP+SSE.
        case auto
        case streamable
        case sse
    }

    /// - Parameter deadline: for the whole, detection included.
    /// - Returns: a session; ``MCPConnection/transport`` says over which transport.
    /// - SeeAlso: MCP 2025-11-25, Transports, "Backwards Compatibility".
    package static func open(
        _ endpoint: HTTPEndpoint, kind: Kind, clients: HTTPClientGroup, on loop: EventLoop,
        options: ConnectionOptions, until deadline: MonotonicInstant
    ) async throws(MCPClientError) -> any MCPConnection {
        switch kind {
        case .streamable:
            return try await StreamableHTTPConnection.open(
                endpoint, clients: clients, on: loop, options: options, until: deadline)
        case .sse:
            return try await SSEConnection.open(
                endpoint, clients: clients, on: loop, options: options, until: deadline)
        case .auto:
            return try await detect(endpoint, clients: clients, on: loop, options: options, until: deadline)
        }
    }

    private static func detect(
        _ endpoint: HTTPEndpoint, clients: HTTPClientGroup, on loop: EventLoop, options: ConnectionOptions,
        until deadline: MonotonicInstant
    ) async throws(MCPClientError) -> any MCPConnection {
        let failure: HandshakeFailure
        do throws(HandshakeFailure) {
            return try await StreamableHTTPConnection.attempt(
                endpoint, clients: clients, on: loop, options: options, until: deadline)
        } catch {
            failure = error
        }
        guard let refusal = failure.refusal, refusal.allowsOlderTransport else { throw failure.error }
        let client = clients.client(for: loop)
        let greeting: SSEGreeting
        do throws(MCPClientError) {
            greeting = try await SSEGreeting.receive(
                from: endpoint, client: client, options: options, until: deadline)
        } catch {
            // A JSON-RPC error is the server's own account of what is wrong.
            guard !refusal.hasError else { throw failure.error }
            throw MCPClientError(
                failure.error.kind,
                "\(failure.error.detail) to POST, and is no HTTP+SSE server either: \(error.detail)",
                mayHaveExecuted: false)
        }
        // From here on it is an HTTP+SSE server, and what goes wrong is that server's.
        return try await SSEConnection.open(greeting, endpoint, client: client, options: options, until: deadline)
    }
}
