import Dispatch
import Synchronization
import TestSupport
import Testing

/// A server that lists one more tool to clients that declare sampling, and tells them more.
private final class ShyServer: Sendable {
    /// Ids of sessions whose client declared sampling, and of all others.
    private let sessions = Mutex<(sampling: Set<String>, count: Int)>(([], 0))
    /// The handshake with clients that declare sampling waits for it.
    let gate: DispatchSemaphore?
    let refusesSampling: Bool

    init(gate: DispatchSemaphore? = nil, refusesSampling: Bool = false) {
        self.gate = gate
        self.refusesSampling = refusesSampling
    }

    var sessionCount: Int { sessions.withLock { $0.count } }

    var script: ScriptedMCP {
        ScriptedMCP(
            tools: [],
            [
                "initialize": { request, connection in try self.initialize(request, connection) },
                "tools/list": { request, connection in
                    let tools = self.isSampling(request) ? ["plain", "ask_model"] : ["plain"]
                    try connection.result(ScriptedMCP.list(tools), of: request)
                },
                "tools/call": { request, connection in
                    let tool = request.json?["params"]?["name"]?.string ?? ""
                    try connection.result(ScriptedMCP.text("\(tool) \(self.isSampling(request))"), of: request)
                },
            ])
    }

    private func isSampling(_ request: ScriptedRequest) -> Bool {
        sessions.withLock { $0.sampling.contains(request[field: "Mcp-Session-Id"] ?? "") }
    }

    private func initialize(_ request: ScriptedRequest, _ connection: ScriptedConnection) throws {
        let isSampling = request.json?["params"]?["capabilities"]?["sampling"] != nil
        if isSampling, refusesSampling { return try connection.answer(500, type: nil) }
        if isSampling, let gate {
            gate.wait()
            gate.signal()
        }
        let id = sessions.withLock { sessions in
            sessions.count += 1
            if isSampling { sessions.sampling.insert("s\(sessions.count)") }
            return "s\(sessions.count)"
        }
        try connection.result(
            #"{"protocolVersion":"2025-11-25","capabilities":{"tools":{"listChanged":true}},"#
                + #""instructions":"\#(isSampling ? "models are asked" : "plain")","#
                + #""serverInfo":{"name":"shy","version":"1"}}"#,
            of: request, fields: "Mcp-Session-Id: \(id)\r\n")
    }
}

private func tools(_ client: SessionClient) async throws -> [String] {
    try #require(try await client.request("tools/list").result?["tools"]?.elements).compactMap { $0["name"]?.string }
}

private func expect(
    _ client: SessionClient, lists expected: [String], sourceLocation: SourceLocation = #_sourceLocation
) async throws {
    #expect(try await tools(client) == expected, sourceLocation: sourceLocation)
}

@Suite("lists of servers that show other lists to some clients")
struct ClientListsTests {
    /// A gateway in front of a shy server, `far`, and another, `near`.
    private func with(
        _ shy: ShyServer, listWait: String = "20s", body: (GatewayFixture) async throws -> Void
    ) async throws {
        try await ScriptedHTTPServer.with(shy.script.handler) { far in
            try await ScriptedHTTPServer.with(ScriptedMCP().handler) { near in
                var members =
                    UpstreamCase.configuration([
                        "far": UpstreamCase.http(far), "near": UpstreamCase.http(near),
                    ]).members ?? []
                members.append(.init("catalog", ["listWait": .string(listWait)]))
                try await GatewayFixture.with(.object(members), body: body)
            }
        }
    }

    @Test("a client that declares sampling sees, and calls, what the server shows to such clients; others do not")
    func capabilities() async throws {
        let shy = ShyServer()
        try await with(shy) { gateway in
            try await SessionClient.with(gateway) { plain in
                try await expect(plain, lists: ["far__plain", "near__work"])
                #expect(shy.sessionCount == 1, "nothing is opened for clients that see what everybody sees")
                try await SessionClient.with(gateway, capabilities: ["sampling": [:]]) { asked in
                    #expect(asked.initializeResult["instructions"]?.string?.contains("models are asked") == true)
                    try await expect(asked, lists: ["far__plain", "far__ask_model", "near__work"])
                    #expect(try await asked.call("far__ask_model").text == "ask_model true")
                    #expect(try await asked.call("ask_model").text == "ask_model true")
                    #expect(shy.sessionCount == 2, "the session that was explored is the client's own")
                    try await SessionClient.with(gateway, capabilities: ["sampling": [:]]) { second in
                        try await expect(second, lists: ["far__plain", "far__ask_model", "near__work"])
                        #expect(shy.sessionCount == 2, "only the first one pays")
                        #expect(try await second.call("far__ask_model").text == "ask_model true")
                        #expect(shy.sessionCount == 3)
                    }
                }
                try await expect(plain, lists: ["far__plain", "near__work"])
                #expect(try await plain.call("far__ask_model").errorCode == -32602)
                #expect(try await plain.call("far__plain").text == "plain false")
            }
            let operators = try await gateway.json("/v1/tools")["tools"]?.elements ?? []
            #expect(operators.compactMap { $0["name"]?.string } == ["far__plain", "near__work"])
        }
    }

    @Test("a list does not wait long for a server that is slow to open a session; the difference is announced")
    func late() async throws {
        let gate = DispatchSemaphore(value: 0)
        try await with(ShyServer(gate: gate), listWait: "50ms") { gateway in
            let client = try await SessionClient.open(gateway, capabilities: ["sampling": [:]])
            let events = try await client.openStream()
            try await expect(client, lists: ["far__plain", "near__work"])
            gate.signal()
            let event = try #require(try await events.next())
            #expect(event["method"] == "notifications/tools/list_changed")
            try await expect(client, lists: ["far__plain", "far__ask_model", "near__work"])
            events.close()
            try await client.close()
        }
    }

    @Test("a server that refuses such a session costs its clients nothing but what it would have shown")
    func refused() async throws {
        try await with(ShyServer(refusesSampling: true)) { gateway in
            try await SessionClient.with(gateway, capabilities: ["sampling": [:]]) { client in
                try await expect(client, lists: ["far__plain", "near__work"])
                #expect(try await client.call("near__work").text == "done")
            }
            #expect(try await gateway.json("/v1/servers/far")["state"] == "ready")
        }
    }

    @Test("with a shared session there is nothing to find out")
    func shared() async throws {
        let shy = ShyServer()
        try await ScriptedHTTPServer.with(shy.script.handler) { far in
            let entry = UpstreamCase.http(far, [.init("pool", ["share": "global"])])
            try await GatewayFixture.with(UpstreamCase.configuration(["far": entry])) { gateway in
                try await SessionClient.with(gateway, capabilities: ["sampling": [:]]) { client in
                    try await expect(client, lists: ["plain"])
                }
                #expect(shy.sessionCount == 1)
            }
        }
    }

    @Test("a list changed in one client's session is that client's alone: it is told, sees it and can call it")
    func oneSession() async throws {
        let entry = try ReferenceServer.stdio([], [.init("pool", ["share": "session"])])
        try await GatewayFixture.with(UpstreamCase.configuration(["own": entry, "other": try ReferenceServer.stdio()]))
        {
            gateway in
            let (changing, other) = (try await SessionClient.open(gateway), try await SessionClient.open(gateway))
            let before = try await tools(changing)
            // So that both have a process of their own.
            #expect(try await other.call("own__echo", ["message": "x"]).text == "x")
            let events = try await changing.openStream()
            #expect(try await changing.call("own__change_tools").isToolError == false)
            let event = try #require(try await events.next())
            #expect(event["method"] == "notifications/tools/list_changed")
            let after = try await tools(changing)
            #expect(Set(after).subtracting(before) == ["own__changing"])
            let called = try await changing.call("own__changing")
            #expect(called.error == nil && !called.isToolError, "\(called.http)")

            try await expect(other, lists: before)
            #expect(try await other.call("own__changing").errorCode == -32602)
            // The other one was told nothing: what it hears first is what it asks for now.
            let otherEvents = try await other.openStream()
            _ = try await other.request("resources/subscribe", ["uri": "test://watched-resource"])
            _ = try await other.call("own__update_resource", ["uri": "test://watched-resource"])
            let heard = try #require(try await otherEvents.next())
            #expect(heard["method"] == "notifications/resources/updated")

            #expect(try await changing.call("own__change_tools").isToolError == false)
            #expect(try await events.next()?["method"] == "notifications/tools/list_changed")
            try await expect(changing, lists: before)
            for stream in [events, otherEvents] { stream.close() }
            for client in [changing, other] { try await client.close() }
        }
    }

    @Test("a change for all reaches clients with sessions of their own, and those without")
    func changeForAll() async throws {
        try await ReferenceServer.withHTTP { url, _ in
            let configuration = UpstreamCase.configuration(["far": ["url": .string(url)]])
            try await GatewayFixture.with(configuration) { gateway in
                let plain = try await SessionClient.open(gateway)
                let asked = try await SessionClient.open(gateway, capabilities: ["elicitation": [:]])
                var streams: [SessionEvents] = []
                for client in [plain, asked] { streams.append(try await client.openStream()) }
                for client in [plain, asked] {
                    let isListed = try await tools(client).contains("changing")
                    _ = try await client.call("change_tools")
                    for (client, stream) in zip([plain, asked], streams) {
                        try await gateway.wait(for: "changed list") {
                            #expect(try await stream.next()?["method"] == "notifications/tools/list_changed")
                            return try await tools(client).contains("changing") != isListed ? () : nil
                        }
                    }
                }
                for stream in streams { stream.close() }
                for client in [plain, asked] { try await client.close() }
            }
        }
    }

    @Test("what a server asks in a session that was opened for its lists waits until the client listens")
    func earlyQuestion() async throws {
        let entry = try ReferenceServer.stdio(["--ask-at-start", "roots/list"])
        try await GatewayFixture.with(UpstreamCase.configuration(["asking": entry])) { gateway in
            let client = try await SessionClient.open(gateway, capabilities: ["roots": [:]])
            let events = try await client.openStream()
            let question = try #require(try await events.next())
            #expect(question["method"] == "roots/list")
            let answer: JSONTree = [
                "jsonrpc": "2.0", "id": question["id"] ?? .null,
                "result": ["roots": [["uri": "file:///here", "name": "here"]]],
            ]
            #expect(try await client.post(answer.bytes).http.status == 202)
            try await gateway.wait(for: "answer") {
                try await client.call("late_question_outcome").text?.contains("file:///here") == true ? () : nil
            }
            events.close()
            try await client.close()
        }
    }
}
