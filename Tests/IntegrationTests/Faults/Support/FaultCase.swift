import TestSupport
import Testing

/// How the reference server is reached.
enum ServerTransport: String, CaseIterable, Sendable {
    case stdio, http
}

/// A gateway in front of one reference server that misbehaves, and what has to be true when the test is over.
enum FaultCase {
    /// Runs `body` with a gateway whose one server, `far`, is the reference server; its tools have no prefix.
    ///
    /// Afterwards only the common session may be open, no call may be in flight, here or there, and no child or
    /// descriptor may be left.
    ///
    /// - Parameters:
    ///   - options: of the reference server.
    ///   - settings: further members of the server's entry.
    ///   - keepsServer: `false` where the test ends or replaces the server's process.
    static func with(
        _ transport: ServerTransport, _ options: [String] = [], settings: [JSONTree.Member] = [],
        limits: JSONTree = [:], catalog: JSONTree = [:], keepsServer: Bool = true,
        body: (GatewayFixture) async throws -> Void
    ) async throws {
        switch transport {
        case .stdio:
            try await run(
                try ReferenceServer.stdio(options, settings), limits, catalog, keepsServer, body: body)
        case .http:
            try await ReferenceServer.withHTTP(options) { url, _ in
                let entry = JSONTree.object([.init("url", .string(url))] + settings)
                try await run(entry, limits, catalog, keepsServer, body: body)
            }
        }
    }

    private static func run(
        _ entry: JSONTree, _ limits: JSONTree, _ catalog: JSONTree, _ keepsServer: Bool,
        body: (GatewayFixture) async throws -> Void
    ) async throws {
        var configuration = UpstreamCase.configuration(["far": entry], limits: limits).members ?? []
        configuration.append(.init("catalog", catalog))
        try await GatewayFixture.with(.object(configuration)) { gateway in
            let before = try await Traces(of: gateway)
            try await body(gateway)
            try await before.expectNothingMore(in: gateway, keepsServer: keepsServer)
        }
    }
}

/// What a gateway holds while nobody uses it.
struct Traces {
    private let descriptors: Int
    private let children: Int
    /// A pool may keep connections to servers over HTTP; how many is not for these tests to say.
    private static let pooledConnections = 80

    init(of gateway: GatewayFixture) async throws {
        try await gateway.waitUntilIdle()
        descriptors = try gateway.descriptorCount()
        children = gateway.children.count
    }

    /// Waits until nothing is left of what has happened since.
    func expectNothingMore(in gateway: GatewayFixture, keepsServer: Bool = true) async throws {
        try await gateway.waitUntilIdle()
        try await gateway.waitForSessions(1)
        try await gateway.waitForChildren(atMost: children)
        let isHTTP = try await gateway.json("/v1/servers/far")["transport"] == "http"
        try await gateway.waitForDescriptors(atMost: descriptors + (isHTTP ? Self.pooledConnections : 0))
        guard keepsServer else { return }
        try await gateway.waitForServerIdle()
    }
}

extension GatewayFixture {
    /// Waits until exactly so many sessions are open with a server.
    func waitForSessions(_ count: Int, at server: String = "far") async throws {
        try await wait(for: "\(count) sessions at \(server)") {
            try await json("/v1/servers/\(server)")["sessions"]?.int == count ? () : nil
        }
    }

    /// Waits until the reference server is working on nothing.
    func waitForServerIdle() async throws {
        try await wait(for: "end of the server's work") { try await text(calling: "inflight") == "0" ? () : nil }
    }

    /// How many cancellations the reference server has been sent.
    func cancellations() async throws -> Int {
        try #require(try JSONTree(parsing: try await text(calling: "received_cancellations")).elements).count
    }

    /// Waits until the reference server has been sent so many cancellations.
    func waitForCancellations(_ count: Int) async throws {
        try await wait(for: "\(count) cancellations") { try await cancellations() == count ? () : nil }
    }

    /// What the reference server has come to know of what it asked outside of calls.
    func waitForLateOutcome() async throws -> JSONTree {
        try await wait(for: "outcome of the late question") {
            let outcome = try JSONTree(parsing: try await text(calling: "late_question_outcome"))
            return outcome != .null && outcome["state"] == nil ? Optional.some(outcome) : Optional.none
        }
    }
}
