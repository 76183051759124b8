import TestSupport
import Testing

/// Clients without sessions that say which of their requests belong together.
@Suite("Affinities")
struct AffinityTests {
    /// Answers what is asked with the question itself, until the call has its result.
    private static func run(_ tool: String, _ tag: String, _ client: StatelessClient) async throws -> String? {
        var answer = try await client.call(tool, ["tag": .string(tag)])
        for _ in 0..<20 where answer.asks {
            let answers = answer.result?["inputRequests"]?.members?.map { question in
                let message = question.value["params"]?["message"] ?? .null
                return JSONTree.Member(question.name, ["action": "accept", "content": ["name": message]])
            }
            answer = try await client.retry(answer, .object(answers ?? []))
        }
        return answer.text
    }

    private static func names(_ text: String?) throws -> [String?] {
        try JSONTree(parsing: text ?? "").elements?.map { $0["content"]?["name"]?.string } ?? []
    }

    /// Names from 1 to `count`, each with a client of its own.
    private static func clients(_ count: Int, _ gateway: GatewayFixture) -> [StatelessClient] {
        (1...count).map { StatelessClient(gateway, affinity: "run-\($0)") }
    }

    @Test(
        "of clients at one server at once, each is asked its own questions from the first",
        arguments: ServerTransport.allCases)
    func apart(transport: ServerTransport) async throws {
        try await ParkCase.with(transport, limits: ["affinityIdle": "100ms"]) { gateway, _ in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for client in Self.clients(5, gateway) {
                    group.addTask {
                        let tag = try #require(client.affinity)
                        let names = try Self.names(try await Self.run("ask_twice", tag, client))
                        #expect(names == ["\(tag) 0", "\(tag) 1"])
                        await client.expectNoProblems()
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test("two calls that wait at the same time are asked and answered apart, whoever answers first")
    func inOneFlight() async throws {
        try await ParkCase.with(.stdio, limits: ["affinityIdle": "100ms"]) { gateway, _ in
            let clients = Self.clients(2, gateway)
            var asked: [StatelessClient.Answer] = []
            for (client, name) in zip(clients, ["ada", "eve"]) {
                asked.append(try await client.call("test_elicitation", ["message": .string(name)]))
            }
            for index in [1, 0] {
                let name = ["ada", "eve"][index]
                #expect(
                    asked[index].result?["inputRequests"]?["q1"]?["params"]?["message"]?.string == name,
                    "\(asked[index].http)")
                let answer: JSONTree = ["q1": ["action": "accept", "content": ["username": .string(name)]]]
                let done = try await clients[index].retry(asked[index], answer)
                #expect(done.text?.contains("\"username\":\"\(name)\"") == true, "\(done.http)")
            }
            for client in clients { await client.expectNoProblems() }
        }
    }

    @Test("calls of one run side by side are asked beside each other, over one session with the server")
    func together() async throws {
        let record = try ServerRecord()
        try await ParkCase.with(.stdio, record.options, limits: ["affinityIdle": "100ms"]) { gateway, _ in
            let client = StatelessClient(gateway, affinity: "run")
            async let left = Self.run("ask_twice", "left", client)
            async let right = Self.run("ask_twice", "right", client)
            for (text, tag) in [(try await left, "left"), (try await right, "right")] {
                #expect(try Self.names(text) == ["\(tag) 0", "\(tag) 1"])
            }
            await client.expectNoProblems()
        }
        // The common one, and the run's.
        #expect(try record.messages(from: "client").count { $0["method"] == "initialize" } == 2)
    }

    @Test(
        "what is no affinity is refused, with the limit",
        arguments: [.null, 7, [], "", .string(String(repeating: "x", count: 129))] as [JSONTree])
    func refused(value: JSONTree) async throws {
        try await ParkCase.with(.http) { _, client in
            let answer = try await client.call("echo", ["message": "x"], meta: [.init("mcp-gateway/affinity", value)])
            #expect(answer.http.status == 400)
            #expect(answer.errorCode == -32602)
            #expect(
                answer.errorText.contains(#"params._meta["mcp-gateway/affinity"] must be a string of 1 to 128 bytes"#),
                "\(answer.errorText)")
        }
    }

    @Test("an answer with another affinity, or with none, is refused; the right one still finds its call")
    func bound() async throws {
        let record = try ServerRecord()
        try await ParkCase.with(.http, record.options, limits: ["affinityIdle": "100ms"]) { gateway, plain in
            let clients = Self.clients(2, gateway)
            let asked = try await clients[0].send(ParkCase.asking)
            let unbound = try await plain.send(ParkCase.asking)
            for (client, answer) in [(clients[1], asked), (plain, asked), (clients[0], unbound)] {
                let refused = try await client.retryAccepting(answer)
                #expect(refused.errorCode == -32602, "\(refused.http)")
                #expect(refused.errorText.contains("another _meta[\"mcp-gateway/affinity\"]"), "\(refused.errorText)")
            }
            #expect(try record.answers().isEmpty)
            #expect(try await clients[0].retryAccepting(asked).isComplete)
            #expect(try await plain.retryAccepting(unbound).isComplete)
            for client in clients { await client.expectNoProblems() }
        }
        #expect(try record.calls(of: "test_elicitation") == 2)
    }

    @Test("no server hears of it", arguments: ["legacy", "modern"], ServerTransport.allCases)
    func hopByHop(era: String, transport: ServerTransport) async throws {
        let record = try ServerRecord()
        try await ParkCase.with(
            transport, record.options + ["--era", era], limits: ["affinityIdle": "100ms"]
        ) { gateway, _ in
            let client = StatelessClient(gateway, affinity: "run")
            let traced = try await client.call("echo", ["message": "x"], meta: [.init("traceparent", "t")])
            #expect(traced.text == "x")
            if era == "legacy" { #expect(try await client.retryAccepting(client.send(ParkCase.asking)).isComplete) }
            _ = try await client.send(.init(method: "resources/list"))
            await client.expectNoProblems()
        }
        let sent = try record.messages(from: "client").map(\.description)
        #expect(sent.contains { $0.contains("traceparent") })
        #expect(!sent.contains { $0.contains("affinity") || $0.contains("\"run\"") }, "\(sent)")
    }

    @Test("lists are found out once for all affinities, and no server has a session for who only looks at them")
    func lists() async throws {
        let record = try ServerRecord()
        try await ParkCase.with(.stdio, record.options, limits: ["affinityIdle": "100ms"]) { gateway, _ in
            let clients = Self.clients(6, gateway)
            for client in clients {
                let listed = try await client.send(.init(method: "tools/list"))
                #expect(listed.result?["tools"]?.elements?.isEmpty == false, "\(listed.http)")
                await client.expectNoProblems()
            }
        }
        let methods = try record.messages(from: "client").compactMap { $0["method"]?.string }
        // Once for everybody, once for those that can be asked.
        #expect(methods.count { $0 == "initialize" } == 2, "\(methods)")
        #expect(methods.count { $0 == "tools/list" } == 2, "\(methods)")
    }

    @Test("nothing is left of a run nobody hears of any more, but of the one that listens")
    func idle() async throws {
        try await ParkCase.with(.stdio, limits: ["affinityIdle": "100ms"]) { gateway, _ in
            let clients = Self.clients(2, gateway)
            let listening = try await clients[0].start(ListenTests.request(["toolsListChanged": true]))
            _ = try await listening.next()
            let asked = try await clients[0].send(ParkCase.asking)
            #expect(try await clients[1].call("echo", ["message": "x"]).text == "x")
            // The common one, and that of the client that listens.
            try await gateway.waitForSessions(2)
            #expect(try await clients[0].retryAccepting(asked).isComplete)
            let unanswered = try await clients[0].send(ParkCase.asking)
            #expect(unanswered.asks)
            // Nobody is there any more who could come back for its call.
            listening.vanish()
            try await gateway.waitForSessions(1)
            for client in clients { await client.expectNoProblems() }
        }
    }

    @Test("under share: \"session\" what a run has left behind makes room for another, what is in use does not")
    func room() async throws {
        // Nothing goes by itself as long as the test lasts.
        let pool: [JSONTree.Member] = [.init("pool", ["share": "session", "max": 2, "idle": "10m"])]
        let configuration = UpstreamCase.configuration(
            ["far": try ReferenceServer.stdio([], pool)], limits: ["affinityIdle": "10m"])
        try await GatewayFixture.with(configuration) { gateway in
            let clients = Self.clients(3, gateway)
            for client in clients {
                // Not while the lists are still found out over the session of the first.
                try await gateway.wait(for: "room") {
                    try await client.call("echo", ["message": "x"]).text == "x" ? () : nil
                }
            }
            let asked = try await clients[2].send(ParkCase.asking)
            let refused = try await clients[0].call("echo", ["message": "x"])
            #expect(refused.isToolError && refused.text?.contains("pool.max") == true, "\(refused.http)")
            #expect(try await clients[2].retryAccepting(asked).isComplete)
            for client in clients { await client.expectNoProblems() }
        }
    }

    @Test("limits.maxAffinities bounds those in use")
    func limit() async throws {
        try await ParkCase.with(.http, limits: ["maxAffinities": 2, "affinityIdle": "100ms"]) { gateway, plain in
            let clients = Self.clients(3, gateway)
            let asked = [try await clients[0].send(ParkCase.asking), try await clients[1].send(ParkCase.asking)]
            let refused = try await clients[2].call("echo", ["message": "x"])
            #expect(refused.errorCode == -32603, "\(refused.http)")
            #expect(refused.errorText.contains("limits.maxAffinities"), "\(refused.errorText)")
            #expect(try await plain.call("echo", ["message": "x"]).text == "x")
            for (client, answer) in zip(clients, asked) {
                #expect(try await client.retryAccepting(answer).isComplete)
            }
            #expect(try await clients[2].call("echo", ["message": "x"]).text == "x")
            for client in clients { await client.expectNoProblems() }
        }
    }
}
