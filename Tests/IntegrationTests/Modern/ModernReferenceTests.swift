import TestSupport
import Testing

/// The reference server speaks 2026-07-28 by the book: it has to, being the judge of clients.
@Suite("The reference server in 2026-07-28")
struct ModernReferenceTests {
    /// Calls that end the process, never end, or end subscriptions.
    private static let dangerous: Set<String> = [
        "crash", "hang", "ask_and_hang", "hang_process", "garbage", "http_status", "cut", "sleepless_child",
        "expire_sessions",
        "ask_endlessly",
    ]

    private static let arguments: JSONTree = [
        "message": "m", "ms": 1, "bytes": 10, "city": "Paris", "count": 2, "name": "HOME", "prompt": "p", "tag": "t",
        "url": "https://example.com", "seconds": 0, "region": "Västra", "dryRun": true, "tenant": ["id": " x "],
    ]

    @Test("lists, every tool, resource and prompt are right by the schema", arguments: ModernTransport.allCases)
    func everything(transport: ModernTransport) async throws {
        try await transport.withReferenceServer(["--page-size", "20"]) { client in
            client.wantLogs(of: "debug")
            let discovered = try #require(try await client.request("server/discover").result)
            #expect(discovered["supportedVersions"]?[0] == "2026-07-28")
            let tools = try await client.list("tools/list", "tools")
            for name in tools.compactMap({ $0["name"]?.string }) where !Self.dangerous.contains(name) {
                let answer = try await client.call(name, Self.arguments, meta: ["progressToken": .string(name)])
                #expect(answer.result != nil || answer.error != nil, "\(name)")
            }
            for resource in try await client.list("resources/list", "resources") {
                let answer = try await client.request("resources/read", ["uri": resource["uri"] ?? ""])
                #expect(answer.result?["contents"]?[0]?["uri"] == resource["uri"])
            }
            #expect(try await client.list("resources/templates/list", "resourceTemplates").count == 1)
            for prompt in try await client.list("prompts/list", "prompts") {
                let arguments: JSONTree = ["arg1": "hello", "arg2": "world", "resourceUri": "test://example"]
                let params: JSONTree = ["name": prompt["name"] ?? "", "arguments": arguments]
                #expect(try await client.request("prompts/get", params).result?["messages"] != nil)
            }
            let completion: JSONTree = [
                "ref": ["type": "ref/prompt", "name": "test_prompt_with_arguments"],
                "argument": ["name": "arg1", "value": "par"],
            ]
            let values = try await client.request("completion/complete", completion).result?["completion"]?["values"]
            #expect(values == ["paris", "park", "party"])
        }
    }

    @Test("questions are asked in results, by the keys of the conformance suite", arguments: ModernTransport.allCases)
    func questions(transport: ModernTransport) async throws {
        try await transport.withReferenceServer { client in
            let expected: [(tool: String, text: String, rounds: Int)] = [
                ("elicitation", "Hello, answer!", 1),
                ("sampling", "The model says: sampled What is the capital of France?", 1),
                ("list_roots", "Roots: file:///matrix", 1), ("request_state", "state-ok", 1),
                ("tampered_state", "state-ok", 1),
                ("multiple_inputs", "Hello, answer! sampled Greet somebody. Roots: file:///matrix", 1),
                ("multi_round", "Hello, answer! Color: answer", 2), ("capabilities", "3 answers", 1),
            ]
            for (tool, text, rounds) in expected {
                let answer = try await client.call("test_input_required_result_\(tool)")
                #expect(answer.text == text && answer.rounds == rounds, "\(tool): \(answer)")
            }
            #expect(try await client.call("come_back", ["rounds": 3]).text == "back after 3 rounds")
            let prompt = try await client.request("prompts/get", ["name": "test_input_required_result_prompt"])
            #expect(prompt.result?["messages"]?[0]?["content"]?["text"] == "Prompt with context: answer")
            let read = try await client.request("resources/read", ["uri": "test://input-required"])
            #expect(read.result?["contents"]?[0]?["text"]?.string?.contains("answer") == true)
            let visit = try await client.call("ask_url", ["url": "https://example.com/"])
            #expect(visit.text == #"User response: {"action":"accept"}"#)
        }
    }

    @Test("tools that ask in the older revisions ask here, too", arguments: ModernTransport.allCases)
    func oldQuestions(transport: ModernTransport) async throws {
        try await transport.withReferenceServer { client in
            let sampling = try await client.call("test_sampling", ["prompt": "p"])
            #expect(sampling.text == "LLM response: sampled p")
            let many = try await client.call("ask_many", ["count": 3, "tag": "t"])
            #expect(many.rounds == 1 && client.asked { $0["method"] == "elicitation/create" }.count == 3)
            #expect(try await client.call("ask_twice", ["tag": "t"]).rounds == 2)
            #expect(try await client.call("ask_roots").text == AnswerBook.roots.description)
            #expect(try await client.call("confirm_delete", ["filename": "f"]).text == "deleted f")
        }
    }

    @Test("what the client has not declared is refused, naming it", arguments: ModernTransport.allCases)
    func capabilities(transport: ModernTransport) async throws {
        try await transport.withReferenceServer(capabilities: ["sampling": [:]]) { client in
            let one = try await client.call("test_input_required_result_capabilities")
            #expect(one.text == "1 answers" && one.rounds == 1)
            for (tool, needed) in [
                ("test_elicitation", ["elicitation": ["form": [:]]] as JSONTree), ("ask_roots", ["roots": [:]]),
                ("sampling_with_tools", ["sampling": ["tools": [:]]]),
                ("test_streaming_elicitation", ["elicitation": ["form": [:]]]),
            ] {
                let answer = try await client.call(tool, ["message": "m", "prompt": "p"])
                #expect(answer.error?["code"] == -32021, "\(tool): \(answer)")
                #expect(answer.error?["data"]?["requiredCapabilities"] == needed)
            }
            #expect(try await client.call("test_missing_capability").text == "The client declares sampling")
        }
        try await transport.withReferenceServer(capabilities: [:]) { client in
            let answer = try await client.call("test_missing_capability")
            #expect(answer.error?["code"] == -32021)
            #expect(answer.status == nil || answer.status == 400)
        }
    }

    @Test("progress and logs come on the request's stream, logs only if asked for", arguments: ModernTransport.allCases)
    func notifications(transport: ModernTransport) async throws {
        try await transport.withReferenceServer { client in
            _ = try await client.call("test_tool_with_progress", meta: ["progressToken": 7])
            #expect(client.inbox.value.told.map { $0["params"]?["progress"] } == [0, 50, 100])
            _ = try await client.call("test_logging_tool")
            #expect(client.toldCount == 3)
            client.wantLogs(of: "warning")
            _ = try await client.call("test_logging_tool")
            let logs = client.inbox.value.told.dropFirst(3).compactMap { $0["params"]?["level"]?.string }
            #expect(logs == ["warning", "error"], "\(client.inbox.value.told)")
        }
    }

    @Test(
        "a subscription hears what it asked for, tagged, until it is closed or ended",
        arguments: ModernTransport.allCases)
    func subscriptions(transport: ModernTransport) async throws {
        try await transport.withReferenceServer { client in
            let first = try await client.listen(["toolsListChanged": true, "somethingNew": true])
            #expect(first.acknowledged == ["toolsListChanged": true])
            let second = try await client.listen([
                "promptsListChanged": true, "resourceSubscriptions": ["test://watched-resource", "test://nowhere"],
            ])
            #expect(second.acknowledged["resourceSubscriptions"] == ["test://watched-resource"])
            for tool in [
                "test_trigger_tool_change", "test_trigger_prompt_change", "change_resources", "update_resource",
            ] {
                _ = try await client.call(tool)
            }
            _ = try await client.heard("change", on: first) { $0["method"] == "notifications/tools/list_changed" }
            _ = try await client.heard("change", on: second, count: 2) { _ in true }
            try await client.cancel(first.id)
            let listeners = try await waitForText(client, "listeners") { $0.elements?.count == 1 }
            #expect(listeners[0] == second.acknowledged)
            #expect(try await client.call("end_subscriptions", ["how": "result"]).text == "1 ended")
            let end = try await client.answer(to: second.id)
            #expect(end.result?["_meta"]?["io.modelcontextprotocol/subscriptionId"] == second.id)
            #expect(client.inbox.value.heard[second.id]?.count == 3)
        }
    }

    @Test("taking a request back ends its call", arguments: ModernTransport.allCases)
    func cancellation(transport: ModernTransport) async throws {
        try await transport.withReferenceServer { client in
            let id = client.begin("tools/call", ["name": "hang"])
            _ = try await waitForText(client, "inflight") { $0 == 1 }
            try await client.cancel(id)
            _ = try await waitForText(client, "inflight") { $0 == 0 }
            let cancelled = try await waitForText(client, "received_cancellations") { $0.elements?.count == 1 }
            #expect(cancelled[0] == id)
        }
    }

    @Test("calls become tasks for clients that know them", arguments: ModernTransport.allCases)
    func tasks(transport: ModernTransport) async throws {
        let capabilities: JSONTree = [
            "elicitation": ["form": [:]], "extensions": ["io.modelcontextprotocol/tasks": [:]],
        ]
        try await transport.withReferenceServer(capabilities: capabilities) { client in
            #expect(try await client.call("greet", ["name": "Ada"]).text == "Hello, Ada!")
            let computed = try await ended(client, try await client.call("slow_compute", ["seconds": .number("0.02")]))
            #expect(computed["status"] == "completed")
            #expect(computed["result"]?["content"]?[0]?["text"] == "computed for 0.02 s")
            let failed = try await ended(client, try await client.call("failing_job", ["ms": 1]))
            #expect(failed["status"] == "completed" && failed["result"]?["isError"] == true)
            let broken = try await ended(client, try await client.call("protocol_error_job", ["ms": 1]))
            #expect(broken["status"] == "failed" && broken["error"]?["code"] == -32603)

            let asking = try await client.call("multi_input")
            let id = try #require(asking.result?["taskId"])
            let listening = try await client.listen(["taskIds": [id]])
            let open = try await state(client, id) { $0["status"] == "input_required" }
            let questions = try #require(open["inputRequests"]?.members)
            #expect(questions.count == 2)
            for (index, question) in questions.enumerated() {
                let answer = AnswerBook.result(answering: question.value, revision: .v2026_07_28)
                let responses = JSONTree.object([.init(question.name, answer), .init("nobody-asked", ["roots": []])])
                _ = try await client.request("tasks/update", ["taskId": id, "inputResponses": responses])
                if index == 0 {
                    let rest = try await client.request("tasks/get", ["taskId": id]).result?["inputRequests"]?.members
                    #expect(rest?.map(\.name) == [questions[1].name])
                }
            }
            _ = try await state(client, id) { $0["status"] == "completed" }
            _ = try await client.heard("end of the task", on: listening) { $0["params"]?["status"] == "completed" }

            let greeted = try await client.call("test_tool_with_task")
            #expect(greeted.rounds == 1 && greeted.result?["requestState"] == nil)
            #expect(try await ended(client, greeted)["result"]?["content"]?[0]?["text"] == "Hello, answer!")

            let cancelled = try #require(try await client.call("slow_compute", ["seconds": 60]).result?["taskId"])
            for _ in 0..<2 {
                let answer = try await client.request("tasks/cancel", ["taskId": cancelled])
                #expect(answer.result?["resultType"] == "complete")
            }
            _ = try await state(client, cancelled) { $0["status"] == "cancelled" }
            #expect(try await client.request("tasks/get", ["taskId": "nobody-gave-this"]).error?["code"] == -32602)
        }
        try await transport.withReferenceServer { client in
            #expect(try await client.call("slow_compute", ["seconds": 0]).text == "computed for 0.0 s")
            for answer in [
                try await client.call("task_only"), try await client.request("tasks/get", ["taskId": "x"]),
                try await client.request("subscriptions/listen", ["notifications": ["taskIds": ["x"]]]),
            ] {
                #expect(answer.error?["code"] == -32021, "\(answer)")
                let needed = answer.error?["data"]?["requiredCapabilities"]?["extensions"]
                #expect(needed == ["io.modelcontextprotocol/tasks": [:]])
            }
        }
    }

    // MARK: Waiting

    /// Asks a tool again and again until its text, which is JSON, is right.
    private func waitForText(
        _ client: ModernClient, _ tool: String, where match: (JSONTree) -> Bool
    ) async throws -> JSONTree {
        let deadline = ContinuousClock.now + .seconds(20)
        while true {
            let text = try #require(try await client.call(tool).text)
            let found = try JSONTree(parsing: text)
            if match(found) { return found }
            try #require(ContinuousClock.now < deadline, "\(tool) still answers \(found)")
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    private func ended(_ client: ModernClient, _ created: ModernClient.Answer) async throws -> JSONTree {
        #expect(created.result?["resultType"] == "task", "\(created)")
        return try await state(client, try #require(created.result?["taskId"])) { $0["status"] != "working" }
    }

    private func state(
        _ client: ModernClient, _ id: JSONTree, where match: (JSONTree) -> Bool
    ) async throws -> JSONTree {
        let deadline = ContinuousClock.now + .seconds(20)
        while true {
            let found = try #require(try await client.request("tasks/get", ["taskId": id]).result)
            if match(found) { return found }
            try #require(ContinuousClock.now < deadline, "the task is still \(found)")
            try await Task.sleep(for: .milliseconds(5))
        }
    }
}
