import Glibc
import TestSupport
import Testing

@Suite("the end of the gateway")
struct ShutdownTests {
    private static func servers() throws -> JSONTree {
        ["one": try ReferenceServer.stdio(), "two": try ReferenceServer.stdio(["--ignore-stdin-eof"])]
    }

    /// The processes that must not outlive the gateway: its children, and what they have started.
    private func descendants(of gateway: GatewayFixture) -> [Int32] {
        let children = ProcessTable.children(of: gateway.process.pid)
        return children + children.flatMap(ProcessTable.children(of:))
    }

    /// Starts a process below a server that ignores requests to end; the gateway has to find it.
    private func startGrandchild(_ gateway: GatewayFixture, _ server: String) async throws -> Int32 {
        let pid = try await gateway.text(calling: "\(server)__sleepless_child", ["keepsOutput": true])
        return try #require(Int32(pid))
    }

    @Test(
        "SIGTERM: calls in flight are answered, streams end, new connections are refused, exit 0, no child left",
        arguments: [SIGTERM, SIGINT])
    func drain(signal: Int32) async throws {
        let configuration: JSONTree = ["mcpServers": try Self.servers(), "limits": ["stopTimeout": "200ms"]]
        let gateway = try await GatewayFixture.start(configuration)
        let grandchild = try await startGrandchild(gateway, "one")
        let client = try await SessionClient.open(gateway)
        let events = try await client.openStream()
        var calls: [RawHTTPClient] = []
        for server in ["one", "two", "one"] {
            let call = try await client.begin(
                "tools/call",
                [
                    "name": .string("\(server)__progress"), "arguments": ["steps": 10, "delayMs": 100],
                    "_meta": ["progressToken": .string(server)],
                ], id: client.makeID())
            #expect(try await call.readHead().status == 200)
            #expect(try await call.readEvent() != nil)
            calls.append(call)
        }
        let processes = descendants(of: gateway)
        #expect(processes.contains(grandchild))

        gateway.process.send(signal: signal)
        #expect(try await events.next() == nil, "the stream ends in an orderly way")
        for call in calls {
            var last: JSONTree?
            while let event = try await call.readEvent() { last = try event.json() }
            #expect(last?["result"]?["content"]?[0]?["text"] == "10 steps done")
        }
        #expect(try await gateway.process.exit() == .code(0), "\(gateway.process.transcript)")
        #expect(gateway.process.standardError.text.contains(#"msg="stopped" cut=0"#))
        await #expect(throws: ConnectionFailure.self) { try await gateway.connect() }
        try await GatewayFixture.waitForEnd(of: processes)
        await gateway.process.terminate()
        await client.abandon()
    }

    @Test(
        "SIGTERM with a call that hangs: it is cut at drainTimeout, exit 0, no child left",
        arguments: ["hang", "hang_process"])
    func hungCall(tool: String) async throws {
        let configuration: JSONTree = [
            "mcpServers": try Self.servers(), "limits": ["drainTimeout": "300ms", "stopTimeout": "200ms"],
        ]
        let gateway = try await GatewayFixture.start(configuration)
        let client = try await SessionClient.open(gateway)
        let calls = [
            try await client.begin("tools/call", ["name": .string("one__\(tool)")], id: client.makeID()),
            try await client.begin("tools/call", ["name": .string("two__\(tool)")], id: client.makeID()),
        ]
        try await gateway.wait(for: "calls in flight") {
            let rows = try await gateway.json("/v1/servers")["servers"]?.elements ?? []
            return rows.compactMap { $0["inFlight"]?.int }.reduce(0, +) == 2 ? () : nil
        }
        let processes = descendants(of: gateway)
        gateway.process.send(signal: SIGTERM)
        #expect(try await gateway.process.exit() == .code(0), "\(gateway.process.transcript)")
        #expect(gateway.process.standardError.text.contains(#"msg="stopped" cut=2"#))
        for call in calls {
            // Either nothing at all, or an answer that breaks off.
            let rest = try? await call.readToEnd()
            #expect(rest?.isEmpty != false)
        }
        try await GatewayFixture.waitForEnd(of: processes)
        await gateway.process.terminate()
        await client.abandon()
    }

    @Test("a second SIGTERM ends the gateway at once, and its children with it")
    func impatience() async throws {
        let configuration: JSONTree = ["mcpServers": try Self.servers(), "limits": ["drainTimeout": "1h"]]
        let gateway = try await GatewayFixture.start(configuration)
        let grandchild = try await startGrandchild(gateway, "two")
        let client = try await SessionClient.open(gateway)
        let call = try await client.begin("tools/call", ["name": "one__hang"], id: client.makeID())
        try await gateway.wait(for: "call in flight") {
            try await gateway.text(calling: "one__inflight") == "1" ? () : nil
        }
        let processes = descendants(of: gateway)
        #expect(processes.contains(grandchild))
        gateway.process.send(signal: SIGTERM)
        try await gateway.process.errorLine("line that it stops") { $0.contains(#"msg="stopping""#) }
        #expect(gateway.process.exitIfEnded == nil)
        gateway.process.send(signal: SIGTERM)
        #expect(try await gateway.process.exit() == .code(1))
        try await GatewayFixture.waitForEnd(of: processes)
        call.close()
        await gateway.process.terminate()
        await client.abandon()
    }

    @Test("SIGTERM before any server has answered ends it as well")
    func early() async throws {
        let configuration: JSONTree = [
            "mcpServers": [
                "silent": try ReferenceServer.stdio(["--silent"]), "broken": ["command": "/does/not/exist"],
                "absent": ["url": .string("http://127.0.0.1:\(try freePort())/mcp")],
            ],
            "limits": ["stopTimeout": "200ms"],
        ]
        try await GatewayFixture.with(configuration, waitsUntilReady: false) { _ in }
    }

    @Test("kill -9: neither children nor grandchildren are left")
    func killed() async throws {
        let gateway = try await GatewayFixture.start(["mcpServers": try Self.servers()])
        let grandchildren = [
            try await startGrandchild(gateway, "one"), try await startGrandchild(gateway, "two"),
        ]
        let processes = descendants(of: gateway)
        #expect(processes.count >= 4)
        #expect(grandchildren.allSatisfy(processes.contains))
        gateway.process.send(signal: SIGKILL)
        #expect(try await gateway.process.exit() == .signal(SIGKILL))
        try await GatewayFixture.waitForEnd(of: processes + grandchildren)
        await gateway.process.terminate()
    }

    @Test("a port that is in use: one clear line, exit 1, no child left")
    func portInUse() async throws {
        try await GatewayFixture.with(["mcpServers": ["only": try ReferenceServer.stdio()]]) { first in
            let directory = try TemporaryDirectory()
            let configuration: JSONTree = [
                "listen": .string("127.0.0.1:\(first.port)"), "mcpServers": ["only": try ReferenceServer.stdio()],
            ]
            let file = try directory.write(configuration.description, to: "gateway.json")
            try await RunningProcess.with(.built("mcp-gateway", ["serve", "--config", file])) {
                (process) async throws in
                #expect(try await process.exit() == .code(1))
                let lines = process.standardError.lines
                #expect(lines.count == 1, "\(lines)")
                #expect(lines.last?.contains("127.0.0.1:\(first.port)") == true)
                #expect(lines.last?.lowercased().contains("in use") == true)
                #expect(ProcessTable.members(ofGroup: process.pid) == [])
            }
            #expect(try await first.text(calling: "echo", ["message": "x"]) == "x", "the first one is untouched")
        }
    }
}
