import TestSupport

/// What the revisions with a handshake have a method of their own for.
extension LegacyClient: ProtocolClient {
    func cancel(_ id: JSONTree) async throws {
        try await notify("notifications/cancelled", ["requestId": id, "reason": "not needed any more"])
    }

    func setLogLevel(_ level: String) async throws {
        try await expectEmpty("logging/setLevel", ["level": .string(level)])
    }

    /// They are told without being asked.
    func listenToLists() async throws {}

    func subscribe(_ uri: JSONTree) async throws -> JSONTree {
        try await expectEmpty("resources/subscribe", ["uri": uri])
        return uri
    }

    func unsubscribe(_ subscription: JSONTree) async throws {
        try await expectEmpty("resources/unsubscribe", ["uri": subscription])
    }

    private func expectEmpty(_ method: String, _ params: JSONTree) async throws {
        let answer = try await request(method, params)
        guard answer.result?.means([:]) == true else {
            throw WireFailure("\(name): \(method) got \(answer.response?.description ?? "nothing")")
        }
    }

    func problems() async -> [String] { await messages.problems() }
}
