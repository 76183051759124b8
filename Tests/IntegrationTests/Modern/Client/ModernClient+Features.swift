import TestSupport

/// What older revisions have methods of their own for.
extension ModernClient: ProtocolClient {
    /// A late answer would be a problem of its own.
    func waitForSilence(after id: JSONTree) async throws -> Bool { try await answer(to: id).response == nil }

    func setLogLevel(_ level: String) async throws { wantLogs(of: level) }

    func listenToLists() async throws {
        let filter: JSONTree = ["toolsListChanged": true, "promptsListChanged": true, "resourcesListChanged": true]
        let listening = try await listen(filter)
        guard listening.acknowledged.means(filter) else {
            throw WireFailure("\(name): acknowledged was \(listening.acknowledged)")
        }
    }

    func subscribe(_ uri: JSONTree) async throws -> JSONTree {
        let filter: JSONTree = ["resourceSubscriptions": [uri]]
        let listening = try await listen(filter)
        guard listening.acknowledged.means(filter) else {
            throw WireFailure("\(name): acknowledged was \(listening.acknowledged)")
        }
        return listening.id
    }

    func unsubscribe(_ subscription: JSONTree) async throws { try await cancel(subscription) }
}
