import TestSupport
import Testing

@Suite("Faults of stdio servers behind the gateway")
struct StdioServerTests {
    /// Runs a gateway in front of the reference server, named `pipe` beside an innocent one named `other`; afterwards
    /// each of the two has one process, nothing is in flight, and no more descriptors are open than before.
    private func with(
        _ options: [String] = [], limits: JSONTree = [:], body: (GatewayFixture) async throws -> Void
    ) async throws {
        let configuration = UpstreamCase.configuration(
            ["pipe": try ReferenceServer.stdio(options), "other": try ReferenceServer.stdio()], limits: limits)
        try await GatewayFixture.with(configuration) { gateway in
            let (children, descriptors) = (gateway.children.count, try gateway.descriptorCount())
            try await body(gateway)
            try await gateway.waitForServer("pipe")
            try await gateway.waitUntilIdle()
            try await gateway.waitForChildren(atMost: children)
            try await gateway.waitForDescriptors(atMost: descriptors)
        }
    }

    @Test(
        "a server that dies in mid-call fails its calls, comes back, and costs no other server anything",
        arguments: ["exit", "kill"])
    func dies(mode: String) async throws {
        try await with { gateway in
            let before = try await gateway.waitForServer("pipe")["pid"]?.int
            async let waiting = gateway.call("pipe__hang")
            async let innocent = gateway.call("other__delay", ["ms": 800])
            try await gateway.wait(for: "running call") {
                try await gateway.call("pipe__inflight").text == "1" ? () : nil
            }
            let crash = try await gateway.call("pipe__crash", ["mode": .string(mode)])
            for call in [crash, try await waiting] {
                #expect(call.isError && call.stage == "closed" && call.server == "pipe")
                #expect(call.isRetryable == false)
                #expect(call.text.contains("may have been executed"), "\(call.text)")
                #expect(call.text.contains(mode == "exit" ? "exited with code 3" : "signal 9"), "\(call.text)")
            }
            #expect(try await gateway.call("other__echo", ["message": "fine"]).text == "fine")
            #expect(try await innocent.text == "waited 800 ms")
            #expect(try await gateway.callUntilAnswered("pipe__echo", ["message": "again"]).text == "again")
            let row = try await gateway.waitForServer("pipe")
            #expect(row["pid"]?.int != before)
            #expect(row["restarts"]?.int == 1)
        }
    }

    @Test("while a server is down its tools are still listed, and calls fail at once, saying since when and why")
    func down() async throws {
        let marker = try TemporaryDirectory()
        let program = try Repository.executable("reference-server")
        let script = "[ -e \(marker.path("down")) ] && exit 5; exec \(program)"
        let configuration = UpstreamCase.configuration(["far": UpstreamCase.shell(script)])
        try await GatewayFixture.with(configuration) { gateway in
            let tools = try await gateway.toolNames()
            try marker.write("", to: "down")
            #expect(try await gateway.call("crash").stage == "closed")
            try await gateway.wait(for: "failed restart") {
                let row = try await gateway.json("/v1/servers/far")
                return row["lastError"]?["message"]?.string?.contains("code 5") == true ? () : nil
            }
            try await gateway.waitForServer("far", state: "failed")
            let call = try await gateway.call("echo", ["message": "?"])
            #expect(call.stage == "connect" && call.isRetryable == true, "\(call.result)")
            #expect(call.text.contains("unavailable since") && call.text.contains("code 5"), "\(call.text)")
            #expect(try await gateway.toolNames() == tools)
            let row = try await gateway.json("/v1/tools/echo")
            #expect(row["freshness"]?.string == "stale")
        }
    }

    @Test("garbage around the messages costs nothing")
    func garbage() async throws {
        try await with(["--garbage-at-start"]) { gateway in
            let outcome = try await gateway.call("pipe__garbage", ["lines": 500]).text
            #expect(outcome == "500 lines of garbage")
            let second = try await gateway.json("/v1/servers/pipe")["restarts"]?.int
            #expect(second == 0)
        }
    }

    @Test("a line of 100 MB ends in an error that names the limit, in bounded memory, and the server comes back")
    func longLine() async throws {
        try await with(["--long-line", "100000000"]) { gateway in
            let call = try await gateway.call("pipe__echo", ["message": "?"])
            #expect(call.stage == "too_large" && call.server == "pipe", "\(call.result)")
            #expect(call.text.contains("\(16 << 20)"), "\(call.text)")
            let resident = try #require(ProcessTable.residentBytes(of: gateway.process.pid))
            #expect(resident < 200 << 20, "\(resident) bytes are resident")
            try await gateway.waitForServer("pipe")
        }
    }

    @Test("a line of 100 MB instead of a handshake is the reason the server is not there")
    func longLineAtStart() async throws {
        let script = #"head -c 100000000 /dev/zero | tr '\0' x; while read -r line; do :; done"#
        let configuration = UpstreamCase.configuration(["far": UpstreamCase.shell(script)])
        try await GatewayFixture.with(configuration) { gateway in
            let message = try await gateway.json("/v1/servers/far")["lastError"]?["message"]?.string ?? ""
            #expect(message.contains("\(16 << 20)"), "\(message)")
        }
    }

    @Test("a server that stops reading and answering is known by the deadline of its call, and stays the only one")
    func frozen() async throws {
        let configuration = UpstreamCase.configuration(
            ["pipe": try ReferenceServer.stdio(), "other": try ReferenceServer.stdio()], timeouts: ["call": "500ms"])
        try await GatewayFixture.with(configuration) { gateway in
            let call = try await gateway.call("pipe__hang_process")
            #expect(call.stage == "call" && call.text.contains("500 ms"), "\(call.text)")
            #expect(try await gateway.call("pipe__echo", ["message": "?"]).stage == "call")
            #expect(try await gateway.call("other__echo", ["message": "fine"]).text == "fine")
            try await gateway.waitUntilIdle()
        }
    }

    @Test(
        "a server that closes its input or output is replaced",
        arguments: ["exec <&-; sleep 0.3", "exec >&-; cat >/dev/null"])
    func closes(script: String) async throws {
        let handshake = #"""
            hear() { IFS= read -r line || exit 0; }
            say() { printf '%s\n' "$1"; }
            hear; say '{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"sh","version":"1"}}}'
            hear; hear; say '{"jsonrpc":"2.0","id":2,"result":{"tools":[{"name":"work","inputSchema":{"type":"object"}}]}}'
            hear

            """#
        let configuration = UpstreamCase.configuration([
            "far": UpstreamCase.shell(handshake + script, [.init("protocol", "legacy")])
        ])
        try await GatewayFixture.with(configuration) { gateway in
            let children = gateway.children.count
            let call = try await gateway.call("work")
            #expect(call.isError && call.stage == "closed", "\(call.result)")
            try await gateway.wait(for: "restart") {
                let row = try await gateway.json("/v1/servers/far")
                return row["state"]?.string == "ready" && (row["restarts"]?.int ?? 0) > 0 ? () : nil
            }
            try await gateway.waitForChildren(atMost: children)
        }
    }

    @Test("200 calls at once run at once over one process")
    func concurrent() async throws {
        try await with { gateway in
            try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 0..<200 { group.addTask { try await gateway.call("pipe__delay", ["ms": 2000]).text } }
                try await gateway.wait(for: "200 calls at the server") {
                    try await gateway.call("pipe__inflight").text == "200" ? () : nil
                }
                for try await text in group { #expect(text == "waited 2000 ms") }
            }
        }
    }

    @Test("results up to the limit of a message pass, larger ones are an error that names it")
    func largeResults() async throws {
        try await with(limits: ["maxMessageBytes": "6MiB"]) { gateway in
            let passing = try await gateway.call("pipe__large", ["bytes": 5_000_000])
            #expect(passing.text.utf8.count == 5_000_000)
            let refused = try await gateway.call("pipe__large", ["bytes": 7_000_000])
            #expect(refused.stage == "too_large" && refused.text.contains("\(6 << 20)"), "\(refused.text.prefix(300))")
        }
    }
}
