import MCPProtocol
import TestSupport
import Testing

@Suite("The reference server asks its client")
struct ReferenceQuestionTests {
    @Test("every kind of question, over every transport", arguments: RawPeer.Transport.allCases)
    func kinds(transport: RawPeer.Transport) async throws {
        try await RawPeer.with(transport) { peer in
            #expect(try await peer.text("test_sampling", ["prompt": "hi"]) == "LLM response: hello")
            #expect(try await peer.text("sampling_with_tools").contains(#""text":"hello""#))
            let answer = #"{"action":"accept","content":{"name":"who?","confirm":true}}"#
            #expect(try await peer.text("test_elicitation", ["message": "who?"]) == "User response: \(answer)")
            _ = try await peer.call("test_elicitation_sep1034_defaults")
            _ = try await peer.call("test_elicitation_sep1330_enums")
            #expect(try await peer.text("ask_roots") == #"[{"uri":"file:///project","name":"project"}]"#)
            #expect(try await peer.text("ask_ping") == "{}")
            let url = try await peer.text("ask_url", ["url": "https://example.com/pay"])
            #expect(url == #"User response: {"action":"accept"}"#)
            let completed = try await peer.notification("notifications/elicitation/complete")
            let asked = peer.traffic.value.questions.last
            #expect(completed["params"]?["elicitationId"] == asked?["params"]?["elicitationId"])
            let refused = try await peer.call("url_required", ["url": "https://example.com/login"])
            #expect(refused["error"]?["code"] == -32042)
            #expect(refused["error"]?["data"]?["elicitations"]?[0]?["url"] == "https://example.com/login")
        }
    }

    @Test("older revisions are asked what they know, in their own form", arguments: ProtocolRevision.legacy)
    func revisions(revision: ProtocolRevision) async throws {
        try await RawPeer.with(.stdio, revision: revision) { peer in
            #expect(try await peer.text("test_sampling", ["prompt": "hi"]) == "LLM response: hello")
            #expect(try await peer.text("ask_roots").contains("file:///project"))
            let form = try await peer.call("test_elicitation", ["message": "who?"])
            #expect((form["result"]?["isError"] == true) == !revision.hasElicitation)
        }
    }

    @Test("concurrent questions of concurrent calls each get their own answer", arguments: RawPeer.Transport.allCases)
    func concurrent(transport: RawPeer.Transport) async throws {
        try await RawPeer.with(transport) { peer in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for call in 0..<8 {
                    group.addTask {
                        let text = try await peer.text("ask_many", ["count": 5, "tag": .string("call \(call)")])
                        let answers = try #require(try JSONTree(parsing: text).elements)
                        #expect(answers.map { $0["content"]?["name"]?.string } == (0..<5).map { "call \(call) \($0)" })
                    }
                }
                try await group.waitForAll()
            }
            let text = try await peer.text("ask_twice", ["tag": "again"])
            let names = try JSONTree(parsing: text).elements?.map { $0["content"]?["name"]?.string }
            #expect(names == ["again 0", "again 1"])
        }
    }

    @Test(
        "a client that did not declare it is not asked",
        arguments: [
            ("test_sampling", "sampling"), ("test_elicitation", "elicitation"), ("ask_roots", "roots"),
            ("ask_url", "elicitation by URL"), ("sampling_with_tools", "sampling with tools"),
        ])
    func undeclared(tool: String, feature: String) async throws {
        let arguments: JSONTree = ["prompt": "p", "message": "m", "url": "https://example.com"]
        try await RawPeer.with(.stdio, capabilities: [:]) { peer in
            let answer = try await peer.call(tool, arguments)
            #expect(answer["result"]?["isError"] == true)
            #expect(answer["result"]?["content"]?[0]?["text"]?.string == "client does not support \(feature)")
        }
        try await RawPeer.with(.stdio, ["--ask-undeclared"], capabilities: [:]) { peer in
            let answer = try await peer.call(tool, arguments)
            #expect(answer["result"]?["isError"] == nil && !peer.traffic.value.questions.isEmpty)
        }
    }

    @Test("an empty elicitation capability stands for forms, one with only URLs does not")
    func forms() async throws {
        try await RawPeer.with(.stdio, capabilities: ["elicitation": [:]]) { peer in
            let text = try await peer.text("test_elicitation", ["message": "m"])
            #expect(text.hasPrefix("User response"))
        }
        try await RawPeer.with(.stdio, capabilities: ["elicitation": ["url": [:]]]) { peer in
            let text = try await peer.text("test_elicitation", ["message": "m"])
            #expect(text == "client does not support elicitation")
        }
    }

    @Test("an answered error is the tool's error")
    func refused() async throws {
        try await RawPeer.with(
            .http, answer: { _ in ["error": ["code": -1, "message": "User rejected sampling request"]] }
        ) { peer in
            let answer = try await peer.call("test_sampling", ["prompt": "p"])
            #expect(answer["result"]?["isError"] == true)
            let text = answer["result"]?["content"]?[0]?["text"]?.string
            #expect(text == "client answered error -1: User rejected sampling request")
        }
    }

    @Test("an unanswered question ends with its deadline and is taken back", arguments: RawPeer.Transport.allCases)
    func deadline(transport: RawPeer.Transport) async throws {
        try await RawPeer.with(transport, answer: { _ in nil }) { peer in
            let text = try await peer.text("test_elicitation", ["message": "m", "timeoutMs": 30])
            #expect(text == "no answer to elicitation/create within 30 ms")
            let cancelled = try await peer.notification("notifications/cancelled")
            #expect(cancelled["params"]?["requestId"] == peer.traffic.value.questions.first?["id"])
        }
    }

    @Test("the questions of a cancelled call are taken back", arguments: RawPeer.Transport.allCases)
    func cancelled(transport: RawPeer.Transport) async throws {
        try await RawPeer.with(transport, answer: { _ in nil }) { peer in
            let call: JSONTree = ["name": "ask_many", "arguments": ["count": 3, "tag": "t"]]
            let id = try await peer.begin("tools/call", call)
            let questions = try await peer.traffic.wait(for: "questions") {
                $0.questions.count == 3 ? $0.questions : nil
            }
            try await peer.notify("notifications/cancelled", ["requestId": id])
            for question in questions {
                _ = try await peer.traffic.wait(for: "cancellation") { traffic in
                    traffic.notifications.first { $0["params"]?["requestId"] == question["id"] }
                }
            }
            try await peer.wait(for: "inflight") { $0 == "0" }
            #expect(peer.traffic.value.response(to: id) == nil)
        }
    }

    @Test("questions outside of calls go over the session's own channel", arguments: RawPeer.Transport.allCases)
    func late(transport: RawPeer.Transport) async throws {
        try await RawPeer.with(transport) { peer in
            #expect(try await peer.text("late_question_outcome") == "null")
            _ = try await peer.call("ask_after_answer", ["method": "roots/list"])
            try await peer.wait(for: "late_question_outcome") { $0.contains("file:///project") }
        }
        try await RawPeer.with(transport, ["--ask-at-start", "sampling/createMessage"], opensStream: false) { peer in
            if transport == .http { try await peer.openStream() }
            try await peer.wait(for: "late_question_outcome") { $0.contains("hello") }
        }
    }

    @Test("where a call is answered as JSON, its questions go to the standalone stream")
    func jsonAnswers() async throws {
        try await RawPeer.with(.http, ["--json"]) { peer in
            let text = try await peer.text("ask_many", ["count": 3, "tag": "t"])
            #expect(try JSONTree(parsing: text).elements?.count == 3)
        }
        try await RawPeer.with(.http, ["--json"], opensStream: false) { peer in
            let call = try await peer.begin("tools/call", ["name": "ask_ping", "arguments": [:]])
            try await peer.wait(for: "inflight") { $0 == "1" }
            try await peer.openStream()
            #expect(try await peer.answer(to: call)["result"]?["isError"] == nil)
        }
    }

    @Test("the calls of a batch ask like any other")
    func batch() async throws {
        try await RawPeer.with(.http, revision: .v2025_03_26) { peer in
            func call(_ id: Int) -> JSONTree {
                [
                    "jsonrpc": "2.0", "id": .number(String(id)), "method": "tools/call",
                    "params": ["name": "ask_roots", "arguments": [:]],
                ]
            }
            let connection = try await peer.connect()
            let body = JSONTree.array([call(1), call(2)]).bytes
            try await connection.sendRequest("POST", "/mcp", headers: peer.headers, body: body)
            _ = try await connection.readHead()
            for _ in 0..<2 {
                let question = try #require(try await connection.readEvent()).json()
                #expect(question["method"] == "roots/list")
                let answer: JSONTree = ["jsonrpc": "2.0", "id": question["id"] ?? 0, "result": ["roots": []]]
                let other = try await peer.connect()
                _ = try await other.request("POST", "/mcp", headers: peer.headers, body: answer.bytes)
            }
            let answers = try #require(try await connection.readEvent()).json()
            #expect(answers.elements?.count == 2)
        }
    }

    @Test("the server's ids can be strings")
    func stringIDs() async throws {
        try await RawPeer.with(.stdio, ["--string-ids"]) { peer in
            let pong = try await peer.text("ask_ping")
            #expect(pong == "{}")
            #expect(peer.traffic.value.questions.first?["id"] == "question-1")
        }
    }

    @Test("what the client said of itself can be asked", arguments: RawPeer.Transport.allCases)
    func facts(transport: RawPeer.Transport) async throws {
        try await RawPeer.with(transport, capabilities: ["roots": [:]]) { peer in
            let facts = try JSONTree(parsing: try await peer.text("client_facts"))
            let expected: JSONTree = [
                "protocolVersion": .string(peer.revision.rawValue), "capabilities": ["roots": [:]],
                "clientInfo": ["name": "peer", "version": "1.0"], "transport": .string(transport.rawValue),
            ]
            #expect(facts == expected)
        }
    }
}
