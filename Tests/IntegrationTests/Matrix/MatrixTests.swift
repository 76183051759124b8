import TestSupport
import Testing

/// Every revision of a client with every revision of a server, over every transport on either side.
@Suite("the matrix of revisions and transports", .serialized)
struct MatrixTests {
    @Test(
        "every feature works between every client and every server, or is refused as it should be",
        .timeLimit(.minutes(10)))
    func matrix() async throws {
        let bench = try await MatrixBench.start()
        do {
            try await tryAll(bench)
        } catch {
            await bench.stop()
            throw error
        }
        await bench.stop()
    }

    private func tryAll(_ bench: MatrixBench) async throws {
        let clock = ContinuousClock()
        let start = clock.now
        var cells = 0
        var clients: [any ProtocolClient] = []
        var limits: [Limit: Int] = [:]
        // One after the other: a server's changes are announced to everybody.
        try await GatewayFixture.with(bench.configuration) { gateway in
            for kind in MatrixClientKind.all where kind.transport != .stdio {
                cells += try await tryAll(kind, bench, &clients, &limits) { name, capabilities in
                    try await kind.client(name, capabilities, port: gateway.port)
                }
            }
        }
        let file = try bench.directory.write(bench.configuration.description, to: "gateway.json")
        for kind in MatrixClientKind.all where kind.transport == .stdio {
            cells += try await tryAll(kind, bench, &clients, &limits) { name, capabilities in
                try await kind.client(name, capabilities, configuration: file)
            }
        }
        let tried = clock.now

        var fronts = 0
        for client in clients {
            fronts += await client.messages.entries.count
            let problems = await client.problems()
            #expect(problems == [])
        }
        let upstreams = try await checkUpstreams(bench)
        #expect(cells == MatrixClientKind.all.count * MatrixServer.all.count * Feature.all.count)
        for limit in Limit.allCases { print("matrix: \(limits[limit, default: 0]) times \(limit.rawValue)") }
        print(
            """
            matrix: \(cells) cells of \(Feature.all.count) features in \(tried - start), \
            \(fronts) messages at the front and \(upstreams) upstream checked in \(clock.now - tried)
            """)
    }

    /// Opens a client by its name in messages of the test, and what it declares if that is not everything.
    private typealias Opening = (_ name: String, _ capabilities: JSONTree?) async throws -> any ProtocolClient

    private func tryAll(
        _ kind: MatrixClientKind, _ bench: MatrixBench, _ clients: inout [any ProtocolClient],
        _ limits: inout [Limit: Int], by open: Opening
    ) async throws -> Int {
        try await with("\(kind)", nil, &clients, by: open) { client, clients in
            // Of servers on standard streams, this one's calls reach the process whose lists the gateway shows.
            try await with("plain \(kind)", [:], &clients, by: open) { plain, _ in
                let start = ContinuousClock.now
                defer { print("\(kind): \(ContinuousClock.now - start)") }
                let matrix = try await MatrixClient(kind, client, plain: plain, bench.listed)
                let cells = await matrix.tryAll()
                limits.merge(matrix.limits.withLock { $0 }, uniquingKeysWith: +)
                return cells
            }
        }
    }

    private func with<Result>(
        _ name: String, _ capabilities: JSONTree?, _ clients: inout [any ProtocolClient], by open: Opening,
        body: (any ProtocolClient, inout [any ProtocolClient]) async throws -> Result
    ) async throws -> Result {
        let client = try await open(name, capabilities)
        clients.append(client)
        do {
            let result = try await body(client, &clients)
            try await client.close()
            return result
        } catch {
            do { try await client.close() } catch { Issue.record("\(name) could not be closed: \(error)") }
            throw error
        }
    }

    /// - Returns: the number of messages.
    private func checkUpstreams(_ bench: MatrixBench) async throws -> Int {
        try await withThrowingTaskGroup(of: (problems: [String], messages: Int).self) { group in
            for server in MatrixServer.all {
                group.addTask { try await UpstreamRecord.problems(of: server, in: bench.directory) }
            }
            var messages = 0
            for try await outcome in group {
                #expect(outcome.problems == [])
                messages += outcome.messages
            }
            return messages
        }
    }
}
