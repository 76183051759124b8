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
        var clients: [LegacyClient] = []
        // One after the other: a server's changes are announced to everybody.
        try await GatewayFixture.with(bench.configuration) { gateway in
            for kind in MatrixClientKind.all where kind.transport != .stdio {
                cells += try await tryAll(kind, bench, &clients) { receive in
                    if kind.transport == .http { return StreamableHTTPWire(port: gateway.port, receive: receive) }
                    return try await EventStreamWire(port: gateway.port, receive: receive)
                }
            }
        }
        let file = try bench.directory.write(bench.configuration.description, to: "gateway.json")
        for kind in MatrixClientKind.all where kind.transport == .stdio {
            cells += try await tryAll(kind, bench, &clients) { receive in
                try StdioWire(configuration: file, receive: receive)
            }
        }
        let tried = clock.now

        var fronts = 0
        for client in clients {
            fronts += await client.messages.entries.count
            #expect(await client.messages.problems() == [])
        }
        let upstreams = try await checkUpstreams(bench)
        #expect(cells == MatrixClientKind.all.count * MatrixServer.all.count * Feature.all.count)
        print(
            """
            matrix: \(cells) cells of \(Feature.all.count) features in \(tried - start), \
            \(fronts) messages at the front and \(upstreams) upstream checked in \(clock.now - tried)
            """)
    }

    private func tryAll(
        _ kind: MatrixClientKind, _ bench: MatrixBench, _ clients: inout [LegacyClient],
        over makeWire: (@escaping MessageReceiver) async throws -> any ClientWire
    ) async throws -> Int {
        let client = try await LegacyClient.open("\(kind)", kind.revision, over: makeWire)
        clients.append(client)
        do {
            let matrix = try await MatrixClient(kind, client, bench.listed)
            let cells = await matrix.tryAll()
            try await client.close()
            return cells
        } catch {
            do { try await client.close() } catch { Issue.record("\(kind) could not be closed: \(error)") }
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
