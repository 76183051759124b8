import TestSupport
import Testing

/// A gateway in front of one reference server, `far`, for clients of 2026-07-28 that can be asked.
enum ParkCase {
    /// As ``FaultCase/with(_:_:settings:limits:catalog:keepsServer:body:)``; the sessions that the gateway opened for
    /// such clients have to go by themselves, soon.
    static func with(
        _ transport: ServerTransport, _ options: [String] = [], limits: JSONTree = [:], keepsServer: Bool = true,
        body: (GatewayFixture, StatelessClient) async throws -> Void
    ) async throws {
        try await FaultCase.with(
            transport, options, settings: pool, limits: limits, keepsServer: keepsServer
        ) { gateway in
            let client = StatelessClient(gateway)
            try await body(gateway, client)
            await client.expectNoProblems()
        }
    }

    /// Of a server that says and asks what a test tells it.
    static func with(
        _ server: AskingServer, limits: JSONTree = [:],
        body: (GatewayFixture, StatelessClient, ScriptedHTTPServer) async throws -> Void
    ) async throws {
        try await server.with(settings: pool, limits: limits) { gateway, scripted in
            let client = StatelessClient(gateway)
            try await body(gateway, client, scripted)
            await client.expectNoProblems()
        }
    }

    static let pool: [JSONTree.Member] = [.init("pool", ["idle": "300ms"])]

    /// What a server logs in the course of a call, as an event of its stream.
    static let logMessage =
        #"{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"at work"}}"#
    /// Members of `_meta` of a request that wants to hear of that.
    static let logging: [JSONTree.Member] = [.init("io.modelcontextprotocol/logLevel", "info")]

    /// A call that asks one form.
    static let asking = StatelessClient.Request.call("test_elicitation", ["message": "who?"])
}

extension ServerRecord {
    /// Answers to what the server has asked.
    func answers() throws -> [JSONTree] { try messages(from: "client").filter { $0["method"] == nil } }

    func calls(of tool: String) throws -> Int {
        try messages(from: "client").count { $0["method"] == "tools/call" && $0["params"]?["name"]?.string == tool }
    }

    func cancellations() throws -> Int {
        try messages(from: "client").count { $0["method"] == "notifications/cancelled" }
    }

    @discardableResult
    func waitForCancellation() async throws -> JSONTree {
        try await message(from: "client") { $0["method"] == "notifications/cancelled" }
    }

    /// Waits until something is so in the record.
    func wait(for what: String, _ isSo: (ServerRecord) throws -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(20)
        while try !isSo(self) {
            guard ContinuousClock.now < deadline else { throw FactMissing(description: "no \(what) in the record") }
            try await Task.sleep(for: .milliseconds(10))
        }
    }
}
