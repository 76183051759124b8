import MCPProtocol
import Testing

@testable import Gateway

@Suite("Who shares a session with a server")
struct UpstreamShareTests {
    private func session(_ id: String, _ capabilities: String) throws -> FrontSession {
        FrontSession(
            id: id, revision: .v2025_11_25, clientInfo: Implementation(name: "test", version: "1"),
            capabilities: ClientCapabilities(
                try RawJSON(validating: Array(capabilities.utf8)[...]), revision: .v2025_11_25))
    }

    @Test("auto: a client that can be asked has a session of its own, all others share one")
    func auto() throws {
        let plain = try session("1", "{}")
        let askable = try session("2", #"{"elicitation":{}}"#)
        #expect(UpstreamShare(.auto, for: nil) == .everybody)
        #expect(UpstreamShare(.auto, for: plain) == .everybody)
        #expect(UpstreamShare(.auto, for: askable) == .client("2"))
        #expect(UpstreamShare(.auto, for: try session("3", #"{"roots":{}}"#)) == .client("3"))
    }

    @Test("user: clients of the same capabilities share, others do not")
    func user() throws {
        let first = UpstreamShare(.user, for: try session("1", #"{"sampling":{}}"#))
        let second = UpstreamShare(.user, for: try session("2", #"{"sampling":{}}"#))
        let third = UpstreamShare(.user, for: try session("3", #"{"roots":{}}"#))
        #expect(first == second)
        #expect(first != third)
        #expect(UpstreamShare(.user, for: try session("4", "{}")) == .everybody)
    }

    @Test("global, session and call are what they say, also for a caller without a session")
    func others() throws {
        let askable = try session("1", #"{"roots":{}}"#)
        #expect(UpstreamShare(.global, for: askable) == .everybody)
        #expect(UpstreamShare(.session, for: try session("2", "{}")) == .client("2"))
        #expect(UpstreamShare(.session, for: nil) == .call)
        #expect(UpstreamShare(.call, for: askable) == .call)
    }
}
