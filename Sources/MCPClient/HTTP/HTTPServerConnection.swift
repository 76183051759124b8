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

    /// - Parameters:
    ///   - verdict: what an earlier connection has found out; the server is not asked again.
    ///   - deadline: for the whole, detection included.
    /// - Returns: a session; ``MCPConnection/transport`` says over which transport, ``MCPConnection/verdict`` in which
    ///   era and why.
    /// - SeeAlso: MCP 2026-07-28, Lifecycle, "Backward Compatibility", and MCP 2025-11-25, Transports, "Backwards
    ///   Compatibility".
    package static func open(
        _ endpoint: HTTPEndpoint, kind: Kind, clients: HTTPClientGroup, on loop: EventLoop,
        options: ConnectionOptions, verdict: EraVerdict? = nil, until deadline: MonotonicInstant
    ) async throws(MCPClientError) -> any MCPConnection {
        let opener = HTTPServerOpener(endpoint: endpoint, clients: clients, loop: loop, options: options)
        guard kind != .sse else {
            guard options.era != .modern else {
                throw MCPClientError(
                    .handshakeRefused, "HTTP+SSE has no revision without a handshake", mayHaveExecuted: false)
            }
            let connection = try await SSEConnection.open(
                endpoint, clients: clients, on: loop, options: options, until: deadline)
            // What is known of an HTTP+SSE server may be how it was found out to be one, and stays as old as it is.
            let known = verdict.flatMap { $0.era == .legacy ? $0 : nil }
            connection.note(known ?? EraVerdict(.legacy, evidence: "HTTP+SSE is configured"))
            return connection
        }
        switch options.era {
        case .legacy:
            let verdict = EraVerdict(.legacy, evidence: "configured")
            return try await opener.openLegacy(kind, verdict, until: deadline)
        case .modern:
            return try await opener.openModern(until: deadline)
        case .auto:
            if let verdict, verdict.isUsable(now: .now) {
                if let connection = try await opener.open(kind, as: verdict, until: deadline) { return connection }
            }
            return try await opener.detect(kind, until: deadline)
        }
    }
}
