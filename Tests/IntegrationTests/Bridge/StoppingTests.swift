import TestSupport
import Testing

/// What servers of 2025-11-25 over HTTP hear of a gateway that stops while clients of 2026-07-28 are being asked.
@Suite("Stopping with open questions")
struct StoppingTests {
    /// Where something stands among the requests to a server.
    private static func index(
        _ server: ScriptedHTTPServer, _ what: String, where match: (ScriptedRequest) -> Bool
    ) throws -> Int {
        let requests = server.requests.value
        let index = requests.firstIndex(where: match)
        return try #require(index, "no \(what) among \(requests.map(\.description))")
    }

    private static func answer(to id: JSONTree) -> (ScriptedRequest) -> Bool {
        { $0.call == "POST" && $0.json?["id"] == id }
    }

    private static func cancelled(_ id: JSONTree?) -> (ScriptedRequest) -> Bool {
        { $0.call == "notifications/cancelled" && $0.json?["params"]?["requestId"] == id }
    }

    @Test("each open question is answered and each call cancelled before its session is ended")
    func parkedCalls() async throws {
        let asking = AskingServer { request, connection, _ in
            try connection.beginEvents()
            let name = request.json?["params"]?["arguments"]?["name"]?.int ?? 0
            try connection.event(AskingServer.form("\(name)"))
            try connection.event(
                #"{"jsonrpc":"2.0","id":\#(name + 1),"method":"sampling/createMessage","params":"#
                    + #"{"messages":[],"maxTokens":1}}"#)
            connection.waitForClose()
        }
        try await ScriptedHTTPServer.with(asking.script.handler) { server in
            try await GatewayFixture.with(UpstreamCase.configuration(["far": UpstreamCase.http(server)])) { gateway in
                try await StatelessClient.with(gateway) { client in
                    for number in 0..<8 {
                        let asked = try await client.call("work", ["name": .number("\(number * 10)")])
                        #expect(asked.keys.count == 2, "\(asked.http)")
                    }
                }
            }
            let end = try Self.index(server, "DELETE") {
                $0.call == "DELETE" && $0[field: "Mcp-Session-Id"] != "session-1"
            }
            let calls = server.requests(for: "tools/call")
            #expect(calls.count == 8)
            for (number, call) in calls.enumerated() {
                let form = try Self.index(
                    server, "answer to the form", where: Self.answer(to: .number("\(number * 10)")))
                #expect(server.requests.value[form].json?["result"]?["action"] == "cancel")
                let sampling = try Self.index(
                    server, "answer to the sampling", where: Self.answer(to: .number("\(number * 10 + 1)")))
                let refusal = server.requests.value[sampling].json?["error"]?["message"]?.string ?? ""
                #expect(refusal.contains("stopping"), "\(refusal)")
                let cancelled = try Self.index(
                    server, "cancellation", where: Self.cancelled(call.json?["id"]))
                #expect(form < end && sampling < end && cancelled < end)
            }
        }
    }

    @Test("over whatever transport", arguments: ServerTransport.allCases)
    func transports(transport: ServerTransport) async throws {
        let record = try ServerRecord()
        func stop(_ entry: JSONTree) async throws {
            try await GatewayFixture.with(UpstreamCase.configuration(["far": entry])) { gateway in
                let asked = try await StatelessClient(gateway).send(ParkCase.asking)
                #expect(asked.asks, "\(asked.http)")
            }
            // The server has ended, or its session has: what is not there now does not come.
            let said = try record.messages(from: "client")
            #expect(said.contains { $0["method"] == nil && $0["result"]?["action"] == "cancel" }, "\(said)")
            #expect(try record.cancellations() == 1)
        }
        switch transport {
        case .stdio: try await stop(try ReferenceServer.stdio(record.options))
        case .http:
            try await ReferenceServer.withHTTP(record.options) { url, _ in try await stop(["url": .string(url)]) }
        }
    }

    @Test("a server that does not take them keeps the gateway no longer than a farewell may take")
    func deaf() async throws {
        let asking = AskingServer { request, connection, _ in
            try connection.beginEvents()
            try connection.event(AskingServer.form("7"))
            connection.waitForClose()
        }
        var script = asking.script
        for call in ["POST", "notifications/cancelled"] {
            script.handlers[call] = { _, connection in connection.waitForClose() }
        }
        try await ScriptedHTTPServer.with(script.handler) { server in
            try await GatewayFixture.with(UpstreamCase.configuration(["far": UpstreamCase.http(server)])) { gateway in
                try await StatelessClient.with(gateway) { client in
                    let asked = try await client.call("work")
                    #expect(asked.asks, "\(asked.http)")
                }
            }
            #expect(!server.requests(for: "DELETE").isEmpty)
        }
    }

    @Test("so are the questions of tasks")
    func tasks() async throws {
        var script = ScriptedMCP([
            "initialize": { request, connection in
                try connection.result(
                    #"{"protocolVersion":"2025-11-25","capabilities":{"tools":{},"tasks":{"cancel":{},"#
                        + #""requests":{"tools":{"call":{}}}}},"serverInfo":{"name":"scripted","version":"1"}}"#,
                    of: request, fields: "Mcp-Session-Id: scripted-session\r\n")
            },
            "tools/list": { request, connection in
                try connection.result(
                    #"{"tools":[{"name":"work","inputSchema":{"type":"object"},"#
                        + #""execution":{"taskSupport":"optional"}}]}"#, of: request)
            },
            "tools/call": ScriptedTasks.answering(ScriptedTasks.creation()),
            "tasks/get": ScriptedTasks.answering(ScriptedTasks.task("input_required")),
        ])
        script.handlers["tasks/result"] = { _, connection in
            try connection.beginEvents()
            try connection.event(AskingServer.form("7"))
            connection.waitForClose()
        }
        try await ScriptedHTTPServer.with(script.handler) { server in
            try await GatewayFixture.with(UpstreamCase.configuration(["far": UpstreamCase.http(server)])) { gateway in
                try await TaskClient.with(gateway) { client in
                    let id = try await client.begin("work")
                    _ = try await client.wait(for: id, status: "input_required")
                }
            }
            let end = try #require(server.requests.value.lastIndex { $0.call == "DELETE" })
            let answer = try Self.index(server, "answer", where: Self.answer(to: 7))
            #expect(server.requests.value[answer].json?["result"]?["action"] == "cancel")
            let asked = try #require(server.requests(for: "tasks/result").last)
            let cancelled = try Self.index(server, "cancellation", where: Self.cancelled(asked.json?["id"]))
            #expect(answer < end && cancelled < end)
        }
    }
}
