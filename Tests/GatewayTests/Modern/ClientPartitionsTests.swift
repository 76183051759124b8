import AsyncIO
import MCPProtocol
import Testing

@testable import Gateway

@Suite("Clients without sessions, by what they declare and by affinity")
struct ClientPartitionsTests {
    private struct Bench {
        let sessions: SessionStore
        let partitions: ClientPartitions

        init(maxAffinities: Int = 3, maxSessions: Int = 100) throws {
            var configuration = GatewayConfiguration(servers: [])
            configuration.limits.maxSessions = maxSessions
            configuration.limits.sessionIdle = .seconds(600)
            configuration.limits.affinityIdle = .seconds(60)
            sessions = SessionStore(limits: configuration.limits)
            let router = Router(
                catalog: try Catalog(configuration), upstreams: [:], sessions: sessions, configuration: configuration)
            partitions = ClientPartitions(router, sessions: sessions, maxAffinities: maxAffinities)
        }

        func partition(
            _ affinity: String?, _ capabilities: String = #"{"roots":{},"sampling":{}}"#
        ) throws -> FrontSession {
            try partitions.partition(
                declaring: RawJSON(validating: Array(capabilities.utf8)), affinity: affinity)
        }

        /// Waits until a session that had to go has gone.
        func waitForEnd(of session: FrontSession) async throws {
            while !session.hasEnded { try await Task.sleep(for: .milliseconds(1)) }
        }
    }

    @Test("the same declaration, however it is written, and the same affinity share; all others do not")
    func sharing() throws {
        let bench = try Bench()
        let plain = try bench.partition(nil)
        let (first, second) = (try bench.partition("a"), try bench.partition("b"))
        #expect(plain !== first && first !== second && plain !== second)
        #expect(plain.affinity == nil && first.affinity == "a")
        let rewritten = #"{ "sampling" : {}, "roots" : {} }"#
        #expect(try bench.partition("a", rewritten) === first)
        #expect(try bench.partition("a") === first)
        #expect(try bench.partition(nil, rewritten) === plain)
        #expect(try bench.partition("a", #"{"roots":{}}"#) !== first)
        #expect(bench.sessions.count == 4)
        // What servers list to such clients is the same for all of them.
        #expect(Set([plain, first, second].map(\.fingerprint)).count == 1)
        #expect(Set([plain, first, second].map(\.shareID)).count == 3)
    }

    @Test("for one affinity more than there may be, the one unused for longest goes, and none without an affinity")
    func eviction() async throws {
        let bench = try Bench()
        let plain = try bench.partition(nil)
        let all = try ["a", "b", "c"].map { try bench.partition($0) }
        _ = try bench.partition("a")
        let fourth = try bench.partition("d")
        try await bench.waitForEnd(of: all[1])
        #expect(!all[0].hasEnded && !all[2].hasEnded && !plain.hasEnded)
        #expect(try bench.partition("a") === all[0])
        // It was forgotten: whoever comes with it again is another.
        for session in [all[0], all[2], fourth] { session.hold() }
        #expect {
            try bench.partition("b")
        } throws: { error in
            let message = (error as? JSONRPCError)?.message ?? ""
            return message.contains("3 values of _meta[\"mcp-gateway/affinity\"]")
                && message.contains("limits.maxAffinities")
        }
        all[2].letGo()
        #expect(try bench.partition("b").affinity == "b")
        try await bench.waitForEnd(of: all[2])
        #expect(bench.sessions.count == 4)
    }

    @Test("they count as sessions")
    func sessionLimit() throws {
        let bench = try Bench(maxSessions: 2)
        _ = try bench.partition(nil)
        _ = try bench.partition("a")
        #expect(throws: JSONRPCError.self) { try bench.partition("b") }
    }

    @Test("an affinity nobody uses ends sooner than anything else; its next request begins anew")
    func idle() async throws {
        let bench = try Bench()
        let plain = try bench.partition(nil)
        let (idle, used) = (try bench.partition("a"), try bench.partition("b"))
        used.parkedCallBegan()
        #expect(await bench.sessions.expire(now: .now + .seconds(59)) == 0)
        #expect(await bench.sessions.expire(now: .now + .seconds(61)) == 1)
        #expect(idle.hasEnded && !used.hasEnded && !plain.hasEnded)
        #expect(try bench.partition("a") !== idle)
    }

    @Test("a call waits for a client that listens, and for one that never did, but not for one that has gone")
    func waitedFor() async throws {
        let bench = try Bench()
        let session = try bench.partition("a")
        session.parkedCallBegan()
        #expect(session.idleTime(now: .now) == nil)
        let part = FrontSession(
            id: "part", revision: .v2026_07_28, clientInfo: Implementation(name: "", version: ""),
            capabilities: session.capabilities, sharing: session)
        part.holdWhole()
        #expect(session.idleTime(now: .now) == nil)
        await part.end(reason: "the client closed its subscription")
        #expect(session.idleTime(now: .now) != nil)
        session.parkedCallEnded()
        let plain = try bench.partition(nil)
        plain.parkedCallBegan()
        plain.holdWhole()
        #expect(plain.idleTime(now: .now) == nil)
    }
}
