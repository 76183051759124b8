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
            #expect(try await gateway.text(calling: "inflight") == "1")
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
