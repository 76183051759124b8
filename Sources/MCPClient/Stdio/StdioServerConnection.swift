import AsyncIO
import MCPProtocol

/// Opens a session with a server of which only the command is known.
package enum StdioServerConnection {
    /// Starts the server, finds out what it speaks, and opens a session.
    ///
    /// - Parameters:
    ///   - verdict: what an earlier process of the same command was found to be.
    ///   - deadline: for the whole. A server that is not ready by then is terminated.
    /// - SeeAlso: MCP 2026-07-28, Lifecycle, "Backward Compatibility".
    package static func open(
        _ command: ChildCommand, spawner: ProcessSpawner, on loop: EventLoop, options: ConnectionOptions,
        ladder: TerminationLadder = TerminationLadder(), verdict: EraVerdict? = nil, until deadline: MonotonicInstant
    ) async throws(MCPClientError) -> any MCPConnection {
        let opener = StdioServerOpener(
            command: command, spawner: spawner, loop: loop, options: options, ladder: ladder, deadline: deadline)
        switch options.era {
        case .legacy: return try await opener.openLegacy(EraVerdict(.legacy, evidence: "configured"))
        case .modern: return try await opener.openModern()
        case .auto:
            guard let verdict, verdict.isUsable(now: .now), verdict.era == .legacy else {
                return try await opener.detect()
            }
            do throws(MCPClientError) {
                return try await opener.openLegacy(verdict)
            } catch {
                guard error.kind == .handshakeRefused else { throw error }
                return try await opener.detect()
            }
        }
    }
}

/// The ways to open a session with a server over stdio.
struct StdioServerOpener {
    let command: ChildCommand
    let spawner: ProcessSpawner
    let loop: EventLoop
    let options: ConnectionOptions
    let ladder: TerminationLadder
    let deadline: MonotonicInstant

    /// How long a server may be silent when it is asked for its era, before it is greeted in the other one as well: there
    /// are servers that do not answer what they do not know.
    private static let probePatience = Duration.seconds(3)

    /// How long a server that has answered `initialize` may take to answer what it was asked before. One that started
    /// slowly finds both at once.
    private static let latePatience = Duration.milliseconds(250)

    private enum Answer: Sendable {
        case probe(Result<JSONRPCResponse, MCPClientError>)
        case handshake(MCPClientError?)
        case patienceEnded
    }

    private enum RaceOutcome: Sendable {
        case modern(DiscoverResult)
        case legacy(EraVerdict)
    }

    func openLegacy(_ verdict: EraVerdict) async throws(MCPClientError) -> any MCPConnection {
        let connection = try await StdioConnection.open(
            command, spawner: spawner, on: loop, options: options, ladder: ladder, until: deadline)
        connection.note(verdict)
        return connection
    }

    func openModern() async throws(MCPClientError) -> any MCPConnection {
        let connection = try await start()
        do throws(MCPClientError) {
            var reading = ProbeReading.reading(try await connection.discover(options, on: loop, until: deadline))
            if case .again = reading {
                reading = ProbeReading.reading(try await connection.discover(options, on: loop, until: deadline))
            }
            switch reading {
            case .modern(let discovery): return await adopt(connection, discovery)
            case .failure(let error): throw error
            case .again(let evidence), .legacy(let evidence, _):
                throw MCPClientError(
                    .handshakeRefused, "it does not speak \(ProtocolRevision.v2026_07_28.rawValue): \(evidence)",
                    mayHaveExecuted: false)
            }
        } catch {
            throw await connection.end(explaining: error, awaited: DiscoverResult.method)
        }
    }

    /// Asks the server for its era, then opens the session.
    func detect() async throws(MCPClientError) -> any MCPConnection {
        let connection = try await start()
        let patience = min(.now + Self.probePatience, deadline)
        let evidence: String
        do throws(MCPClientError) {
            let probe = try await connection.beginDiscovery(options, on: loop)
            let first: JSONRPCResponse
            do throws(MCPClientError) {
                first = try await Self.answer(of: probe, until: patience)
            } catch {
                guard error.kind == .timedOut, MonotonicInstant.now < deadline else { throw error }
                return try await race(probe, on: connection)
            }
            switch try await read(first, on: connection) {
            case .modern(let discovery): return await adopt(connection, discovery)
            case .failure(let error): throw error
            case .again(let words), .legacy(let words, _): evidence = words
            }
        } catch {
            let explained = await connection.end(explaining: error, awaited: DiscoverResult.method)
            guard error.kind == .closed else { throw explained }
            // There are servers that exit on what they do not know.
            return try await openLegacy(EraVerdict(.legacy, evidence: explained.detail, basis: .exit))
        }
        return try await shakeHands(connection, evidence)
    }

    private func start() async throws(MCPClientError) -> StdioConnection {
        try await StdioConnection.start(command, spawner: spawner, on: loop, options: options, ladder: ladder)
    }

    /// A server that says it was not understood is asked once more.
    private func read(
        _ response: JSONRPCResponse, on connection: StdioConnection
    ) async throws(MCPClientError) -> ProbeReading {
        let reading = ProbeReading.reading(response)
        guard case .again = reading else { return reading }
        return .reading(try await connection.discover(options, on: loop, until: deadline))
    }

    private func shakeHands(
        _ connection: StdioConnection, _ evidence: String
    ) async throws(MCPClientError) -> any MCPConnection {
        do throws(MCPClientError) {
            try await connection.shakeHands(until: deadline)
        } catch {
            throw await connection.end(explaining: error, awaited: "initialize")
        }
        connection.note(EraVerdict(.legacy, evidence: evidence))
        return connection
    }

    private func adopt(_ connection: StdioConnection, _ discovery: DiscoverResult) async -> any MCPConnection {
        let session = ModernConnection.open(connection, discovery, options: options, home: loop)
        await connection.becomeModern(discovery) { [weak server = session.server] in
            server?.take($0)
        } onClose: { [weak server = session.server] in
            server?.end($0)
        }
        return session
    }

    // MARK: A server that is silent

    /// Greets the server as a legacy one while the probe is still open: whatever succeeds first decides.
    private func race(
        _ probe: any MCPExchange, on connection: StdioConnection
    ) async throws(MCPClientError) -> any MCPConnection {
        let outcome = await withTaskGroup(of: Answer.self) { group -> Result<RaceOutcome, MCPClientError> in
            group.addTask(executorPreference: loop) {
                do throws(MCPClientError) {
                    return .probe(.success(try await Self.answer(of: probe, until: deadline)))
                } catch {
                    return .probe(.failure(error))
                }
            }
            group.addTask(executorPreference: loop) {
                do throws(MCPClientError) {
                    try await connection.shakeHands(until: deadline)
                    return .handshake(nil)
                } catch {
                    return .handshake(error)
                }
            }
            defer { group.cancelAll() }
            var failure = MCPClientError(.timedOut, "no answer in time", mayHaveExecuted: false)
            var isGreeted = false
            var reading: ProbeReading?
            while let answer = await group.next() {
                switch answer {
                case .handshake(nil):
                    isGreeted = true
                    if reading != nil { return .success(.legacy(Self.verdict(reading))) }
                    group.addTask(executorPreference: loop) {
                        do throws(CancellationError) {
                            try await loop.sleep(for: Self.latePatience)
                        } catch {
                            // The race is decided.
                        }
                        return .patienceEnded
                    }
                case .handshake(let error?): failure = error
                case .probe(.success(let response)):
                    let answered = ProbeReading.reading(response)
                    reading = answered
                    if isGreeted { return .success(.legacy(Self.verdict(answered))) }
                    if case .modern(let discovery) = answered { return .success(.modern(discovery)) }
                case .probe(.failure): continue
                case .patienceEnded: return .success(.legacy(Self.verdict(nil)))
                }
            }
            return .failure(failure)
        }
        await probe.cancel(reason: "no longer needed")
        switch try outcome.get() {
        case .modern(let discovery): return await adopt(connection, discovery)
        case .legacy(let verdict):
            connection.note(verdict)
            return connection
        }
    }

    /// What is concluded of a server that has taken `initialize` after a long silence.
    ///
    /// - Parameter reading: its answer to the question after all. A server that knows it only started slowly: it is asked
    ///   again next time.
    private static func verdict(_ reading: ProbeReading?) -> EraVerdict {
        let seconds = probePatience.components.seconds
        switch reading {
        case nil:
            return EraVerdict(
                .legacy, evidence: "server/discover was not answered in \(seconds) s, but initialize was",
                basis: .silence)
        case .legacy(let evidence, _): return EraVerdict(.legacy, evidence: evidence)
        case .again(let evidence): return EraVerdict(.legacy, evidence: evidence, isLasting: false)
        case .failure(let error): return EraVerdict(.legacy, evidence: error.detail, isLasting: false)
        case .modern:
            return EraVerdict(
                .legacy, evidence: "server/discover was answered after more than \(seconds) s, and after initialize",
                isLasting: false)
        }
    }

    private static func answer(
        of exchange: any MCPExchange, until deadline: MonotonicInstant
    ) async throws(MCPClientError) -> JSONRPCResponse {
        while true {
            if case .response(let response) = try await exchange.next(until: deadline) { return response }
        }
    }
}
