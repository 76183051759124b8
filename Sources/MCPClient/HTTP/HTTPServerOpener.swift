import AsyncIO
import MCPProtocol

/// The ways to open a session with a server over HTTP.
struct HTTPServerOpener {
    let endpoint: HTTPEndpoint
    let clients: HTTPClientGroup
    let loop: EventLoop
    let options: ConnectionOptions

    /// How long a server may be silent when it is asked for its era, before it is spoken to in the other one.
    private static let probePatience = Duration.seconds(5)

    // MARK: The era

    /// Asks for the era, then opens the session.
    func detect(
        _ kind: HTTPServerConnection.Kind, until deadline: MonotonicInstant
    ) async throws(MCPClientError) -> any MCPConnection {
        let carrier = makeModernCarrier()
        // A server that does not answer leaves half of the time for the other attempt.
        let now = MonotonicInstant.now
        let patience = min(now + Self.probePatience, now + (deadline - now) / 2)
        var reading = try await probe(carrier, until: patience)
        if case .again = reading { reading = try await probe(carrier, until: patience) }
        let verdict: EraVerdict
        switch reading {
        case .modern(let discovery): return ModernConnection.open(carrier, discovery, options: options, home: loop)
        case .failure(let error): throw error
        case .again(let evidence):
            options.log.warning("server is modern, but does not understand us", ["reason": evidence])
            verdict = EraVerdict(.legacy, evidence: evidence, isLasting: false)
        case .legacy(let evidence, let isCertain):
            verdict = EraVerdict(.legacy, evidence: evidence, isLasting: isCertain)
        }
        do throws(MCPClientError) {
            return try await openLegacy(kind, verdict, until: deadline)
        } catch {
            guard !verdict.isLasting else { throw error }
            throw MCPClientError(
                error.kind, "\(error.detail) (before that, \(verdict.evidence))", mayHaveExecuted: false)
        }
    }

    /// Opens a session in an era that is known.
    ///
    /// - Returns: `nil` where the server turns out not to speak it any more.
    func open(
        _ kind: HTTPServerConnection.Kind, as verdict: EraVerdict, until deadline: MonotonicInstant
    ) async throws(MCPClientError) -> (any MCPConnection)? {
        switch (verdict.era, verdict.discovery) {
        case (.modern, let discovery?):
            return ModernConnection.open(makeModernCarrier(), discovery, verdict, options: options, home: loop)
        case (.modern, nil): return nil
        case (.legacy, _):
            do throws(MCPClientError) {
                return try await openLegacy(kind, verdict, until: deadline)
            } catch {
                switch error.kind {
                case .handshakeRefused, .protocolViolation: return nil
                case .unexpectedStatus(let status) where (400..<500).contains(status): return nil
                default: throw error
                }
            }
        }
    }

    func openModern(until deadline: MonotonicInstant) async throws(MCPClientError) -> any MCPConnection {
        let carrier = makeModernCarrier()
        var reading = try await probe(carrier, until: deadline)
        if case .again = reading { reading = try await probe(carrier, until: deadline) }
        switch reading {
        case .modern(let discovery): return ModernConnection.open(carrier, discovery, options: options, home: loop)
        case .failure(let error): throw error
        case .again(let evidence), .legacy(let evidence, _):
            throw MCPClientError(
                .handshakeRefused, "it does not speak \(ProtocolRevision.v2026_07_28.rawValue): \(evidence)",
                mayHaveExecuted: false)
        }
    }

    private func makeModernCarrier() -> StreamableHTTPConnection {
        StreamableHTTPConnection(endpoint, .modern, clients: clients, home: loop, options: options)
    }

    private func probe(
        _ carrier: StreamableHTTPConnection, until deadline: MonotonicInstant
    ) async throws(MCPClientError) -> ProbeReading {
        do throws(MCPClientError) {
            return .reading(try await carrier.discover(options, on: loop, until: deadline))
        } catch {
            guard error.kind != .cancelled else { throw error }
            return .reading(error, status: carrier.refusal?.status)
        }
    }

    // MARK: The transport of the legacy era

    func openLegacy(
        _ kind: HTTPServerConnection.Kind, _ verdict: EraVerdict, until deadline: MonotonicInstant
    ) async throws(MCPClientError) -> any MCPConnection {
        let failure: HandshakeFailure
        do throws(HandshakeFailure) {
            let connection = try await StreamableHTTPConnection.attempt(
                endpoint, clients: clients, on: loop, options: options, until: deadline)
            connection.note(verdict)
            return connection
        } catch {
            failure = error
        }
        guard kind == .auto, let refusal = failure.refusal, refusal.allowsOlderTransport else { throw failure.error }
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
        let connection = try await SSEConnection.open(
            greeting, endpoint, client: client, options: options, until: deadline)
        connection.note(verdict)
        return connection
    }
}
