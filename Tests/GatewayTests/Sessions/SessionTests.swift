import AsyncIO
import MCPProtocol
import Testing

@testable import Gateway

@Suite("Sessions")
struct SessionTests {
    private func store(maxSessions: Int = 10, idle: Duration? = .seconds(60)) -> SessionStore {
        var limits = LimitsConfiguration()
        limits.maxSessions = maxSessions
        limits.sessionIdle = idle
        return SessionStore(limits: limits)
    }

    private let client = Implementation(name: "test", version: "1")

    @Test("ids are visible ASCII, 128 bits, and all different")
    func ids() {
        let store = store(maxSessions: 1000)
        let ids = (0..<1000).compactMap { _ in store.open(revision: .v2025_11_25, clientInfo: client)?.id }
        #expect(Set(ids).count == 1000)
        #expect(ids.allSatisfy { $0.count == 32 && SessionID($0) != nil })
    }

    @Test("that a visit to a URL is over, only clients of 2025-11-25 are told", arguments: ProtocolRevision.allCases)
    func visits(revision: ProtocolRevision) throws {
        let session = try #require(store().open(revision: revision, clientInfo: client))
        let params = try RawJSON(validating: Array(#"{"elicitationId":"e"}"#.utf8))
        #expect(session.wants("notifications/elicitation/complete", params) == (revision == .v2025_11_25))
        #expect(session.wants("notifications/progress", params))
    }

    @Test("beyond the limit there is no new session, until one has ended")
    func limit() async throws {
        let store = store(maxSessions: 2)
        let first = try #require(store.open(revision: .v2025_06_18, clientInfo: client))
        _ = store.open(revision: .v2025_06_18, clientInfo: client)
        #expect(store.open(revision: .v2025_06_18, clientInfo: client) == nil)
        await store.end(first, reason: "test")
        #expect(store.session(first.id) == nil)
        #expect(store.open(revision: .v2025_06_18, clientInfo: client) != nil)
    }

    @Test("a session nobody uses is forgotten, one with an open stream is not")
    func expiry() async throws {
        let events = HTTPEventStream(loop: try EventLoop(name: "test"), maxBacklogBytes: 1000)
        let store = store(idle: .seconds(60))
        let idle = try #require(store.open(revision: .v2025_11_25, clientInfo: client))
        let busy = try #require(store.open(revision: .v2025_11_25, clientInfo: client))
        #expect(busy.openStandalone(on: events) != nil)
        #expect(await store.expire(now: .now) == 0)
        #expect(await store.expire(now: .now + .seconds(61)) == 1)
        #expect(store.session(idle.id) == nil)
        #expect(store.session(busy.id) === busy)
    }

    @Test("a change announced while no stream is open reaches the next one that opens, once")
    func missedChange() async throws {
        let store = store()
        let session = try #require(store.open(revision: .v2025_11_25, clientInfo: client))
        store.announceChange(of: [.tools])
        store.announceChange(of: [.tools])
        try await withStreams(of: session) { streams in
            let first = try await streams.open()
            #expect(try await first.readEvent()?.data == Self.toolsChanged)
            let second = try await streams.open()
            session.closeStreams()
            #expect(try await first.readEvent() == nil)
            #expect(try await second.readEvent() == nil)
        }
    }

    @Test("a message goes to the newest stream only, and to an older one when that has gone")
    func oneStream() async throws {
        let session = try #require(store().open(revision: .v2025_11_25, clientInfo: client))
        try await withStreams(of: session) { streams in
            let older = try await streams.open()
            let newer = try await streams.open()
            session.announceChange(of: [.tools])
            #expect(try await newer.readEvent()?.data == Self.toolsChanged)
            newer.close()
            try await streams.waitForEnds(1)
            session.announceChange(of: [.tools])
            #expect(try await older.readEvent()?.data == Self.toolsChanged)
            session.closeStreams()
            #expect(try await older.readEvent() == nil, "the first message went to the newer stream alone")
            try await streams.waitForEnds(2)
            #expect(session.idleTime(now: .now) != nil)
        }
    }

    @Test("a stream whose client does not read is closed at its bound, and the session forgets it")
    func backlog() async throws {
        let session = try #require(store().open(revision: .v2025_11_25, clientInfo: client))
        try await withStreams(of: session, maxBytes: 2 * (Self.toolsChanged.utf8.count + 32)) { streams in
            let reader = try await streams.open()
            // On the streams' loop nothing is written meanwhile, so all of it has to be held.
            try await streams.whileLoopIsHeld { for _ in 0..<10 { session.announceChange(of: [.tools]) } }
            for _ in 0..<2 { #expect(try await reader.readEvent()?.data == Self.toolsChanged) }
            #expect(try await reader.readEvent() == nil)
            try await streams.waitForEnds(1)
            #expect(session.idleTime(now: .now) != nil)
        }
    }

    private static let toolsChanged = #"{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}"#

    @Test("a session has a bounded number of streams")
    func streams() throws {
        let loop = try EventLoop(name: "test")
        let session = try #require(store().open(revision: .v2025_11_25, clientInfo: client))
        func carrier() -> HTTPEventStream { HTTPEventStream(loop: loop, maxBacklogBytes: 10) }
        let first = carrier()
        let stream = try #require(session.openStandalone(on: first))
        for _ in 1..<FrontSession.maxStreams { #expect(session.openStandalone(on: carrier()) != nil) }
        #expect(session.openStandalone(on: carrier()) == nil)
        session.carrierEnded(first, of: stream)
        #expect(session.openStandalone(on: carrier()) != nil)
    }

    // MARK: Coming back

    @Test("a client that comes back gets what it missed, once and in order, and then what is new")
    func resumption() async throws {
        let session = try #require(store().open(revision: .v2025_06_18, clientInfo: client))
        try await withStreams(of: session) { streams in
            let first = try await streams.open()
            session.resourceUpdated("test://0")
            let seen = try #require(try await first.readEvent())
            first.close()
            try await streams.waitForEnds(1)
            for number in 1...3 { session.resourceUpdated("test://\(number)") }
            let second = try await streams.open(after: seen.id)
            session.resourceUpdated("test://4")
            for number in 1...4 {
                let event = try #require(try await second.readEvent())
                #expect(event.data.contains("test://\(number)"))
            }
            // The stream it resumed had all of it, so a new one has nothing to make up for.
            let third = try await streams.open()
            session.resourceUpdated("test://5")
            #expect(try await third.readEvent()?.data.contains("test://5") == true)
            session.closeStreams()
        }
    }

    @Test(
        "an event that was never sent cannot be resumed from", arguments: ["1-7", "9-0", "1", "x-y", "1--1", "1-0-0"])
    func foreignEvent(id: String) async throws {
        let session = try #require(store().open(revision: .v2025_06_18, clientInfo: client))
        try await withStreams(of: session) { streams in
            let first = try await streams.open()
            session.resourceUpdated("test://0")
            #expect(try await first.readEvent() != nil)
            let second = try await streams.request(after: id)
            #expect(try await second.readHead().status == 400)
            session.closeStreams()
        }
    }

    @Test("what was missed is told as it is now, not as often as it happened, to a client that opens a new stream")
    func missedUpdates() async throws {
        let session = try #require(store().open(revision: .v2025_11_25, clientInfo: client))
        for _ in 0..<3 {
            session.announceChange(of: [.resources, .resourceTemplates, .prompts])
            session.resourceUpdated("test://a")
        }
        try await withStreams(of: session) { streams in
            let stream = try await streams.open()
            let events = [try await stream.readEvent(), try await stream.readEvent(), try await stream.readEvent()]
            #expect(
                events.map { $0?.data } == [
                    #"{"jsonrpc":"2.0","method":"notifications/prompts/list_changed"}"#,
                    #"{"jsonrpc":"2.0","method":"notifications/resources/list_changed"}"#,
                    #"{"jsonrpc":"2.0","method":"notifications/resources/updated","params":{"uri":"test://a"}}"#,
                ])
            session.closeStreams()
            #expect(try await stream.readEvent() == nil)
        }
    }
}
