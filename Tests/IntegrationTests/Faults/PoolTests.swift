import TestSupport
import Testing

/// Sessions of clients' own with a server: how many there may be, and when they end.
@Suite("sessions of clients' own")
struct PoolTests {
    private static func pool(_ members: JSONTree) -> [JSONTree.Member] { [.init("pool", members)] }

    @Test("each client has a session of its own, which ends with the client's", arguments: ServerTransport.allCases)
    func perClient(transport: ServerTransport) async throws {
        let settings = Self.pool(["share": "session", "max": 4])
        try await FaultCase.with(transport, settings: settings, keepsServer: false) { gateway in
            try await SessionClient.with(gateway) { one in
                #expect(try await one.call("counter").text == "1")
                #expect(try await one.call("counter").text == "2")
                try await SessionClient.with(gateway) { two in
                    #expect(try await two.call("counter").text == "1")
                    #expect(try await one.call("counter").text == "3")
                    try await gateway.waitForSessions(3)
                }
                // The other's has ended with its client, this one has not.
                try await gateway.waitForSessions(2)
                #expect(try await one.call("counter").text == "4")
            }
        }
    }

    @Test(
        "when all sessions are taken, the next client is told so, and served when one has ended",
        arguments: ServerTransport.allCases)
    func full(transport: ServerTransport) async throws {
        let settings = Self.pool(["share": "session", "max": 3])
        try await FaultCase.with(transport, settings: settings, keepsServer: false) { gateway in
            try await SessionClient.with(gateway) { last in
                try await SessionClient.with(gateway) { first in
                    try await SessionClient.with(gateway) { second in
                        #expect(try await first.call("counter").text == "1")
                        #expect(try await second.call("counter").text == "1")
                        let refused = try await last.call("counter")
                        #expect(refused.isToolError)
                        let text = refused.text ?? ""
                        #expect(
                            text.contains("3 sessions are open and in use, which is the limit (pool.max)"), "\(text)")
                        let failure = refused.result?["_meta"]?["mcp-gateway/failure"]
                        #expect(failure?["stage"] == "limit" && failure?["retryable"] == true, "\(refused.http)")
                        // Those who have one are not disturbed.
                        #expect(try await first.call("counter").text == "2")
                    }
                    try await gateway.waitForSessions(2)
                    #expect(try await last.call("counter").text == "1")
                    #expect(try await first.call("counter").text == "3")
                }
            }
        }
    }

    @Test("where state may be lost, the session unused for longest makes room", arguments: ServerTransport.allCases)
    func makesRoom(transport: ServerTransport) async throws {
        try await FaultCase.with(transport, settings: Self.pool(["max": 3])) { gateway in
            try await SessionClient.with(gateway, capabilities: SessionClient.askable) { one in
                try await SessionClient.with(gateway, capabilities: SessionClient.askable) { two in
                    try await SessionClient.with(gateway, capabilities: SessionClient.askable) { three in
                        var counts: [String?] = []
                        // At the third there is no room: the second has been unused for longest, so it loses its count.
                        for client in [one, two, one, three, one, two] {
                            counts.append(try await client.call("counter").text)
                        }
                        #expect(counts == ["1", "1", "2", "1", "3", "1"])
                    }
                }
            }
        }
    }

    @Test("a session in which a question is open makes room for nobody")
    func askedIsInUse() async throws {
        try await FaultCase.with(.http, settings: Self.pool(["max": 2])) { gateway in
            try await SessionClient.with(gateway, capabilities: SessionClient.askable) { one in
                try await SessionClient.with(gateway, capabilities: SessionClient.askable) { two in
                    let call = try await one.start("test_elicitation", ["message": "who?"])
                    let question = try await call.question()
                    let refused = try await two.call("echo", ["message": "x"])
                    #expect(refused.text?.contains("(pool.max)") == true, "\(refused.http)")
                    try await one.answer(question)
                    #expect(try await call.response()?["result"]?["isError"] == nil)
                    #expect(try await two.call("echo", ["message": "x"]).text == "x")
                }
            }
        }
    }

    @Test("sessions nobody uses are closed, and opened again when they are", arguments: ServerTransport.allCases)
    func idle(transport: ServerTransport) async throws {
        let settings = Self.pool(["share": "session", "idle": "300ms"])
        try await FaultCase.with(transport, settings: settings, keepsServer: false) { gateway in
            try await SessionClient.with(gateway) { client in
                #expect(try await client.call("counter").text == "1")
                try await gateway.waitForSessions(1)
                #expect(try await client.call("counter").text == "1")
                // A call in flight is use, however long it takes.
                #expect(try await client.call("delay", ["ms": 900]).isToolError == false)
                #expect(try await client.call("counter").text == "2")
                try await gateway.waitForSessions(1)
            }
        }
    }

    @Test("a session for each call: after a burst none is left", arguments: ServerTransport.allCases)
    func perCall(transport: ServerTransport) async throws {
        let settings = Self.pool(["share": "call", "max": 9])
        try await FaultCase.with(transport, settings: settings, keepsServer: false) { gateway in
            try await SessionClient.with(gateway) { client in
                let texts = try await withThrowingTaskGroup(of: String?.self) { group in
                    for _ in 0..<8 { group.addTask { try await client.call("counter").text } }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                #expect(texts == Array(repeating: "1", count: 8))
                // Cancelled, timed out or failed: each takes its session with it.
                let hanging = try await client.start("hang")
                try await gateway.waitForSessions(2)
                try await client.cancel(hanging.id)
                try await hanging.expectEnd()
                if transport == .stdio { #expect(try await client.call("crash", ["mode": "exit"]).isToolError) }
                #expect(try await client.call("protocol_error", ["code": -32000, "message": "no"]).errorCode == -32000)
                try await gateway.waitForSessions(1)
            }
        }
    }

    @Test("a burst beyond the limit: some are told so, none is left hanging, and nothing stays behind")
    func burst() async throws {
        let settings = Self.pool(["share": "call", "max": 3])
        try await FaultCase.with(.stdio, settings: settings, keepsServer: false) { gateway in
            try await SessionClient.with(gateway) { client in
                let answers = try await withThrowingTaskGroup(of: SessionClient.Answer.self) { group in
                    for _ in 0..<20 { group.addTask { try await client.call("delay", ["ms": 50]) } }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                #expect(answers.contains { !$0.isToolError })
                for refused in answers where refused.isToolError {
                    #expect(refused.text?.contains("3 sessions are open and in use") == true, "\(refused.http)")
                }
            }
        }
    }
}
