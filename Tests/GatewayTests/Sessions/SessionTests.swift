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

    @Test("beyond the limit there is no new session, until one has ended")
    func limit() throws {
        let store = store(maxSessions: 2)
        let first = try #require(store.open(revision: .v2025_06_18, clientInfo: client))
        _ = store.open(revision: .v2025_06_18, clientInfo: client)
        #expect(store.open(revision: .v2025_06_18, clientInfo: client) == nil)
        #expect(store.remove(first.id) === first)
        #expect(store.session(first.id) == nil)
        #expect(store.open(revision: .v2025_06_18, clientInfo: client) != nil)
    }

    @Test("a session nobody uses is forgotten, one with an open stream is not")
    func expiry() async throws {
        let loop = try EventLoop(name: "test")
        let store = store(idle: .seconds(60))
        let idle = try #require(store.open(revision: .v2025_11_25, clientInfo: client))
        let busy = try #require(store.open(revision: .v2025_11_25, clientInfo: client))
        #expect(busy.open(SessionStream(loop: loop, maxBytes: 1000)))
        #expect(await store.expire(now: .now) == 0)
        #expect(await store.expire(now: .now + .seconds(61)) == 1)
        #expect(store.session(idle.id) == nil)
        #expect(store.session(busy.id) === busy)
    }

    @Test("a change announced while no stream is open reaches the next one that opens, once")
    func missedChange() async throws {
        let loop = try EventLoop(name: "test")
        try loop.start()
        let store = store()
        let session = try #require(store.open(revision: .v2025_11_25, clientInfo: client))
        store.announceToolChange()
        store.announceToolChange()
        let texts = try await loop.run { () -> [String] in
            let stream = SessionStream(loop: loop, maxBytes: 1000)
            #expect(session.open(stream))
            guard case .messages(let messages) = await stream.next(until: .now + .seconds(20)) else { return [] }
            return messages.map { String(decoding: $0, as: UTF8.self) }
        }
        #expect(texts == [#"{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}"#])
        loop.shutDown()
    }

    @Test("a message goes to the newest stream only")
    func oneStream() async throws {
        let loop = try EventLoop(name: "test")
        try loop.start()
        let session = try #require(store().open(revision: .v2025_11_25, clientInfo: client))
        try await loop.run {
            let older = SessionStream(loop: loop, maxBytes: 1000)
            let newer = SessionStream(loop: loop, maxBytes: 1000)
            #expect(session.open(older) && session.open(newer))
            session.announceToolChange()
            guard case .messages(let messages) = await newer.next(until: .now + .seconds(20)) else {
                Issue.record("the newer stream got nothing")
                return
            }
            #expect(messages.count == 1)
            guard case .silence = await older.next(until: .now) else {
                Issue.record("the older stream got something")
                return
            }
        }
        loop.shutDown()
    }

    @Test("a stream whose client does not read is closed at its bound")
    func backlog() async throws {
        let loop = try EventLoop(name: "test")
        try loop.start()
        try await loop.run {
            let stream = SessionStream(loop: loop, maxBytes: 100)
            for _ in 0..<10 { stream.push([UInt8](repeating: 0x20, count: 30)) }
            guard case .messages(let messages) = await stream.next(until: .now + .seconds(20)) else {
                Issue.record("what was within the bound is lost")
                return
            }
            #expect(messages.count == 3)
            guard case .closed = await stream.next(until: .now + .seconds(20)) else {
                Issue.record("the stream is still open")
                return
            }
        }
        loop.shutDown()
    }

    @Test("a session has a bounded number of streams")
    func streams() throws {
        let loop = try EventLoop(name: "test")
        let session = try #require(store().open(revision: .v2025_11_25, clientInfo: client))
        let streams = (0..<FrontSession.maxStreams).map { _ in SessionStream(loop: loop, maxBytes: 10) }
        #expect(streams.allSatisfy { session.open($0) })
        #expect(!session.open(SessionStream(loop: loop, maxBytes: 10)))
        session.close(streams[0])
        #expect(session.open(SessionStream(loop: loop, maxBytes: 10)))
    }
}
