import AsyncIO
import MCPClient
import MCPProtocol

/// Keeps the server's part of the catalogue.
extension Upstream {
    /// Fetches lists at the same time, and publishes them together. A list that takes much longer than the tools does
    /// not hold them up: they are published before it.
    ///
    /// - Throws: if the tools cannot be listed, or the connection is gone. Another list that fails costs itself only:
    ///   what the server listed before stays.
    func list(
        _ session: UpstreamSession, _ kinds: Set<ListKind>, announced: Bool
    ) async throws(MCPClientError) {
        let connection = session.connection
        let lister = ServerLister(
            connection: connection, server: configuration, maxItems: catalogConfiguration.maxItemsPerServer, loop: loop)
        lists.capabilities = connection.initializeResult.capabilities
        lists.revision = connection.revision
        lists.instructions = connection.initializeResult.instructions
        let outcome = await lister.fetch(kinds, into: lists) { early in
            self.publish(early, announced: [], isComplete: false, remarks: [])
            self.becomeReady(session)
        }
        publish(
            try outcome.lists.get(), announced: announced ? kinds : [], isComplete: true, remarks: outcome.remarks)
    }

    private func publish(_ lists: ServerLists, announced: Set<ListKind>, isComplete: Bool, remarks: [String]) {
        self.lists = lists
        let remarks =
            remarks + catalog.publish(lists, of: configuration, announced: announced, isComplete: isComplete)
        for remark in remarks.prefix(20) {
            log.warning("list of a server is flawed", ["server": configuration.name, "reason": remark])
        }
    }
}
