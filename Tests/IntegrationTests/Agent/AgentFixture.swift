import Foundation
import TestSupport
import Testing

/// The built agent between a scripted model and a gateway with reference servers.
final class AgentFixture: Sendable {
    let gateway: GatewayFixture
    let model: RunningProcess
    let modelPort: Int
    let agent: RunningProcess
    let port: Int
    private let directory: TemporaryDirectory

    /// The path of `/v1`, and of the DIAL application `agent`.
    static let chat = "/v1/chat/completions"
    static let dial = "/openai/deployments/agent/chat/completions"

    private init(
        _ gateway: GatewayFixture, _ model: RunningProcess, _ modelPort: Int, _ agent: RunningProcess, _ port: Int,
        _ directory: TemporaryDirectory
    ) {
        self.gateway = gateway
        self.model = model
        self.modelPort = modelPort
        self.agent = agent
        self.port = port
        self.directory = directory
    }

    /// Starts all three, and stops them afterwards.
    ///
    /// - Parameters:
    ///   - steps: of the model's script; empty for the demonstration that calls what it is told to.
    ///   - agent: settings of the one agent, which is called `agent`.
    ///   - llm: further settings of the model.
    ///   - section: further members of the section `agent`.
    ///   - hasCollector: whether spans are sent to the model's server, which collects them.
    ///   - files: where files may be fetched from beside the model's server, which stores them; `nil`: no storage.
    ///   - defaults: the member of the gateway's configuration.
    ///   - servers: `mcpServers`; without it two reference servers, `ref` and `two`.
    ///   - gatewayURL: of another gateway than ours.
    static func with(
        steps: [JSONTree] = [], select: String = "turn", agent: [JSONTree.Member] = [], llm: [JSONTree.Member] = [],
        section: [JSONTree.Member] = [], hasCollector: Bool = false, files: [JSONTree]? = nil, defaults: JSONTree = [:],
        servers: JSONTree? = nil, gatewayURL: String? = nil,
        body: (AgentFixture) async throws -> Void
    ) async throws {
        let directory = try TemporaryDirectory()
        let servers = try servers ?? ["ref": ReferenceServer.stdio(), "two": ReferenceServer.stdio()]
        try await GatewayFixture.with(["mcpServers": servers, "defaults": defaults]) { gateway in
            var options = ["--listen", "127.0.0.1:0"]
            if !steps.isEmpty {
                let script: JSONTree = ["select": .string(select), "steps": .array(steps)]
                options += ["--script", try directory.write(script.description, to: "script.json")]
            }
            try await RunningProcess.with(.built("scripted-llm", options)) { model in
                let line = try await model.line("URL") { $0.hasPrefix("listening on ") }
                let modelPort = try #require(port(in: line))
                let main: JSONTree = .object(
                    [
                        .init("baseUrl", .string("http://127.0.0.1:\(modelPort)/v1")), .init("model", "scripted"),
                    ] + llm)
                let storage = files.map { hosts in
                    JSONTree.Member(
                        "files",
                        [
                            "baseUrl": .string("http://127.0.0.1:\(modelPort)/"), "allowHosts": .array(hosts),
                            "maxFile": "1MiB",
                        ])
                }
                let settings: JSONTree = .object(
                    [
                        .init("listen", "127.0.0.1:0"),
                        .init("gateway", ["url": .string(gatewayURL ?? "http://127.0.0.1:\(gateway.port)/mcp")]),
                        .init("llm", main), .init("agents", ["agent": .object(agent)]),
                    ] + section + (storage.map { [$0] } ?? [])
                        + (hasCollector
                            ? [.init("telemetry", ["otlp": .string("http://127.0.0.1:\(modelPort)/")])] : []))
                let file = try directory.write((["agent": settings] as JSONTree).description, to: "agent.json")
                let command = try RunningProcess.Command.built("agent-bridge", ["serve", "--config", file])
                try await RunningProcess.with(command) { process in
                    let line = try await process.line("URL") { $0.hasPrefix("serving agents at ") }
                    let fixture = AgentFixture(
                        gateway, model, modelPort, process, try #require(port(in: line)), directory)
                    try await body(fixture)
                    process.send(signal: SIGTERM)
                    #expect(try await process.exit() == .code(0), "\(process.transcript)")
                }
            }
        }
    }

    private static func port(in line: String) -> Int? {
        line.split(separator: ":").last.flatMap { Int($0.prefix { $0.isNumber }) }
    }

    // MARK: Asking

    /// The body of a request with one user message.
    static func body(_ text: String, stream: Bool = false, _ more: [JSONTree.Member] = []) -> JSONTree {
        body([["role": "user", "content": .string(text)]], stream: stream, more)
    }

    static func body(_ messages: [JSONTree], stream: Bool = false, _ more: [JSONTree.Member] = []) -> JSONTree {
        .object(
            [.init("model", "agent"), .init("stream", .bool(stream)), .init("messages", .array(messages))] + more)
    }

    func post(
        _ body: JSONTree, to path: String = chat, headers: [(String, String)] = [],
        within limit: Duration = .seconds(20)
    ) async throws -> HTTPAnswer {
        let client = try await RawHTTPClient(port: port, limit: limit)
        defer { client.close() }
        return try await client.request(
            "POST", path, headers: [("Content-Type", "application/json")] + headers, body: body.bytes)
    }

    func get(_ path: String) async throws -> HTTPAnswer {
        let client = try await RawHTTPClient(port: port)
        defer { client.close() }
        return try await client.request("GET", path)
    }

    // MARK: What happened

    /// What the model was asked, in order.
    func modelRequests() async throws -> [JSONTree] {
        let client = try await RawHTTPClient(port: modelPort)
        defer { client.close() }
        return try await client.request("GET", "/requests").json().elements ?? []
    }

    /// What the model was asked, without what was asked of the storage.
    func questions() async throws -> [JSONTree] {
        try await modelRequests().filter { $0["path"]?.string?.hasSuffix("/chat/completions") ?? false }
    }

    /// Puts a file into the storage.
    ///
    /// - Returns: its URL, as callers give it.
    func store(_ bytes: [UInt8], as name: String, type: String) async throws -> String {
        let client = try await RawHTTPClient(port: modelPort)
        defer { client.close() }
        let answer = try await client.request(
            "PUT", "/v1/files/B/\(name)", headers: [("Content-Type", type)], body: bytes)
        return try #require(try answer.json()["url"]?.string)
    }

    /// The messages of the model's request of this number.
    func messages(ofRequest number: Int) async throws -> [JSONTree] {
        let requests = try await questions()
        try #require(number < requests.count, "the model was asked \(requests.count) times\n\(agent.transcript)")
        return requests[number]["body"]?["messages"]?.elements ?? []
    }

    /// The value of a metric without labels.
    func metric(_ name: String) async throws -> Int? {
        let text = try await get("/metrics").text
        return text.split(separator: "\n").first { $0.hasPrefix(name + " ") }.flatMap {
            Int($0.dropFirst(name.count + 1))
        }
    }

    func waitUntilIdle() async throws {
        try await gateway.wait(for: "end of all runs") {
            try await metric("agent_runs_in_flight") == 0 ? () : nil
        }
    }
}

extension JSONTree {
    /// What a client gets that merges the chunks of a stream: strings concatenate, lists merge by index, which is then
    /// dropped.
    static func merging(_ chunks: [JSONTree]) -> JSONTree {
        var message: JSONTree = .object([])
        var members: [Member] = []
        var reason: JSONTree = .null
        for chunk in chunks {
            for member in chunk.members ?? []
            where !["id", "object", "created", "model", "choices"].contains(member.name) {
                guard member.value != .null else { continue }
                members.removeAll { $0.name == member.name }
                members.append(member)
            }
            guard let choice = chunk["choices"]?[0] else { continue }
            if let delta = choice["delta"] { message = merge(message, delta) }
            if let given = choice["finish_reason"], given != .null { reason = given }
        }
        let choice: JSONTree = ["index": 0, "finish_reason": reason, "message": withoutIndexes(message)]
        return .object([.init("choices", [choice])] + members)
    }

    private static func merge(_ left: JSONTree, _ right: JSONTree) -> JSONTree {
        if case .null = right { return left }
        if let old = left.string, let new = right.string { return .string(old + new) }
        if let old = left.members, let new = right.members {
            var merged = old
            for member in new {
                if let index = merged.firstIndex(where: { $0.name == member.name }) {
                    merged[index].value =
                        member.name == "index" ? member.value : merge(merged[index].value, member.value)
                } else {
                    merged.append(member)
                }
            }
            return .object(merged)
        }
        if let old = left.elements, let new = right.elements {
            var merged = old
            for element in new {
                if let place = merged.firstIndex(where: { $0["index"] != nil && $0["index"] == element["index"] }) {
                    merged[place] = merge(merged[place], element)
                } else {
                    merged.append(element)
                }
            }
            return .array(merged)
        }
        return right
    }

    private static func withoutIndexes(_ value: JSONTree) -> JSONTree {
        if let members = value.members {
            return .object(
                members.filter { $0.name != "index" }.map { .init($0.name, withoutIndexes($0.value)) })
        }
        if let elements = value.elements { return .array(elements.map(withoutIndexes)) }
        return value
    }
}

extension HTTPAnswer {
    /// The chunks of a streamed answer; the last event has to be `[DONE]`.
    func chunks() throws -> [JSONTree] {
        let events = events()
        #expect(events.last?.data == "[DONE]", "\(self)")
        return try events.dropLast().map { try $0.json() }
    }

    /// The text of a whole answer.
    func content() throws -> String? { try json()["choices"]?[0]?["message"]?["content"]?.string }
}
