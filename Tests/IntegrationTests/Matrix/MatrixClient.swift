import Synchronization
import TestSupport
import Testing

/// A client of the matrix in front of all servers, with what it has been listed.
final class MatrixClient: Sendable {
    let kind: MatrixClientKind
    let client: any ProtocolClient
    /// A second client of the same kind that cannot be asked anything, and so shares its sessions with the servers with
    /// those that fetch the lists: what it does to a server's process is done to the one whose lists are shown.
    let plain: any ProtocolClient
    /// What each revision's server lists when it is asked directly.
    let listed: [Revision: ServerLists]
    let lists: ServerLists
    /// What came of the changes of a list, by the method of the list.
    let changes = Mutex<[String: ListChange]>([:])

    /// How many cells each limit has shown itself in.
    let limits = Mutex<[Limit: Int]>([:])

    /// A list while every server had one thing more in it, and after.
    struct ListChange: Sendable {
        let isAnnounced: Bool
        let during: Set<String>
        let after: Set<String>
    }

    init(
        _ kind: MatrixClientKind, _ client: any ProtocolClient, plain: any ProtocolClient,
        _ listed: [Revision: ServerLists]
    ) async throws {
        self.kind = kind
        self.client = client
        self.plain = plain
        self.listed = listed
        lists = try await ServerLists(client)
        try await plain.listenToLists()
    }

    // MARK: Trying

    /// Tries all features with all servers.
    ///
    /// - Returns: how many cells that were.
    func tryAll() async -> Int {
        let (alone, together) = (Feature.all.filter(\.isAlone), Feature.all.filter { !$0.isAlone })
        var cells = await withTaskGroup(of: Int.self) { group in
            for server in MatrixServer.all {
                group.addTask {
                    for feature in together { await self.run(feature, with: server) }
                    return together.count
                }
            }
            return await group.reduce(0, +)
        }
        for feature in alone {
            do {
                try await feature.prepare?(self)
            } catch {
                Issue.record("\(kind): \(feature.name): preparation: \(error)")
            }
            for server in MatrixServer.all {
                await run(feature, with: server)
                cells += 1
            }
        }
        return cells
    }

    private func run(_ feature: Feature, with server: MatrixServer) async {
        do {
            try await feature.body(Cell(matrix: self, server: server))
        } catch {
            Issue.record("\(kind) → \(server): \(feature.name): \(error)")
        }
    }
}
