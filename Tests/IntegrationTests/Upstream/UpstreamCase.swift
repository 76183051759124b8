import TestSupport
import Testing

/// Configurations of one gateway and its servers, for tests of what happens behind it.
enum UpstreamCase {
    /// A whole configuration: these servers, and quick timeouts where nothing else is said.
    static func configuration(
        _ servers: KeyValuePairs<String, JSONTree>, timeouts: JSONTree = ["connect": "10s", "call": "10s"],
        limits: JSONTree = [:]
    ) -> JSONTree {
        [
            "mcpServers": .object(servers.map { .init($0.key, $0.value) }),
            "defaults": ["timeouts": timeouts],
            "limits": .object([.init("stopTimeout", "300ms")] + (limits.members ?? [])),
            "workers": 2,
        ]
    }

    /// An entry of `mcpServers` for a server over HTTP.
    static func http(_ server: ScriptedHTTPServer, _ settings: [JSONTree.Member] = []) -> JSONTree {
        .object([.init("url", .string(server.url))] + settings)
    }

    /// An entry for a server that is a shell script.
    static func shell(_ script: String, _ settings: [JSONTree.Member] = []) -> JSONTree {
        .object([.init("command", "/bin/sh"), .init("args", ["-c", .string(script)])] + settings)
    }

    /// Runs a gateway in front of one scripted server, named `far`, whose tools therefore have no prefix. Afterwards
    /// nothing may be in flight.
    static func with(
        _ script: ScriptedMCP, settings: [JSONTree.Member] = [], limits: JSONTree = [:],
        body: (GatewayFixture, ScriptedHTTPServer) async throws -> Void
    ) async throws {
        try await ScriptedHTTPServer.with(script.handler) { server in
            try await GatewayFixture.with(configuration(["far": http(server, settings)], limits: limits)) { gateway in
                try await body(gateway, server)
                try await gateway.waitUntilIdle()
            }
        }
    }
}

/// What a `tools/call` through `/v1` came to.
struct PlainCall: Sendable {
    let answer: HTTPAnswer
    let result: JSONTree

    var text: String { result["content"]?[0]?["text"]?.string ?? "" }
    var isError: Bool { result["isError"] == true }
    private var failure: JSONTree? { result["_meta"]?["mcp-gateway/failure"] }
    /// Which budget ran out or what broke, if the server did not answer.
    var stage: String? { failure?["stage"]?.string }
    var server: String? { failure?["server"]?.string }
    var isRetryable: Bool? { failure?["retryable"]?.bool }
}

extension GatewayFixture {
    /// Calls a tool by `POST /v1/tools/{name}`.
    func call(_ tool: String, _ arguments: JSONTree = [:]) async throws -> PlainCall {
        let answer = try await request("POST", "/v1/tools/\(tool)", body: arguments.description)
        return PlainCall(answer: answer, result: try answer.json())
    }

    /// Calls a tool again and again until a server answers; for servers that are about to come back.
    func callUntilAnswered(_ tool: String, _ arguments: JSONTree = [:]) async throws -> PlainCall {
        try await wait(for: "answer of \(tool)") {
            let call = try await call(tool, arguments)
            return call.answer.status == 200 && call.stage == nil ? call : nil
        }
    }

    func toolNames() async throws -> [String] {
        try await json("/v1/tools")["tools"]?.elements?.compactMap { $0["name"]?.string } ?? []
    }

    var children: [Int32] { ProcessTable.children(of: process.pid) }

    /// Waits until the gateway has no more children than these many, the guardian of its processes included.
    func waitForChildren(atMost count: Int) async throws {
        try await wait(for: "end of children beyond \(count)") { children.count <= count ? () : nil }
    }
}
