import AsyncIO
import MCPProtocol
import Synchronization
import TestSupport
import Testing

@testable import Gateway

@Suite("Lists for some clients")
struct CatalogVariantTests {
    private let a = Listed.server("a")
    private let b = Listed.server("a__b")

    private static func session(_ id: String, _ capabilities: String = #"{"sampling":{}}"#) throws -> FrontSession {
        FrontSession(
            id: id, revision: .v2025_11_25, clientInfo: Implementation(name: "test", version: "1"),
            capabilities: ClientCapabilities(try Listed.capabilities(capabilities), revision: .v2025_11_25))
    }

    /// A catalogue whose servers list `x`, and sessions that have begun in it.
    private func makeCatalog(pageSize: Int = 100) throws -> Catalog {
        let catalog = try Catalog(
            GatewayConfiguration(servers: [a, b], catalog: CatalogConfiguration(pageSize: pageSize)))
        for server in [a, b] { _ = catalog.publish(try lists("x"), of: server, announced: []) }
        return catalog
    }

    private func lists(_ tools: String..., instructions: String? = nil) throws -> ServerLists {
        ServerLists(
            tools: try Listed.tools(tools), capabilities: try Listed.capabilities(Listed.everything),
            instructions: instructions)
    }

    private func names(_ catalog: Catalog, _ session: FrontSession?) -> [String] {
        catalog.snapshot(for: session).tools.map(\.exposedName)
    }

    @Test("clients see what is listed to their capabilities, all others what everybody sees")
    func capabilities() throws {
        let catalog = try makeCatalog()
        let (first, second) = (try Self.session("1"), try Self.session("2"))
        let other = try Self.session("3", #"{"roots":{}}"#)
        let plain = try Self.session("4", "{}")
        for session in [first, second, other, plain] { catalog.begin(session) }
        let base = catalog.snapshot
        let heard = Heard(catalog)
        let sampling = try #require(first.fingerprint)
        _ = catalog.publish(try lists("x", "ask", instructions: "ask"), of: a, forCapabilities: sampling)
        #expect(heard.take() == [[.tools]])
        for session in [first, second] {
            #expect(names(catalog, session) == ["a__x", "a__ask", "a__b__x"])
            #expect(catalog.snapshot(for: session).tool(named: "ask")?.server == "a")
            #expect(catalog.snapshot(for: session).instructions.map(\.text) == ["ask"])
        }
        #expect(catalog.snapshot(for: first) === catalog.snapshot(for: second), "made once")
        for session in [other, plain, nil] { #expect(catalog.snapshot(for: session) === base) }

        _ = catalog.publish(try lists("y"), of: a, forCapabilities: sampling)
        #expect(names(catalog, first) == ["a__y", "a__b__x"], "a tool may be missing, too")
        _ = catalog.publish(try lists("x", "new"), of: b, announced: [])
        #expect(names(catalog, first) == ["a__y", "a__b__x", "a__b__new"], "what others list is everybody's")
        #expect(names(catalog, plain) == ["a__x", "a__b__x", "a__b__new"])
    }

    @Test("lists equal to everybody's are not kept, and make no snapshot")
    func equal() throws {
        let catalog = try makeCatalog()
        let session = try Self.session("1")
        catalog.begin(session)
        let base = catalog.snapshot
        let heard = Heard(catalog)
        let fingerprint = try #require(session.fingerprint)
        _ = catalog.publish(try lists("x"), of: a, forCapabilities: fingerprint)
        _ = catalog.publish(try lists("x"), of: a, for: session)
        #expect(heard.take() == [])
        #expect(catalog.snapshot(for: session) === base)
        #expect(!catalog.hasOwnLists(session, of: "a"))
        #expect(catalog.snapshots.withLock { $0.variants.isEmpty && $0.lastGeneration == base.generation })

        // What was different and is everybody's now is forgotten, too.
        _ = catalog.publish(try lists("x", "z"), of: a, forCapabilities: fingerprint)
        _ = catalog.publish(try lists("x", "z", "own"), of: a, for: session)
        #expect(names(catalog, session) == ["a__x", "a__z", "a__own", "a__b__x"])
        _ = catalog.publish(try lists("x", "z"), of: a, announced: [])
        #expect(names(catalog, session) == ["a__x", "a__z", "a__own", "a__b__x"])
        #expect(catalog.state.withLock { !$0.overlays.has(.capabilities(fingerprint)) })
        _ = catalog.publish(try lists("x", "z"), of: a, for: session)
        #expect(catalog.snapshot(for: session) === catalog.snapshot)
        #expect(catalog.snapshots.withLock { $0.variants.isEmpty })
    }

    @Test("what is listed in one session is that session's alone, and ends with it")
    func ownLists() throws {
        let catalog = try makeCatalog()
        let (own, other) = (try Self.session("1"), try Self.session("2"))
        let plain = try Self.session("3", "{}")
        for session in [own, other, plain] { catalog.begin(session) }
        let fingerprint = try #require(own.fingerprint)
        _ = catalog.publish(try lists("x", "ask"), of: a, forCapabilities: fingerprint)
        _ = catalog.publish(try lists("x"), of: a, for: own)
        #expect(names(catalog, own) == ["a__x", "a__b__x"], "everybody's list is not that of its capabilities")
        #expect(names(catalog, other) == ["a__x", "a__ask", "a__b__x"])
        _ = catalog.publish(try lists("p"), of: b, for: plain)
        #expect(names(catalog, plain) == ["a__x", "a__b__p"])
        #expect(names(catalog, nil) == ["a__x", "a__b__x"])

        catalog.endOwnLists(of: "a", for: own)
        #expect(names(catalog, own) == ["a__x", "a__ask", "a__b__x"])
        catalog.end(plain)
        #expect(catalog.state.withLock { !$0.overlays.has(plain.listVariant) })
    }

    @Test("a session that has ended gets no lists any more")
    func ended() async throws {
        let catalog = try makeCatalog()
        let session = try Self.session("1")
        catalog.begin(session)
        await session.end(reason: "test")
        catalog.end(session)
        _ = catalog.publish(try lists("x", "late"), of: a, for: session)
        #expect(!catalog.hasOwnLists(session, of: "a"))
    }

    @Test("a tool or resource that only some see renames nothing of another server for them")
    func names() throws {
        let catalog = try makeCatalog()
        let session = try Self.session("1")
        catalog.begin(session)
        // The first server's `b__x` would take the name of the second one's `x`, its resource the other's URI.
        var more = try lists("b__x", "x")
        more.resources = try Listed.resources("f:///1")
        var less = try lists("x")
        less.resources = try Listed.resources("f:///1")
        _ = catalog.publish(less, of: b, announced: [])
        _ = catalog.publish(more, of: a, forCapabilities: try #require(session.fingerprint))
        let snapshot = catalog.snapshot(for: session)
        #expect(snapshot.tool(named: "a__b__x")?.server == "a__b")
        #expect(snapshot.tool(named: "a__x")?.server == "a")
        let added = try #require(snapshot.tools.first { $0.originalName == "b__x" })
        #expect(added.exposedName != "a__b__x" && snapshot.tool(named: added.exposedName) == added)
        #expect(snapshot.route(uri: "f:///1").map(\.server) == ["a__b"])
        #expect(snapshot.resources.map(\.exposedURI) == ["a+f:///1", "f:///1"])

        // Nor does one that some do not see.
        _ = catalog.publish(more, of: a, announced: [])
        let displaced = try #require(catalog.snapshot.tools.last).exposedName
        #expect(displaced != "a__b__x")
        let rewritten = try #require(catalog.snapshot.resources.last).exposedURI
        #expect(rewritten != "f:///1")
        _ = catalog.publish(try lists("y"), of: a, forCapabilities: try #require(session.fingerprint))
        #expect(names(catalog, session) == ["a__y", displaced])
        #expect(catalog.snapshot(for: session).resources.map(\.exposedURI) == [rewritten])
    }

    @Test("whatever some clients are shown, keys are unique, lead back, and are everybody's where everybody has them")
    func random() throws {
        var generator = SeededGenerator(seed: 29)
        let servers = [a, b, Listed.server("c")]
        let tools = ["x", "b__x", "b__b__x", "y"]
        let uris = ["f:///1", "a__b+f:///1", "ui://v", "c+f:///1"]
        func some(_ texts: [String]) -> [String] { Array(texts.shuffled(using: &generator).dropLast(2)) }
        func some() throws -> ServerLists {
            let interface = uris.randomElement(using: &generator) ?? ""
            return ServerLists(
                tools: try Listed.items(
                    .tools,
                    some(tools).map {
                        #"{"name":"\#($0)","inputSchema":{},"_meta":{"ui":{"resourceUri":"\#(interface)"}}}"#
                    }),
                resources: try Listed.items(.resources, some(uris).map { #"{"uri":"\#($0)","name":"n"}"# }),
                prompts: try Listed.items(.prompts, some(tools).map { #"{"name":"\#($0)"}"# }))
        }
        let session = try Self.session("1")
        for _ in 0..<100 {
            let catalog = try Catalog(GatewayConfiguration(servers: servers))
            catalog.begin(session)
            for server in servers { _ = catalog.publish(try some(), of: server, announced: []) }
            let overlaid = servers[Int.random(in: 0..<3, using: &generator)]
            _ = catalog.publish(try some(), of: overlaid, forCapabilities: try #require(session.fingerprint))
            _ = catalog.publish(try some(), of: servers[0], for: session)
            let (base, snapshot) = (catalog.snapshot, catalog.snapshot(for: session))
            for item in snapshot.tools {
                #expect(snapshot.tool(named: item.exposedName) == item)
                if let same = base.tools.first(where: { $0.key == item.key }) {
                    #expect(same.exposedName == item.exposedName)
                }
            }
            #expect(Set(snapshot.tools.map(\.exposedName)).count == snapshot.tools.count)
            #expect(Set(snapshot.prompts.map(\.exposedName)).count == snapshot.prompts.count)
            #expect(Set(snapshot.resources.map(\.exposedURI)).count == snapshot.resources.count)
            for item in snapshot.resources {
                #expect(snapshot.route(uri: item.exposedURI).map(\.originalURI) == [item.originalURI])
                if let same = base.resources.first(where: { $0.key == item.key }) {
                    #expect(same.exposedURI == item.exposedURI)
                }
            }
        }
    }

    // MARK: Cursors

    @Test("a list goes on from page to page in its own variant, whatever changes, and in no other's")
    func cursors() throws {
        let catalog = try makeCatalog(pageSize: 2)
        let (session, other) = (try Self.session("1"), try Self.session("2", #"{"roots":{}}"#))
        for session in [session, other] { catalog.begin(session) }
        func cursor(_ snapshot: CatalogSnapshot) throws -> String {
            try #require(snapshot.page(.tools, at: 0, for: .latestLegacy)?.member("nextCursor")?.stringValue)
        }
        func page(_ cursor: String, _ session: FrontSession?) -> [String?]? {
            catalog.page(.tools, cursor: cursor, for: .latestLegacy, in: session?.listVariant)?
                .member("tools")?.elements.map { $0.member("name")?.stringValue }
        }
        _ = catalog.publish(try lists("x", "y"), of: b, announced: [])
        let common = try cursor(catalog.snapshot(for: session))
        _ = catalog.publish(try lists("x", "ask"), of: a, forCapabilities: try #require(session.fingerprint))
        #expect(page(common, session) == ["a__b__y"], "begun before there was a variant")
        let varied = try cursor(catalog.snapshot(for: session))
        #expect(page(varied, session) == ["a__b__x", "a__b__y"])
        #expect(page(varied, other) == nil)
        #expect(page(varied, nil) == nil)
        _ = catalog.publish(try lists("own"), of: a, for: session)
        let own = try cursor(catalog.snapshot(for: session))
        _ = catalog.publish(try lists("x"), of: b, announced: [])
        #expect(page(own, session) == ["a__b__y"])
        #expect(page(varied, session) == ["a__b__x", "a__b__y"])
        #expect(page(common, other) == ["a__b__y"])
        catalog.end(session)
        #expect(page(own, session) == nil)
    }

    @Test("generations differ over all variants, and each keeps as many earlier ones as everybody's")
    func generations() throws {
        let catalog = try makeCatalog(pageSize: 1)
        let session = try Self.session("1")
        catalog.begin(session)
        let fingerprint = try #require(session.fingerprint)
        _ = catalog.publish(try lists("x", "0"), of: a, forCapabilities: fingerprint)
        let first = catalog.snapshot(for: session)
        let cursor = try #require(first.page(.tools, at: 0, for: .latestLegacy)?.member("nextCursor")?.stringValue)
        let common = try #require(
            catalog.snapshot.page(.tools, at: 0, for: .latestLegacy)?.member("nextCursor")?.stringValue)
        var generations: Set<UInt64> = [catalog.snapshot.generation, first.generation]
        for round in 0..<SnapshotLine.keptGenerations {
            _ = catalog.publish(try lists("x", "t\(round)"), of: a, forCapabilities: fingerprint)
            #expect(generations.insert(catalog.snapshot(for: session).generation).inserted)
        }
        #expect(catalog.page(.tools, cursor: cursor, for: .latestLegacy, in: session.listVariant) != nil)
        _ = catalog.publish(try lists("x", "last"), of: a, forCapabilities: fingerprint)
        _ = catalog.snapshot(for: session)
        #expect(catalog.page(.tools, cursor: cursor, for: .latestLegacy, in: session.listVariant) == nil)
        #expect(catalog.page(.tools, cursor: common, for: .latestLegacy) != nil, "everybody's has not changed")
    }

    // MARK: Bounds

    @Test("of too many capabilities those used longest ago by sessions that are gone are forgotten")
    func bounded() throws {
        let catalog = try makeCatalog()
        let sessions = try (0..<Explorations.maxFingerprints + 2).map {
            try Self.session("\($0)", #"{"sampling":{},"experimental":{"n":\#($0)}}"#)
        }
        func publish(_ session: FrontSession) throws {
            _ = catalog.publish(
                try lists("x", "n\(session.id)"), of: a, forCapabilities: try #require(session.fingerprint))
        }
        for session in sessions {
            catalog.begin(session)
            try publish(session)
        }
        let late = sessions.suffix(2)
        for session in sessions.dropLast(2) { #expect(names(catalog, session).count == 3) }
        for session in late { #expect(catalog.snapshot(for: session) === catalog.snapshot, "all others are in use") }
        #expect(!catalog.beginExploring("a", for: sessions[33], onlyOutdated: false))

        catalog.end(sessions[1])
        catalog.end(sessions[0])
        catalog.begin(sessions[32])
        for session in late { try publish(session) }
        #expect(names(catalog, sessions[32]).count == 3)
        #expect(names(catalog, sessions[0]).count == 3, "remembered for the next one like it")
        #expect(catalog.snapshot(for: sessions[1]) === catalog.snapshot, "used before it")
        #expect(catalog.snapshot(for: sessions[33]) === catalog.snapshot)

        let huge = try Self.session(
            "huge", #"{"roots":{},"experimental":{"x":"\#(String(repeating: "x", count: 20_000))"}}"#)
        catalog.end(sessions[0])
        catalog.begin(huge)
        try publish(huge)
        #expect(catalog.snapshot(for: huge) === catalog.snapshot)
    }

    // MARK: Exploring

    @Test("a server is explored once for all clients of the same capabilities, again by the next one after a failure")
    func exploring() async throws {
        let catalog = try makeCatalog()
        let (first, second) = (try Self.session("1"), try Self.session("2"))
        for session in [first, second] { catalog.begin(session) }
        let fingerprint = try #require(first.fingerprint)
        #expect(catalog.beginExploring("a", for: first, onlyOutdated: false))
        #expect(!catalog.beginExploring("a", for: second, onlyOutdated: false))
        catalog.endExploring("a", fingerprint, hasSucceeded: false)
        #expect(!catalog.beginExploring("a", for: second, onlyOutdated: true))
        #expect(catalog.beginExploring("a", for: second, onlyOutdated: false))
        catalog.endExploring("a", fingerprint, hasSucceeded: true)
        #expect(!catalog.beginExploring("a", for: first, onlyOutdated: false))
        #expect(catalog.exploredCapabilities(of: "a") == [fingerprint])

        #expect(!catalog.isOutdated(for: first))
        catalog.noteOutdated("a", fingerprint, announced: [], since: .now)
        #expect(catalog.isOutdated(for: first))
        _ = catalog.publish(try lists("own"), of: a, for: first)
        #expect(!catalog.beginExploring("a", for: first, onlyOutdated: true), "it sees what no other sees")
        #expect(catalog.beginExploring("a", for: second, onlyOutdated: true))
        #expect(!catalog.beginExploring("a", for: try Self.session("3", "{}"), onlyOutdated: false))
    }

    @Test("a list waits while a server is being explored, at most as long as lists wait", .timeLimit(.minutes(1)))
    func waiting() async throws {
        let loop = try EventLoop(name: "test")
        try loop.start()
        defer { loop.shutDown() }
        for listWait in [Duration.seconds(3600), .milliseconds(20)] {
            let catalog = try Catalog(
                GatewayConfiguration(servers: [a], catalog: CatalogConfiguration(listWait: listWait)))
            let session = try Self.session("1")
            catalog.begin(session)
            @Sendable func wait() async {
                await withTaskExecutorPreference(loop) { await catalog.waitUntilExplored(for: session, on: loop) }
            }
            await wait()
            #expect(catalog.beginExploring("a", for: session, onlyOutdated: false))
            async let waited: Void = wait()
            if listWait > .seconds(1) {
                catalog.endExploring("a", try #require(session.fingerprint), hasSucceeded: false)
            }
            await waited
        }
    }

    // MARK: Who is told

    @Test("only those are told whose lists changed")
    func told() throws {
        let catalog = try makeCatalog()
        let changes = Changes(catalog)
        let (own, like, plain) = (try Self.session("1"), try Self.session("2"), try Self.session("3", "{}"))
        let all = [own, like, plain]
        for session in all { catalog.begin(session) }
        func concerned() -> [String] {
            let change = changes.take()
            return all.filter { change?.concerns($0.listVariant) == true }.map(\.id)
        }
        let fingerprint = try #require(own.fingerprint)
        _ = catalog.publish(try lists("x", "y"), of: a, announced: [])
        #expect(concerned() == ["1", "2", "3"])
        _ = catalog.publish(try lists("own"), of: a, for: own)
        #expect(concerned() == ["1"])
        _ = catalog.publish(try lists("x", "ask"), of: a, forCapabilities: fingerprint)
        #expect(concerned() == ["2"])
        _ = catalog.publish(try lists("x"), of: a, announced: [.tools])
        #expect(concerned() == ["3"])
        _ = catalog.publish(try lists("z"), of: b, announced: [])
        #expect(concerned() == ["1", "2", "3"])
        catalog.noteOutdated("a", fingerprint, announced: [.tools], since: .now)
        #expect(concerned() == ["2"])
        _ = catalog.publish(try lists("own"), of: a, for: own, announced: [.tools])
        #expect(concerned() == ["1"], "it was announced, though it is no different")
        catalog.endOwnLists(of: "a", for: own)
        #expect(concerned() == ["1"])
        // A change for all that a session has heard of first.
        _ = catalog.publish(try lists("all"), of: b, for: plain)
        #expect(concerned() == ["3"])
        _ = catalog.publish(try lists("all"), of: b, announced: [.tools])
        #expect(concerned() == ["1", "2"])
        #expect(catalog.snapshot(for: plain) === catalog.snapshot)
    }

    @Test("an announcement is passed on unless the client was told after it; a change always")
    func announcements() throws {
        let channel = PushedMessages()
        let session = FrontSession(
            id: "1", revision: .v2025_11_25, clientInfo: Implementation(name: "test", version: "1"), channel: channel)
        func change(_ changed: Set<ListKind>, announced: Set<ListKind>, since: MonotonicInstant) -> CatalogChange {
            CatalogChange(of: nil, changed: changed, announced: announced, since: since, exempt: [])
        }
        let start = MonotonicInstant.now
        session.announce(change([], announced: [.tools], since: start))
        #expect(try channel.take() == [], "before the end of the handshake")
        #expect(session.noteInitialized())
        #expect(!session.noteInitialized())
        #expect(try channel.take() == ["notifications/tools/list_changed"])
        session.announce(change([], announced: [.tools], since: start))
        #expect(try channel.take() == [])
        session.announce(change([], announced: [.resourceTemplates], since: start))
        session.announce(change([], announced: [.tools], since: .now + .seconds(1)))
        session.announce(change([.tools], announced: [.tools], since: start))
        #expect(
            try channel.take() == [
                "notifications/resources/list_changed", "notifications/tools/list_changed",
                "notifications/tools/list_changed",
            ])
    }
}

/// The last change of a catalogue.
private final class Changes: Sendable {
    private let last = Mutex<CatalogChange?>(nil)

    init(_ catalog: Catalog) { catalog.observe { change in self.last.withLock { $0 = change } } }

    func take() -> CatalogChange? {
        last.withLock { last in
            defer { last = nil }
            return last
        }
    }
}

/// The methods of what was pushed to a client.
private final class PushedMessages: FrontChannel {
    private let messages = Mutex<[[UInt8]]>([])

    @discardableResult
    func push(_ message: [UInt8]) -> Bool {
        messages.withLock { $0.append(message) }
        return true
    }

    func room() async {}
    func close() {}

    func take() throws -> [String?] {
        let taken = messages.withLock { messages in
            defer { messages = [] }
            return messages
        }
        return try taken.map { try RawJSON(validating: $0[...]).member("method")?.stringValue }
    }
}
