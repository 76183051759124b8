import Glibc
import TestSupport
import Testing

@Suite("Timeouts of calls")
struct TimeoutTests {
    /// Progress every 100 ms, then the answer.
    private static func lively(steps: Int) -> ScriptedHTTPServer.Handler {
        { request, connection in
            let token = request.json?["params"]?["_meta"]?["progressToken"]?.description ?? "0"
            try connection.beginEvents()
            for step in 1...steps {
                usleep(100_000)
                try connection.event(
                    #"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":\#(token),"progress":\#(step)}}"#
                )
            }
            try connection.event(#"{"jsonrpc":"2.0","id":\#(request.id),"result":\#(ScriptedMCP.text("lively"))}"#)
            try connection.endChunks()
        }
    }

    private static let silent: ScriptedHTTPServer.Handler = { _, connection in connection.waitForClose() }
    private static let oneSign: ScriptedHTTPServer.Handler = { request, connection in
        let token = request.json?["params"]?["_meta"]?["progressToken"]?.description ?? "0"
        try connection.beginEvents()
        try connection.event(
            #"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":\#(token),"progress":1}}"#)
        connection.waitForClose()
    }

    /// Expects that a call runs out of a budget, which the error names, and that the server is told.
    private func expectTimeout(
        _ timeouts: JSONTree, stage: String, words: String, _ handler: @escaping ScriptedHTTPServer.Handler
    ) async throws {
        try await UpstreamCase.with(
            ScriptedMCP(["tools/call": handler]), settings: [.init("timeouts", timeouts)]
        ) { gateway, server in
            let call = try await gateway.call("work")
            #expect(call.isError && call.stage == stage && call.server == "far", "\(call.result)")
            #expect(call.text == #"tool "work" of server "far": \#(words)"#)
            let sent = try await server.request(for: "tools/call")
            let told = try await server.request(for: "notifications/cancelled")
            #expect(told.json?["params"]?["requestId"] == sent.json?["id"])
            #expect(told.json?["params"]?["reason"]?.string == words)
        }
    }

    @Test("silence from the start runs into call")
    func call() async throws {
        try await expectTimeout(
            ["call": "300ms"], stage: "call", words: "no answer within 300 ms (timeouts.call)", Self.silent)
    }

    @Test("silence after a sign of life runs into idle")
    func idle() async throws {
        try await expectTimeout(
            ["call": "10s", "idle": "300ms"], stage: "idle", words: "silent for 300 ms (timeouts.idle)", Self.oneSign)
    }

    @Test("a lively call runs into max")
    func max() async throws {
        try await expectTimeout(
            ["call": "250ms", "idle": "250ms", "max": "600ms"], stage: "max",
            words: "no answer within 600 ms (timeouts.max)", Self.lively(steps: 1000))
    }

    @Test("progress starts idle anew: a lively call outlives call and idle")
    func progress() async throws {
        let script = ScriptedMCP(["tools/call": Self.lively(steps: 10)])
        try await UpstreamCase.with(script, settings: [.init("timeouts", ["call": "600ms", "idle": "600ms"])]) {
            gateway, server in
            let outcome = try await gateway.call("work").text
            #expect(outcome == "lively")
            #expect(server.requests(for: "notifications/cancelled").isEmpty)
        }
    }

    @Test("over stdio, expiry cancels at the server, and the connection goes on")
    func stdio() async throws {
        let configuration = UpstreamCase.configuration(
            ["far": try ReferenceServer.stdio()], timeouts: ["call": "400ms"])
        try await GatewayFixture.with(configuration) { gateway in
            let call = try await gateway.call("hang")
            #expect(call.text == #"tool "hang" of server "far": no answer within 400 ms (timeouts.call)"#)
            try await gateway.wait(for: "end of the call at the server") {
                try await gateway.call("inflight").text == "0" ? () : nil
            }
            #expect(try JSONTree(parsing: try await gateway.call("received_cancellations").text).elements?.count == 1)
            #expect(try await gateway.json("/v1/servers/far")["restarts"]?.int == 0)
            try await gateway.waitUntilIdle()
        }
    }

    @Test("a tool may have a timeout of its own")
    func perTool() async throws {
        let settings: [JSONTree.Member] = [
            .init("timeouts", ["call": "300ms"]),
            .init("tools", ["overrides": ["delay": ["timeout": "10s"], "hang": ["timeout": "150ms"]]]),
        ]
        let configuration = UpstreamCase.configuration(["far": try ReferenceServer.stdio([], settings)])
        try await GatewayFixture.with(configuration) { gateway in
            #expect(try await gateway.call("delay", ["ms": 700]).text == "waited 700 ms")
            let call = try await gateway.call("hang")
            #expect(call.stage == "call" && call.text.contains("150 ms"), "\(call.text)")
            let general = try await gateway.call("progress", ["steps": 1, "delayMs": 5000])
            #expect(general.stage == "call" && general.text.contains("300 ms"), "\(general.text)")
        }
    }

    @Test("a call to a server that is being connected again waits, and names the budget when that takes too long")
    func reconnecting() async throws {
        let connections = Observed(0)
        let script = ScriptedMCP([
            "initialize": { request, connection in
                let number = connections.update { count in
                    count += 1
                    return count
                }
                if number > 1 { return connection.waitForClose() }
                try ScriptedMCP().answer(request, connection)
            },
            "tools/call": { _, connection in try connection.answer(404, type: nil) },
        ])
        try await UpstreamCase.with(script, settings: [.init("timeouts", ["connect": "10s", "call": "400ms"])]) {
            gateway, _ in
            let call = try await gateway.call("work")
            #expect(call.stage == "connect" && call.isRetryable == true, "\(call.result)")
            #expect(call.text.contains("400 ms (timeouts.call)"), "\(call.text)")
        }
    }

    @Test("cancelling a call that waits for its server to be connected ends it at once")
    func cancelWhileReconnecting() async throws {
        let connections = Observed(0)
        let script = ScriptedMCP([
            "initialize": { request, connection in
                let number = connections.update { count in
                    count += 1
                    return count
                }
                if number > 1 { return connection.waitForClose() }
                try ScriptedMCP().answer(request, connection)
            },
            "tools/call": { _, connection in try connection.answer(404, type: nil) },
        ])
        try await UpstreamCase.with(script, settings: [.init("timeouts", ["connect": "60s", "call": "60s"])]) {
            gateway, server in
            try await SessionClient.with(gateway) { client in
                let id = client.makeID()
                let connection = try await client.begin("tools/call", ["name": "work", "arguments": [:]], id: id)
                try await connections.wait(for: "reconnection") { $0 > 1 ? () : nil }
                try await client.cancel(id)
                try await gateway.waitUntilIdle()
                connection.close()
            }
        }
    }

    @Test("a large answer that stalls runs into idle: it breaks off, and nothing stays in flight")
    func stalledStream() async throws {
        let script = ScriptedMCP([
            "tools/call": { request, connection in
                try connection.beginChunks(type: "application/json")
                try connection.chunk(#"{"jsonrpc":"2.0","id":\#(request.id),"result":""#)
                for _ in 0..<8 { try connection.chunk(String(repeating: "x", count: 65536)) }
                connection.waitForClose()
            }
        ])
        try await UpstreamCase.with(script, settings: [.init("timeouts", ["idle": "400ms"])]) { gateway, _ in
            let client = try await SessionClient.open(gateway)
            let connection = try await client.begin("tools/call", ["name": "work"], id: client.makeID())
            let head = try await connection.readHead()
            #expect(head.status == 200)
            await #expect(throws: ConnectionFailure.self) {
                while try await connection.readBody(within: .seconds(10)) != nil {}
            }
            await client.abandon()
            try await gateway.process.errorLine("line that says why") {
                $0.contains("silent for 400 ms (timeouts.idle)")
            }
        }
    }

    @Test("a call beyond maxInFlight is refused at once, naming the limit, and a place that is left can be taken")
    func maxInFlight() async throws {
        let isReleased = Observed(false)
        let script = ScriptedMCP([
            "tools/call": { request, connection in
                for _ in 0..<4000 where !isReleased.value { _ = usleep(5_000) }
                try connection.result(ScriptedMCP.text("done"), of: request)
            }
        ])
        try await UpstreamCase.with(script, settings: [.init("maxInFlight", 2)]) { gateway, server in
            async let first = gateway.call("work")
            async let second = gateway.call("work")
            try await server.requests.wait(for: "two calls") { requests in
                requests.count { $0.call == "tools/call" } == 2 ? () : nil
            }
            let call = try await gateway.call("work")
            #expect(call.isError && call.stage == "limit" && call.isRetryable == true, "\(call.result)")
            #expect(call.text.contains("2 calls are in flight") && call.text.contains("maxInFlight"), "\(call.text)")
            isReleased.update { $0 = true }
            #expect(try await [first, second].map(\.text) == ["done", "done"])
            #expect(try await gateway.call("work").text == "done")
        }
    }
}
