import AsyncIO
import MCPClient
import MCPProtocol
import Synchronization

/// How a session comes to its connection: shared with others, or of its own; in which era.
extension Upstream {
    /// A connection for a session that is to be opened.
    func connect(
        _ share: UpstreamShare, _ owner: FrontSession?, _ options: ConnectionOptions, until deadline: MonotonicInstant
    ) async throws(MCPClientError) -> any MCPConnection {
        let wasKnown = verdict != nil
        if let own = await connectInOwnEra(share, owner, options, until: deadline) { return own }
        let connection = try await connect(share, options, until: deadline)
        // A client may come before the common session has found out what the server speaks; now it is known.
        guard !wasKnown, let own = await connectInOwnEra(share, owner, options, until: deadline) else {
            return connection
        }
        await connection.close()
        return own
    }

    /// A server that speaks both eras is spoken to in that of the client whose session it is: nothing has to be bridged
    /// then. What all share is in the newest.
    ///
    /// - Returns: `nil` where the server speaks one era only, or does not keep to what it says.
    private func connectInOwnEra(
        _ share: UpstreamShare, _ owner: FrontSession?, _ options: ConnectionOptions, until deadline: MonotonicInstant
    ) async -> (any MCPConnection)? {
        switch share {
        case .everybody, .call: return nil
        case .user, .client: break
        }
        guard configuration.protocolEra == .auto, owner?.revision.isLegacy == true,
            let versions = verdict?.discovery?.supportedVersions,
            versions.contains(where: { ProtocolRevision(rawValue: $0)?.isLegacy == true })
        else { return nil }
        var options = options
        options.era = .legacy
        do throws(MCPClientError) {
            return try await connector.open(
                configuration, over: transport, verdict: nil, options: options, on: loop, until: deadline)
        } catch {
            log.debug("not spoken to with a handshake", ["server": configuration.name, "reason": error.detail])
            return nil
        }
    }

    /// A session beside the common one where the server has no sessions of its own, else one with a connection or process
    /// of its own.
    private func connect(
        _ share: UpstreamShare, _ options: ConnectionOptions, until deadline: MonotonicInstant
    ) async throws(MCPClientError) -> any MCPConnection {
        if share != .everybody, mayShareConnection,
            let connection = live.withLock({ $0 })?.connection.sibling(options)
        {
            return connection
        }
        let isCommon = share == .everybody
        // What a modern server has is asked anew for the common session; a legacy one says so in its handshake.
        let known = isCommon && (verdict?.era == .modern || doubtsVerdict) ? nil : verdict
        let connection: any MCPConnection
        do throws(MCPClientError) {
            connection = try await connector.open(
                configuration, over: isCommon ? nil : transport, verdict: known, options: options, on: loop,
                until: deadline)
        } catch {
            if isCommon, known?.era == .legacy { doubtsVerdict = Self.isDoubtful(error) }
            throw error
        }
        if isCommon { doubtsVerdict = false }
        transport = connection.transport
        verdict = connection.verdict
        if let verdict { eras?.note(verdict, of: configuration) }
        return connection
    }

    /// Whether a server that failed in this way may have done so because it was spoken to in the wrong era: a modern one
    /// may be silent when it is greeted, or exit.
    private static func isDoubtful(_ error: MCPClientError) -> Bool {
        switch error.kind {
        case .cancelled, .connectionFailed, .unauthorized, .overloaded, .tooLarge: false
        case .closed, .timedOut, .sessionExpired, .unexpectedStatus, .protocolViolation, .handshakeRefused: true
        }
    }

    /// Whether one more session is no more than a name for one more client: see ``MCPConnection/sibling(_:)``. A server of
    /// both eras may be spoken to with a handshake for some.
    var sharesConnection: Bool {
        guard mayShareConnection, let common = live.withLock({ $0 })?.connection, common.revision.isModern,
            let versions = common.verdict?.discovery?.supportedVersions
        else { return false }
        return !versions.contains { ProtocolRevision(rawValue: $0)?.isLegacy == true }
    }

    /// Where a process of its own is asked for, it is meant.
    private var mayShareConnection: Bool {
        if case .http = configuration.transport { return true }
        return configuration.pool.share != .session && configuration.pool.share != .call
    }
}
