import Foundation
import TestSupport
import Testing

@Suite(
    "HTTP for operators", .serialized,
    .gateway {
        [
            "mcpServers": [
                "first": try ReferenceServer.stdio(["--name", "one", "--tools", "3"]),
                "second": try ReferenceServer.stdio(["--name", "two", "--revision", "2025-03-26"]),
                "broken": ["command": "/does/not/exist"],
                "off": .object([.init("command", "x"), .init("disabled", true)]),
            ]
        ]
    })
struct OperatorsTests {
    @Test("/v1/servers tells the state of each server, in the order of the configuration")
    func servers() async throws {
        let gateway = try GatewayFixture.shared()
        let rows = try #require(try await gateway.json("/v1/servers")["servers"]?.elements)
        #expect(rows.compactMap { $0["name"]?.string } == ["first", "second", "broken", "off"])
        #expect(rows.compactMap { $0["state"]?.string }.first == "ready")
        let first = try await gateway.json("/v1/servers/first")
        #expect(first["transport"] == "stdio")
        #expect(first["era"] == "legacy")
        #expect(first["revision"] == "2025-11-25")
        #expect(first["serverInfo"]?["name"] == "one")
        #expect(first["inFlight"]?.int == 0)
        #expect(first["restarts"]?.int == 0)
        let pid = try #require(first["pid"]?.int)
        #expect(ProcessTable.children(of: gateway.process.pid).contains(Int32(pid)))
        #expect(try await gateway.json("/v1/servers/second")["revision"] == "2025-03-26")

        let broken = try await gateway.json("/v1/servers/broken")
        #expect(["failed", "connecting"].contains(broken["state"]?.string))
        #expect(broken["lastError"]?["message"]?.string?.contains("/does/not/exist") == true)
        #expect(broken["lastError"]?["since"]?.string?.hasSuffix("Z") == true)
        #expect(rows[3]["state"] == "disabled")

        let unknown = try await gateway.request("GET", "/v1/servers/nobody")
        let detail = try unknown.problem(status: 404)
        #expect(detail.contains("nobody") && detail.contains("second"))
    }

    @Test("a server's counts follow its calls")
    func meters() async throws {
        let gateway = try GatewayFixture.shared()
        func row() async throws -> JSONTree { try await gateway.json("/v1/servers/second") }
        let before = try #require(try await row()["calls"]?.int)
        try await SessionClient.with(gateway) { client in
            let call = try await client.begin("tools/call", ["name": "second__hang"], id: "h")
            try await gateway.wait(for: "call in flight") { try await row()["inFlight"]?.int == 1 ? () : nil }
            try await client.cancel("h")
            _ = try await call.readAnswer()
            call.close()
        }
        try await gateway.wait(for: "end of the call") { try await row()["inFlight"]?.int == 0 ? () : nil }
        #expect(try await row()["calls"]?.int == before + 1)
        #expect(try await row()["latencyMs"]?["p50"]?.double != nil)
    }

    @Test("/v1/tools lists and finds")
    func tools() async throws {
        let gateway = try GatewayFixture.shared()
        func names(_ query: String) async throws -> [String] {
            let rows = try #require(try await gateway.json("/v1/tools\(query)")["tools"]?.elements)
            return rows.compactMap { $0["name"]?.string }
        }
        let all = try await names("")
        #expect(all.contains("first__echo") && all.contains("second__echo"))
        #expect(try await names("?server=first") == all.filter { $0.hasPrefix("first__") })
        #expect(try await names("?q=ECHO") == ["first__echo", "second__echo"])
        #expect(try await names("?q=collection%202") == ["first__tool_0002"], "descriptions count")
        #expect(try await names("?server=second&q=echo") == ["second__echo"])
        #expect(try await names("?q=nothing+like+it") == [])
        try await gateway.request("GET", "/v1/tools?server=nobody").problem(status: 404)

        let tool = try await gateway.json("/v1/tools/first__echo")
        #expect(tool["server"] == "first")
        #expect(tool["originalName"] == "echo")
        #expect(tool["freshness"] == "live")
        #expect(tool["inputSchema"]?["required"] == ["message"])
        #expect(tool["description"]?.string?.isEmpty == false)
        let unknown = try await gateway.request("GET", "/v1/tools/first__ehco")
        #expect(try unknown.problem(status: 404).contains("first__echo"))
        let head = try await gateway.connect()
        let answer = try await head.request("HEAD", "/v1/tools")
        #expect(answer.status == 200)
        #expect(answer.body.isEmpty)
        #expect(answer[header: "Content-Length"] != "0")
        head.close()
    }

    @Test("a tool is called with nothing but an HTTP client")
    func call() async throws {
        let gateway = try GatewayFixture.shared()
        let good = try await gateway.request("POST", "/v1/tools/first__echo", body: #"{"message":"hello"}"#)
        #expect(good.status == 200)
        #expect(good[header: "Content-Type"] == "application/json")
        #expect(good.text == #"{"content":[{"type":"text","text":"hello"}]}"#)

        let none = try await gateway.request("POST", "/v1/tools/first__text")
        #expect(try none.json()["content"]?[0]?["type"] == "text")
        let bare = try await gateway.request("POST", "/v1/tools/tool_0002", body: #"{"a": 1}"#)
        #expect(try bare.json()["content"]?[0]?["text"] == #"tool_0002 {"a": 1}"#)
        let escaped = try await gateway.request("POST", "/v1/tools/first%5F%5Fecho", body: #"{"message":"x"}"#)
        #expect(escaped.status == 200)

        let failed = try await gateway.request("POST", "/v1/tools/first__fail", body: #"{"message":"no luck"}"#)
        #expect(failed.status == 200)
        #expect(try failed.json()["isError"] == true)
        #expect(try failed.json()["content"]?[0]?["text"] == "no luck")

        let refused = try await gateway.request("POST", "/v1/tools/first__protocol_error", body: #"{"message":"own"}"#)
        #expect(try refused.problem(status: 502).contains("own"))
        let invalid = try await gateway.request(
            "POST", "/v1/tools/first__protocol_error", body: #"{"code":-32602,"message":"own"}"#)
        #expect(try invalid.problem(status: 400).contains("own"))

        let large = try await gateway.request("POST", "/v1/tools/first__large", body: #"{"bytes":2000000}"#)
        #expect(try large.json()["content"]?[0]?["text"]?.string?.utf8.count == 2_000_000)
    }

    @Test("wrong calls are refused in words")
    func badCalls() async throws {
        let gateway = try GatewayFixture.shared()
        for body in ["[]", "7", "null", "{", "{}x", #""text""#, "{\"a\":\"\u{1}\"}"] {
            let answer = try await gateway.request("POST", "/v1/tools/first__echo", body: body)
            #expect(try answer.problem(status: 400).contains("JSON object"), "\(body)")
        }
        let unknown = try await gateway.request("POST", "/v1/tools/first__ehco", body: "{}")
        #expect(try unknown.problem(status: 404).contains("first__echo"))
        let gone = try await gateway.request("POST", "/v1/tools/broken__echo", body: "{}")
        try gone.problem(status: 404)
    }

    @Test("whoever hangs up in the middle of a call cancels it at the server", arguments: [true, false])
    func disconnect(resets: Bool) async throws {
        let gateway = try GatewayFixture.shared()
        func cancellations() async throws -> Int {
            let text = try await gateway.text(calling: "first__received_cancellations")
            return try #require(try JSONTree(parsing: text).elements).count
        }
        let before = try await cancellations()
        let connection = try await gateway.connect()
        try await connection.sendRequest("POST", "/v1/tools/first__hang")
        try await gateway.wait(for: "call in flight") {
            try await gateway.text(calling: "first__inflight") == "1" ? () : nil
        }
        if resets { connection.reset() } else { connection.close() }
        try await gateway.wait(for: "end of the call at the server") {
            try await gateway.text(calling: "first__inflight") == "0" ? () : nil
        }
        #expect(try await cancellations() == before + 1)
        try await gateway.waitUntilIdle()
    }
}

@Suite("health")
struct HealthTests {
    @Test("/healthz says yes at once; /readyz says why not, and then yes")
    func readiness() async throws {
        let silent = try ReferenceServer.stdio(
            ["--silent"], [.init("timeouts", ["connect": "1h"]), .init("protocol", "legacy")])
        let configuration: JSONTree = ["mcpServers": ["silent": silent, "fine": try ReferenceServer.stdio()]]
        try await GatewayFixture.with(configuration, waitsUntilReady: false) { gateway in
            #expect(try await gateway.request("GET", "/healthz").json()["status"] == "ok")
            let unready = try await gateway.request("GET", "/readyz")
            #expect(unready.status == 503)
            let body = try unready.json()
            #expect(body["status"] == "unavailable")
            #expect(body["reasons"]?.elements?.contains { $0.string?.contains("silent") == true } == true)
            try await gateway.waitForServer("fine")
            #expect(try await gateway.request("GET", "/readyz").status == 503)

            // The end of its process is an answer, too.
            let process = try #require(
                try ProcessTable.children(of: gateway.process.pid).first {
                    try String(contentsOfFile: "/proc/\($0)/cmdline", encoding: .utf8).contains("--silent")
                })
            kill(process, SIGKILL)
            try await gateway.waitUntilReady()
            #expect(try await gateway.json("/readyz")["status"] == "ready")
        }
    }

    @Test("a server that never answers keeps the gateway unready only until its deadline")
    func hungServer() async throws {
        let hung = try ReferenceServer.stdio(["--silent"], [.init("timeouts", ["connect": "300ms"])])
        try await GatewayFixture.with(["mcpServers": ["hung": hung, "fine": try ReferenceServer.stdio()]]) { gateway in
            let row = try await gateway.wait(for: "the server's error") {
                let row = try await gateway.json("/v1/servers/hung")
                return row["lastError"] == nil ? nil : row
            }
            #expect(row["lastError"]?["message"]?.string?.contains("timeouts.connect") == true)
            #expect(try await gateway.text(calling: "fine__echo", ["message": "x"]) == "x")
        }
    }
}
