import TestSupport

/// What a client was told and asked so far.
protocol ClientInbox: Sendable {
    /// Notifications in the order they came.
    var told: [JSONTree] { get }
    /// Questions in the order they came.
    var asked: [JSONTree] { get }
}

/// A client that remembers what came beside its answers.
protocol ToldClient {
    associatedtype Inbox: ClientInbox

    var inbox: Observed<Inbox> { get }
}

extension ToldClient {
    /// How long something may take to come.
    static var patience: Duration { .seconds(30) }

    /// How many notifications have come: a place to look from later.
    var toldCount: Int { inbox.value.told.count }

    /// Waits for notifications that came at or after a place.
    func told(
        _ what: String, since place: Int, count: Int, where match: @escaping @Sendable (JSONTree) -> Bool
    ) async throws -> [JSONTree] {
        try await inbox.wait(for: "\(count) of \(what)", within: Self.patience) { inbox in
            let found = inbox.told.dropFirst(place).filter(match)
            return found.count >= count ? found : nil
        }
    }

    /// What the client was asked, so far, and `match` accepts.
    func asked(where match: (JSONTree) -> Bool) -> [JSONTree] { inbox.value.asked.filter(match) }
}

extension RunningProcess {
    /// Closes the input of a server on standard streams, which ends it, and expects that it ends well.
    ///
    /// - Parameter name: what it is called in the failure.
    func endByClosingInput(_ name: String) async throws {
        closeInput()
        let exit: RunningProcess.Exit
        do {
            exit = try await self.exit()
        } catch {
            await terminate()
            throw error
        }
        await terminate()
        guard exit == .code(0) else { throw WireFailure("\(name) ended with \(exit)\n\(transcript)") }
    }
}
