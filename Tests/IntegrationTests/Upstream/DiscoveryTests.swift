import Glibc
import TestSupport
import Testing

@Suite("Discovery of servers")
struct DiscoveryTests {
    @Test("all servers are asked at once: none is answered before every one has been asked")
    func concurrent() async throws {
        let count = 20
        let asked = Observed(0)
        let script = ScriptedMCP([
            "initialize": { request, connection in
                asked.update { $0 += 1 }
                for _ in 0..<2000 where asked.value < count { _ = usleep(5_000) }
                try ScriptedMCP().answer(request, connection)
            }
        ])
        var servers: [ScriptedHTTPServer] = []
        for _ in 0..<count { servers.append(try ScriptedHTTPServer(script.handler)) }
        let entries = servers.enumerated().map { JSONTree.Member("s\($0)", UpstreamCase.http($1)) }
        var configuration = UpstreamCase.configuration([:], timeouts: ["connect": "15s"]).members ?? []
        configuration[0].value = .object(entries)
        try await GatewayFixture.with(.object(configuration)) { gateway in
            let names = try await gateway.toolNames()
            #expect(names == (0..<count).map { "s\($0)__work" })
        }
        #expect(asked.value == count)
        for server in servers { await server.stop() }
    }

    @Test("dead and hung servers cost only their own tools, and each says why")
    func faultsAreLocal() async throws {
        let nobody = try freePort()
        let silent = ScriptedMCP(["initialize": { _, connection in connection.waitForClose() }])
        try await ScriptedHTTPServer.with(silent.handler) { hung in
            let quick = JSONTree.Member("timeouts", ["connect": "400ms"])
            let configuration = UpstreamCase.configuration([
                "good": try ReferenceServer.stdio(),
                "refused": ["url": .string("http://127.0.0.1:\(nobody)/mcp")],
                "hung": UpstreamCase.http(hung, [quick]),
                "missing": ["command": "no-such-program-anywhere"],
                "exits": UpstreamCase.shell("echo 'no licence' >&2; exit 9"),
                "mute": UpstreamCase.shell("while read -r line; do :; done", [quick]),
                "babbles": UpstreamCase.shell("while :; do echo hello; sleep 0.02; done", [quick]),
            ])
            try await GatewayFixture.with(configuration, waitsUntilReady: false) { gateway in
                // Without waiting for anyone else.
                try await gateway.waitForServer("good")
                #expect(try await gateway.call("good__echo", ["message": "here"]).text == "here")
                try await gateway.waitUntilReady()
                let expected = [
                    ("refused", "connect"), ("hung", "not connected within 400 ms (timeouts.connect)"),
                    ("missing", "no-such-program-anywhere"), ("exits", "no licence"),
                    ("mute", "not connected within 400 ms (timeouts.connect)"),
                    ("babbles", "not connected within 400 ms (timeouts.connect)"),
                ]
                for (name, part) in expected {
                    let row = try await gateway.json("/v1/servers/\(name)")
                    let message = row["lastError"]?["message"]?.string ?? ""
                    #expect(message.contains(part), "\(name): \(row)")
                    #expect(row["tools"]?.int == 0)
                }
                #expect(try await gateway.toolNames().allSatisfy { $0.hasPrefix("good__") })
                let unknown = try await gateway.request("POST", "/v1/tools/hung__work", body: "{}")
                #expect(unknown.status == 404)
            }
            #expect(hung.requests(for: "notifications/cancelled").isEmpty)
        }
    }

    @Test("a server that comes up later brings its tools, and clients are told")
    func lateServer() async throws {
        let isUp = Observed(false)
        let script = ScriptedMCP([
            "initialize": { request, connection in
                guard isUp.value else { return try connection.answer(503, type: nil) }
                try ScriptedMCP().answer(request, connection)
            }
        ])
        try await ScriptedHTTPServer.with(script.handler) { late in
            let configuration = UpstreamCase.configuration([
                "near": try ReferenceServer.stdio(), "late": UpstreamCase.http(late),
            ])
            try await GatewayFixture.with(configuration) { gateway in
                try await SessionClient.with(gateway) { client in
                    let events = try await client.openStream()
                    let before = try await client.request("tools/list").result?["tools"]?.elements ?? []
                    #expect(!before.isEmpty && before.allSatisfy { $0["name"]?.string?.hasPrefix("near__") == true })
                    let unknown = try await client.call("late__work")
                    #expect(unknown.errorCode == -32602)
                    #expect(unknown.error?["data"]?["serversNotListed"] == ["late"])
                    isUp.update { $0 = true }
                    let told = try await events.next()
                    #expect(told?["method"]?.string == "notifications/tools/list_changed")
                    let after = try await client.request("tools/list").result?["tools"]?.elements ?? []
                    #expect(after.count == before.count + 1)
                    #expect(try await client.call("late__work").text == "done")
                    events.close()
                }
            }
        }
    }

    @Test("a server's list_changed refreshes its part, over both transports")
    func listChanged() async throws {
        try await ReferenceServer.withHTTP { url, _ in
            let configuration = UpstreamCase.configuration([
                "pipe": try ReferenceServer.stdio(), "web": ["url": .string(url)],
            ])
            try await GatewayFixture.with(configuration) { gateway in
                for name in ["pipe", "web"] {
                    #expect(try await !gateway.toolNames().contains("\(name)__changing"))
                    #expect(try await gateway.call("\(name)__change_tools").text == "added")
                    try await gateway.wait(for: "new tool") {
                        try await gateway.toolNames().contains("\(name)__changing") ? () : nil
                    }
                    #expect(try await gateway.call("\(name)__changing").text == "here")
                }
            }
        }
    }

    @Test("a server that fails is tried again after pauses that grow")
    func backoff() async throws {
        let attempts = Observed<[ContinuousClock.Instant]>([])
        let script = ScriptedMCP([
            "initialize": { request, connection in
                let count = attempts.update { attempts in
                    attempts.append(.now)
                    return attempts.count
                }
                guard count > 3 else { return try connection.answer(500, type: "text/plain", "not yet") }
                try ScriptedMCP().answer(request, connection)
            }
        ])
        try await ScriptedHTTPServer.with(script.handler) { server in
            try await GatewayFixture.with(UpstreamCase.configuration(["far": UpstreamCase.http(server)])) { gateway in
                let row = try await gateway.waitForServer("far")
                #expect(row["restarts"]?.int == 3)
                #expect(row["lastError"]?["message"]?.string?.contains("500") == true)
                #expect(try await gateway.call("work").text == "done")
            }
        }
        let times = attempts.value
        try #require(times.count == 4)
        // 0.5 s, 1 s, 2 s; a fifth of jitter.
        #expect(times[1] - times[0] >= .milliseconds(400))
        #expect(times[2] - times[1] >= .milliseconds(800))
        #expect(times[3] - times[2] >= .milliseconds(1600))
    }

    @Test("a server that forgets each session at once is not asked without a pause")
    func forgetfulServer() async throws {
        let attempts = Observed<[ContinuousClock.Instant]>([])
        let script = ScriptedMCP([
            "initialize": { request, connection in
                attempts.update { $0.append(.now) }
                try ScriptedMCP().answer(request, connection)
            },
            "tools/list": { _, connection in try connection.answer(404, type: nil) },
        ])
        try await ScriptedHTTPServer.with(script.handler) { server in
            try await GatewayFixture.with(UpstreamCase.configuration(["far": UpstreamCase.http(server)])) { gateway in
                try await attempts.wait(for: "second attempt") { $0.count > 1 ? () : nil }
            }
        }
        let times = attempts.value
        #expect(times[1] - times[0] >= .milliseconds(400))
    }

    @Test("sessions at servers are ended when the gateway stops")
    func farewell() async throws {
        try await ScriptedHTTPServer.with(ScriptedMCP().handler) { server in
            try await GatewayFixture.with(UpstreamCase.configuration(["far": UpstreamCase.http(server)])) { _ in }
            #expect(server.requests(for: "DELETE").map { $0[field: "Mcp-Session-Id"] } == ["scripted-session"])
        }
    }
}
