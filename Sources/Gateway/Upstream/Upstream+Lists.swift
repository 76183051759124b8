import AsyncIO
import MCPClient
import MCPProtocol

/// Keeps the server's part of the catalogue.
extension Upstream {
    /// Fetches lists at the same time, and publishes them together. A list that takes much longer than the tools does
    /// not hold them up: they are published before it.
    ///
    /// - Parameters:
    ///   - announced: those that the server said had changed, to everybody.
    ///   - since: when it did.
    /// - Throws: if the tools cannot be listed, or the connection is gone. Another list that fails costs itself only:
    ///   what the server listed before stays.
    func list(
        _ session: UpstreamSession, _ kinds: Set<ListKind>, announced: Set<ListKind> = [],
        since: MonotonicInstant = .now
    ) async throws(MCPClientError) {
        let before = lists
        lists.describe(session.connection)
        let outcome = await lister(session).fetch(kinds, into: lists) { early in
            self.publish(early, announced: [], since: since, isComplete: false, remarks: [])
            self.becomeReady(session)
        }
        freshness.withLock { $0.merge(outcome.freshness) { $1 } }
        publish(
            try outcome.lists.get(), announced: announced, since: since, isComplete: true, remarks: outcome.remarks)
        refreshClientLists(kinds, announced: announced, since: since, hasChanged: lists != before)
    }

    func lister(_ session: UpstreamSession) -> ServerLister {
        ServerLister(
            connection: session.connection, server: configuration, maxItems: catalogConfiguration.maxItemsPerServer,
            loop: loop)
    }

    private func publish(
        _ lists: ServerLists, announced: Set<ListKind>, since: MonotonicInstant, isComplete: Bool, remarks: [String]
    ) {
        self.lists = lists
        report(
            remarks
                + catalog.publish(
                    lists, of: configuration, announced: announced, since: since, isComplete: isComplete))
    }

    /// Logs what is wrong with lists.
    func report(_ remarks: [String]) {
        for remark in remarks.prefix(20) {
            log.warning("list of a server is flawed", ["server": configuration.name, "reason": remark])
        }
    }
}

extension ServerLists {
    /// Takes over what the server said of itself.
    mutating func describe(_ connection: any MCPConnection) {
        capabilities = connection.initializeResult.capabilities
        revision = connection.revision
        instructions = connection.initializeResult.instructions
    }
}
