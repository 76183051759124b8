import TestSupport
import Testing

/// More than anybody can take, from servers and from clients: bounded, and nobody else is stalled.
@Suite("floods", .serialized)
struct FloodTests {
    /// What one slow reader may cost: the bounds of streams and queues together are far below.
    private static let maxGrowthBytes = 96 << 20

    @Test(
        "a client that never reads costs a bound, whatever its server says, and others go on",
        arguments: [(ServerTransport.stdio, "progress"), (.http, "flood")])
    func slowReader(transport: ServerTransport, tool: String) async throws {
        let limits: JSONTree = ["writeTimeout": "1s"]
        try await FaultCase.with(transport, limits: limits) { gateway in
            let before = try #require(ProcessTable.residentBytes(of: gateway.process.pid))
            try await SessionClient.with(gateway) { quick in
                let slow = try await SessionClient.open(gateway)
                let connection = try await gateway.connect(receiveBufferBytes: 4096)
                let arguments: JSONTree = tool == "flood" ? ["count": 100_000] : ["steps": 100_000]
                let body = SessionClient.request(
                    "tools/call",
                    ["name": .string(tool), "arguments": arguments, "_meta": ["progressToken": "t"]], id: 1)
                try await connection.sendRequest("POST", "/mcp", headers: slow.headers, body: body.bytes)
                #expect(try await connection.readHead().status == 200)
                // While the flood lasts and nobody reads it.
                for _ in 0..<50 {
                    #expect(try await quick.request("ping").result == [:])
                    #expect(try await quick.request("tools/list").result?["tools"]?.elements?.isEmpty == false)
                }
                let grown = try #require(ProcessTable.residentBytes(of: gateway.process.pid)) - before
                #expect(grown < Self.maxGrowthBytes, "\(grown) bytes")
                // The stalled reader is given up; the call goes on without it, to its end.
                try await gateway.wait(for: "end of the flood", within: .seconds(60)) {
                    try await gateway.text(calling: "inflight") == "0" ? () : nil
                }
                let after = try #require(ProcessTable.residentBytes(of: gateway.process.pid)) - before
                #expect(after < Self.maxGrowthBytes, "\(after) bytes")
                connection.close()
                try await slow.close()
            }
        }
    }

    @Test(
        "two clients in one flood: the quick one gets all of it, the slow one costs it nothing",
        arguments: ServerTransport.allCases)
    func slowAndQuick(transport: ServerTransport) async throws {
        try await FaultCase.with(transport, limits: ["writeTimeout": "1s"]) { gateway in
            try await SessionClient.with(gateway) { quick in
                let slow = try await SessionClient.open(gateway)
                let connection = try await gateway.connect(receiveBufferBytes: 4096)
                let body = SessionClient.request(
                    "tools/call",
                    ["name": "progress", "arguments": ["steps": 30_000], "_meta": ["progressToken": "s"]], id: 1)
                try await connection.sendRequest("POST", "/mcp", headers: slow.headers, body: body.bytes)
                #expect(try await connection.readHead().status == 200)
                let answer = try await quick.call(
                    "progress", ["steps": 500, "delayMs": 1], meta: ["progressToken": "q"])
                #expect(answer.text == "500 steps done")
                #expect(answer.notifications.allSatisfy { $0["params"]?["progressToken"] == "q" })
                #expect(answer.notifications.count == 500)
                try await gateway.wait(for: "end of the flood", within: .seconds(60)) {
                    try await gateway.text(calling: "inflight") == "0" ? () : nil
                }
                connection.close()
                try await slow.close()
            }
        }
    }

    @Test(
        "lists that change all the time are told of now and then, and the gateway answers",
        arguments: ServerTransport.allCases)
    func flappingLists(transport: ServerTransport) async throws {
        try await FaultCase.with(transport, ["--flap", "10ms"]) { gateway in
            try await SessionClient.with(gateway) { client in
                let stream = try await client.openStream()
                var told = 0
                let start = ContinuousClock.now
                while told < 10 {
                    #expect(try await stream.next()?["method"] == "notifications/tools/list_changed")
                    told += 1
                    #expect(try await client.call("echo", ["message": "x"]).text == "x")
                    #expect(try await client.request("tools/list").result?["tools"]?.elements?.isEmpty == false)
                }
                // A tenth of what the server announces, at most: it does so a hundred times a second.
                #expect(ContinuousClock.now - start >= .milliseconds(900))
                stream.close()
            }
        }
    }

    @Test("a flood of requests is answered, each one: by its server, or by the limit that was reached")
    func requests() async throws {
        let settings: [JSONTree.Member] = [.init("maxInFlight", 20)]
        try await FaultCase.with(.stdio, settings: settings) { gateway in
            try await SessionClient.with(gateway) { client in
                let answers = try await withThrowingTaskGroup(of: SessionClient.Answer.self) { group in
                    for _ in 0..<200 { group.addTask { try await client.call("delay", ["ms": 100]) } }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                #expect(answers.count == 200)
                let refused = answers.filter(\.isToolError)
                #expect(!refused.isEmpty && refused.count < 200)
                for answer in refused {
                    #expect(answer.text?.contains("20 calls are in flight, which is its limit (maxInFlight)") == true)
                }
            }
        }
    }

    @Test("a flood on standard input is answered, each request: by its server, or by the limit that was reached")
    func stdioRequests() async throws {
        let configuration = UpstreamCase.configuration(
            ["far": try ReferenceServer.stdio([], [.init("maxInFlight", 5000)])])
        try await StdioClient.with(configuration) { client in
            let count = 3000
            var text = ""
            for id in 1...count {
                let arguments: JSONTree = ["name": "delay", "arguments": ["ms": 300]]
                text += SessionClient.request("tools/call", arguments, id: .number("\(id)")).description + "\n"
            }
            let lines = text
            async let written: Void = Task.detached { try client.process.write(lines) }.value
            var refused = 0
            var seen = Set<JSONTree>()
            while seen.count < count {
                let answer = try await client.message("answer") { $0["method"] == nil }
                #expect(seen.insert(try #require(answer["id"])).inserted, "answered twice: \(answer)")
                guard let message = answer["error"]?["message"]?.string else { continue }
                #expect(message.contains("1024 requests are in progress, which is the limit"), "\(message)")
                refused += 1
            }
            try await written
            #expect(refused > 0 && refused < count)
        }
    }
}
