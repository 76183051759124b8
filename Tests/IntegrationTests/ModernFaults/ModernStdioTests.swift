import Foundation
import TestSupport
import Testing

/// Clients of both eras on one pipe: MCP 2026-07-28, Transports, "stdio".
@Suite("Both eras on one pipe")
struct ModernStdioTests {
    private static let meta: [JSONTree.Member] = [
        .init("io.modelcontextprotocol/protocolVersion", "2026-07-28"),
        .init("io.modelcontextprotocol/clientCapabilities", StatelessClient.askable),
    ]
    private static let idKey = "io.modelcontextprotocol/subscriptionId"

    private static func send(
        _ client: StdioClient, _ request: StatelessClient.Request, id: JSONTree
    ) throws {
        let params = request.params + [.init("_meta", .object(meta + request.meta))]
        try client.send(request.method, .object(params), id: id)
    }

    /// Checks a message of the gateway's, and returns it.
    @discardableResult
    private static func checked(_ message: JSONTree, answering method: String? = nil) throws -> JSONTree {
        let problems = try MessageValidator(revision: "2026-07-28").problems(
            in: message, sender: .server, answering: method)
        #expect(problems == [], "\(message)")
        return message
    }

    private static func answer(
        _ client: StdioClient, _ request: StatelessClient.Request, id: JSONTree
    ) async throws -> JSONTree {
        try send(client, request, id: id)
        return try checked(try await client.answer(to: id), answering: request.method)
    }

    private static func with(
        _ options: [String] = [], capabilities: JSONTree? = nil, body: (StdioClient) async throws -> Void
    ) async throws {
        let configuration = UpstreamCase.configuration(["far": try ReferenceServer.stdio(options)])
        try await StdioClient.with(configuration, capabilities: capabilities, body: body)
    }

    @Test("discovery does not settle the era: the same pipe may still shake hands, and then be used in both ways")
    func interleaved() async throws {
        try await Self.with { client in
            let discovered = try await Self.answer(client, .init(method: "server/discover"), id: "probe")
            #expect(discovered["result"]?["supportedVersions"]?[0] == "2026-07-28")
            try client.send("initialize", SSEClient.initializeParams("2025-11-25", SessionClient.askable), id: 1)
            #expect(try await client.answer(to: 1)["result"]?["protocolVersion"] == "2025-11-25")
            try client.process.writeLine(#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#)
            for round in 2..<12 {
                let (old, new) = (JSONTree.number("\(round)"), JSONTree.string("new-\(round)"))
                try client.start("echo", ["message": "old"], id: old)
                try Self.send(client, .call("echo", ["message": "new"]), id: new)
                // In either order: two servers answer.
                for _ in 0..<2 {
                    let answer = try await client.answer { $0 == old || $0 == new }
                    guard answer["id"] == old else {
                        let checked = try Self.checked(answer, answering: "tools/call")
                        #expect(checked["result"]?["resultType"] == "complete")
                        continue
                    }
                    #expect(answer["result"]?["resultType"] == nil)
                    #expect(answer["result"]?["content"]?[0]?["text"] == "old")
                }
            }
            // Both can be asked, each in its own way.
            try client.start("test_elicitation", ["message": "old?"], id: 20)
            let question = try await client.question()
            #expect(question["method"] == "elicitation/create")
            let asked = try await Self.answer(client, ParkCase.asking, id: "ask")
            #expect(asked["result"]?["resultType"] == "input_required", "\(asked)")
            try client.process.writeLine(
                JSONTree.object(
                    SessionClient.answer(try #require(question["id"]), StatelessClient.accepted)
                ).description)
            #expect(try await client.answer(to: 20)["result"]?["isError"] != true)
            let done = try await Self.answer(
                client,
                ParkCase.asking.answering(
                    ["q1": StatelessClient.accepted], state: asked["result"]?["requestState"]?.string), id: "retry")
            #expect(done["result"]?["resultType"] == "complete", "\(done)")
        }
    }

    @Test("requests of different affinities have servers of their own, those of the same one share")
    func affinities() async throws {
        try await Self.with { client in
            var pids: [String] = []
            for (number, affinity) in ["a", "b", "a", nil, nil, "b"].enumerated() {
                let meta = affinity.map { [StatelessClient.member($0)] } ?? []
                let answer = try await Self.answer(client, .call("pid", meta: meta), id: .number("\(number)"))
                pids.append(try #require(answer["result"]?["content"]?[0]?["text"]?.string, "\(answer)"))
            }
            #expect(pids[0] == pids[2] && pids[1] == pids[5] && pids[3] == pids[4], "\(pids)")
            #expect(Set(pids).count == 3, "\(pids)")
        }
    }

    @Test("a request that neither describes itself nor has a session is told what it may do")
    func undescribed() async throws {
        try await Self.with { client in
            for (number, method) in ["tools/list", "server/discover", "subscriptions/listen"].enumerated() {
                try client.send(method, [:], id: .number("\(number)"))
                let answer = try await client.answer(to: .number("\(number)"))
                #expect(answer["error"]?["code"] == -32602, "\(answer)")
                #expect(
                    answer["error"]?["message"]?.string?.contains("io.modelcontextprotocol/protocolVersion") == true)
            }
            try client.send("ping", nil, id: "p")
            #expect(try await client.answer(to: "p")["result"] == [:])
            // A description that is wrong is refused by the new rules.
            try client.send(
                "tools/list", ["_meta": ["io.modelcontextprotocol/protocolVersion": "2026-07-28"]], id: "w")
            #expect(try await client.answer(to: "w")["error"]?["code"] == -32602)
            let unknown = try await Self.answer(client, .init(method: "no/such"), id: "u")
            #expect(unknown["error"]?["code"] == -32601)
        }
    }

    @Test("a request that is cancelled is not answered, and the server hears of it; others go on")
    func cancelled() async throws {
        let record = try ServerRecord()
        try await Self.with(record.options) { client in
            try Self.send(client, .call("hang"), id: "h")
            try Self.send(client, .call("hang"), id: 7)
            try await record.wait(for: "two calls") { try $0.calls(of: "hang") == 2 }
            for id in [#""h""#, "7"] {
                try client.process.writeLine(
                    #"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":\#(id)}}"#)
            }
            try await record.wait(for: "two cancellations") { try $0.cancellations() == 2 }
            // The ids are free again.
            for id: JSONTree in ["h", 7] {
                #expect(
                    try await Self.answer(client, .call("echo", ["message": "x"]), id: id)["result"]?["resultType"]
                        == "complete")
            }
        }
    }

    @Test("an id that is in progress is refused")
    func sameID() async throws {
        try await Self.with { client in
            try Self.send(client, .call("delay", ["ms": 300]), id: 1)
            try Self.send(client, .call("echo", ["message": "x"]), id: 1)
            #expect(try await client.answer(to: 1)["error"]?["code"] == -32600)
            #expect(try await client.answer(to: 1)["result"]?["resultType"] == "complete")
        }
    }

    @Test("subscriptions share the pipe with all else, each message with its id; a cancelled one is silent")
    func listens() async throws {
        try await Self.with { client in
            func listen(_ filter: JSONTree, id: JSONTree) async throws {
                try Self.send(client, ListenTests.request(filter), id: id)
                let told = try await client.message("acknowledgement") {
                    $0["method"]?.string == ListenTests.acknowledged && $0["params"]?["_meta"]?[Self.idKey] == id
                }
                try Self.checked(told)
                #expect(told["params"]?["notifications"] == filter)
            }
            /// Changes a list; exactly these subscriptions have to hear of it.
            func change(_ kind: String, for ids: Set<JSONTree>) async throws {
                let id = JSONTree.string(UUID().uuidString)
                try Self.send(client, .call("change_\(kind)"), id: id)
                var (told, isAnswered): (Set<JSONTree>, Bool) = ([], false)
                while !isAnswered || told != ids {
                    let message = try await client.message("change of \(kind)") {
                        $0["id"] == id || $0["method"]?.string?.hasSuffix("list_changed") == true
                    }
                    guard message["id"] == nil else {
                        isAnswered = true
                        continue
                    }
                    try Self.checked(message)
                    #expect(message["method"]?.string == "notifications/\(kind)/list_changed")
                    let tag = try #require(message["params"]?["_meta"]?[Self.idKey])
                    #expect(ids.contains(tag), "\(message)")
                    told.insert(tag)
                }
            }
            try await listen(["toolsListChanged": true], id: "a")
            try await listen(["toolsListChanged": true, "promptsListChanged": true], id: 5)
            try await change("tools", for: ["a", 5])
            try client.process.writeLine(
                #"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"a"}}"#)
            try await change("tools", for: [5])
            try await change("prompts", for: [5])
            // The id is free again.
            try await listen([:], id: "a")
        }
    }

    @Test("a subscription that was refused has no id in progress")
    func refusedListen() async throws {
        try await Self.with { client in
            for _ in 0..<2 {
                let refused = try await Self.answer(
                    client, .init(method: "subscriptions/listen", params: [.init("notifications", "all")]), id: "l")
                #expect(refused["error"]?["code"] == -32602, "\(refused)")
            }
            let echoed = try await Self.answer(client, .call("echo", ["message": "x"]), id: "l")
            #expect(echoed["result"]?["resultType"] == "complete", "\(echoed)")
        }
    }

    @Test("at the end of the input what is in progress is still answered, and nothing is left")
    func endOfInput() async throws {
        let record = try ServerRecord()
        try await Self.with(record.options) { client in
            try Self.send(client, ListenTests.request(["toolsListChanged": true]), id: "l")
            _ = try await Self.answer(client, ParkCase.asking, id: "parked")
            try Self.send(client, .call("delay", ["ms": 100]), id: "d")
            try await record.message(from: "client") { $0["params"]?["name"] == "delay" }
            client.process.closeInput()
            #expect(try await client.answer(to: "d")["result"]?["resultType"] == "complete")
        }
        // The parked call was given up.
        #expect(try record.answers().contains { $0["result"]?["action"] == "cancel" })
    }

    @Test("a gateway that is told to stop ends subscriptions with their result")
    func stopped() async throws {
        try await Self.with { client in
            try Self.send(client, ListenTests.request(["toolsListChanged": true]), id: "l")
            _ = try await client.message("acknowledgement") { $0["method"]?.string == ListenTests.acknowledged }
            client.process.send(signal: 15)
            let end = try Self.checked(try await client.answer(to: "l"), answering: "subscriptions/listen")
            #expect(end["result"]?["_meta"]?[Self.idKey] == "l")
        }
    }
}
