import TestSupport
import Testing

@Suite(
    "clients that vanish in the middle of a call", .serialized,
    .gateway { ["mcpServers": ["only": try ReferenceServer.stdio()]] })
struct VanishingClientTests {
    private func cancellations(_ gateway: GatewayFixture) async throws -> Int {
        let text = try await gateway.text(calling: "received_cancellations")
        return try #require(try JSONTree(parsing: text).elements).count
    }

    @Test("a session's call goes on to its end, is not cancelled, and leaves nothing behind", arguments: [true, false])
    func legacy(resets: Bool) async throws {
        let gateway = try GatewayFixture.shared()
        let before = try await cancellations(gateway)
        try await SessionClient.with(gateway) { client in
            let id = client.makeID()
            let call = try await client.begin(
                "tools/call",
                [
                    "name": "progress", "arguments": ["steps": 20, "delayMs": 25], "_meta": ["progressToken": 1],
                ], id: id)
            #expect(try await call.readHead().status == 200)
            #expect(try await call.readEvent() != nil)
            if resets { call.reset() } else { call.close() }
            try await gateway.wait(for: "end of the call") {
                try await gateway.text(calling: "inflight") == "0" ? () : nil
            }
            #expect(try await cancellations(gateway) == before)
            try await gateway.waitUntilIdle()
            // Its id is free again.
            try await gateway.wait(for: "free id") {
                let again = SessionClient.request(
                    "tools/call", ["name": "echo", "arguments": ["message": "x"]], id: id)
                return try await gateway.post(again.description, in: client).status == 200 ? () : nil
            }
        }
    }

    @Test("a session's call whose client is gone can still be cancelled")
    func legacyCancelled() async throws {
        let gateway = try GatewayFixture.shared()
        let before = try await cancellations(gateway)
        try await SessionClient.with(gateway) { client in
            let call = try await client.begin("tools/call", ["name": "hang"], id: "gone")
            try await gateway.wait(for: "call in flight") {
                try await gateway.text(calling: "inflight") == "1" ? () : nil
            }
            call.reset()
            try await client.cancel("gone")
            try await gateway.wait(for: "end of the call") {
                try await gateway.text(calling: "inflight") == "0" ? () : nil
            }
            #expect(try await cancellations(gateway) == before + 1)
        }
    }

    @Test("a client that has said all it has to say, and closes its side, still gets its answer")
    func halfClosed() async throws {
        let gateway = try GatewayFixture.shared()
        try await SessionClient.with(gateway) { client in
            let call = try await client.begin(
                "tools/call",
                ["name": "progress", "arguments": ["steps": 3, "delayMs": 20], "_meta": ["progressToken": 1]],
                id: client.makeID())
            call.finishSending()
            let answer = try await client.read(try await call.readAnswer())
            #expect(answer.notifications.count == 3)
            #expect(answer.text == "3 steps done")
            #expect(try await call.readToEnd() == [])
        }
    }

    @Test("a large answer whose reader goes away is given up")
    func largeAnswer() async throws {
        let gateway = try GatewayFixture.shared()
        try await SessionClient.with(gateway) { client in
            for _ in 0..<5 {
                let connection = try await gateway.connect(receiveBufferBytes: 4096)
                let body = SessionClient.request(
                    "tools/call", ["name": "large", "arguments": ["bytes": 8_000_000]], id: client.makeID())
                try await connection.sendRequest("POST", "/mcp", headers: client.headers, body: body.bytes)
                #expect(try await connection.readHead().status == 200)
                _ = try await connection.readBody()
                connection.reset()
            }
            try await gateway.waitUntilIdle()
            #expect(try await client.call("echo", ["message": "x"]).text == "x")
        }
    }

    @Test("sessions whose clients never come back cost nothing but their memory")
    func sessions() async throws {
        let gateway = try GatewayFixture.shared()
        let idle = try gateway.descriptorCount()
        for _ in 0..<30 {
            let client = try await SessionClient.open(gateway)
            let events = try await client.openStream()
            events.close()
            await client.abandon()
        }
        try await gateway.waitForDescriptors(atMost: idle)
    }
}

@Suite("calls that wait for a server to come back")
struct WaitingCallTests {
    /// A gateway whose server has crashed and hangs while it starts again: every call waits for it.
    private func withWaiting(
        _ limits: JSONTree = [:], body: (GatewayFixture) async throws -> Void
    ) async throws -> GatewayFixture {
        let directory = try TemporaryDirectory()
        let script = try directory.write(
            #"if [ -e "$1" ]; then exec "$2" --silent; fi; : > "$1"; exec "$2""#, to: "server.sh")
        let server = JSONTree.array([
            .string(script), .string(directory.path("started")), .string(try Repository.executable("reference-server")),
        ])
        let gateway = try await GatewayFixture.start([
            "mcpServers": [
                "only": [
                    "command": "/bin/sh", "args": server, "timeouts": ["connect": "1h", "call": "1h", "max": "off"],
                ]
            ],
            "limits": limits,
        ])
        do {
            _ = try await gateway.request("POST", "/v1/tools/crash")
            try await gateway.wait(for: "second start") {
                let row = try await gateway.json("/v1/servers/only")
                return row["state"] == "connecting" && row["restarts"]?.int == 1 ? () : nil
            }
            try await body(gateway)
            return gateway
        } catch {
            await gateway.process.terminate()
            throw error
        }
    }

    private func waitForCall(_ gateway: GatewayFixture) async throws {
        try await gateway.wait(for: "waiting call") {
            try await gateway.json("/v1/servers/only")["inFlight"]?.int == 1 ? () : nil
        }
    }

    @Test("such a call ends when its client cancels it, ends its session, or hangs up where that cancels")
    func cancellation() async throws {
        let gateway = try await withWaiting(["stopTimeout": "200ms"]) { gateway in
            let client = try await SessionClient.open(gateway)
            for endsSession in [false, true] {
                let call = try await client.begin(
                    "tools/call", ["name": "echo", "arguments": ["message": "x"]], id: client.makeID())
                try await waitForCall(gateway)
                if endsSession { try await client.close() } else { try await client.cancel(1) }
                #expect(try await client.read(try await call.readAnswer()).response == nil)
                call.close()
                try await gateway.waitUntilIdle()
            }
            let plain = try await gateway.connect()
            try await plain.sendRequest("POST", "/v1/tools/echo")
            try await waitForCall(gateway)
            plain.close()
            try await gateway.waitUntilIdle()
        }
        try await gateway.stop()
    }

    @Test("SIGTERM does not wait for it beyond drainTimeout")
    func termination() async throws {
        let gateway = try await withWaiting(["drainTimeout": "100ms", "stopTimeout": "200ms"]) { gateway in
            let plain = try await gateway.connect()
            try await plain.sendRequest("POST", "/v1/tools/echo")
            try await waitForCall(gateway)
            try await gateway.stop()
        }
        #expect(gateway.process.exitIfEnded == .code(0))
    }
}
