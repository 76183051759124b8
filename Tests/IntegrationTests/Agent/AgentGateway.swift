import TestSupport
import Testing

/// What leads the agent to its tools: which era is spoken on either side of it.
enum AgentGateway: String, CaseIterable {
    /// Our gateway, which the agent speaks 2026-07-28 to, in front of a server of either era.
    case beforeLegacyServer, beforeModernServer
    /// Another gateway, of one era only. The reference server stands for it.
    case legacy, modern

    /// The name of a tool of the server `ref`.
    func tool(_ name: String) -> String { isOurs ? "ref__\(name)" : name }

    var isOurs: Bool { self == .beforeLegacyServer || self == .beforeModernServer }

    /// Runs `body` with what is needed: the servers of our gateway, and the URL of another.
    ///
    /// - Parameter record: of what is said to `ref`, or to the other gateway.
    func with(
        _ record: ServerRecord, body: (_ servers: JSONTree, _ url: String?) async throws -> Void
    ) async throws {
        let isModern = self == .beforeModernServer || self == .modern
        let options = ["--era", isModern ? "modern" : "legacy"] + record.options
        let other = try ReferenceServer.stdio()
        guard !isOurs else { return try await body(["ref": try ReferenceServer.stdio(options), "two": other], nil) }
        try await ReferenceServer.withHTTP(options) { url, _ in try await body(["two": other], url) }
    }

    /// Expects that another gateway was spoken to as it wants.
    ///
    /// - Parameter hasAffinity: whether a person can be asked on the other side.
    func expectItsEra(in record: ServerRecord, hasAffinity: Bool) throws {
        guard !isOurs else { return }
        let sent = try record.messages(from: "client")
        #expect(sent.contains { $0["method"] == "initialize" } == (self == .legacy))
        let calls = sent.filter { $0["method"] == "tools/call" }
        #expect(!calls.isEmpty)
        for call in calls {
            let meta = call["params"]?["_meta"]
            let version = meta?["io.modelcontextprotocol/protocolVersion"]
            #expect(version == (self == .modern ? "2026-07-28" : nil), "\(call)")
            #expect((meta?["mcp-gateway/affinity"] != nil) == (hasAffinity && self == .modern), "\(call)")
        }
    }
}

extension AgentFixture {
    /// The agent behind a gateway of some kind.
    static func with(
        _ gateway: AgentGateway, _ record: ServerRecord, steps: [JSONTree] = [], select: String = "turn",
        body: (AgentFixture) async throws -> Void
    ) async throws {
        try await gateway.with(record) { servers, url in
            try await with(steps: steps, select: select, servers: servers, gatewayURL: url, body: body)
        }
    }
}
